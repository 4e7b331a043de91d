using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Storage;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Hub.Tests.Profiles;

/// <summary>A hub that leaves large files in one piece: the files here are far larger than what they hold.</summary>
public sealed class SparseHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) => options.Xet.Enabled = false;
}

/// <summary>Models at their true size: headers as published, holes where the numbers would be.</summary>
public sealed class LargeProfileTests(SparseHub hub) : IClassFixture<SparseHub>
{
    [Fact]
    public async Task Seventy_billion_parameters_in_thirty_shards_are_profiled_from_their_headers()
    {
        var repo = await hub.Ada.CreateAsync();
        var tensors = ModelBytes.Llama(80, 8192, 64, 8, 128, 28672, 128256, "BF16");
        var lines = new List<object>
        {
            TestActor.File("config.json", """
                {"model_type":"llama","num_hidden_layers":80,"hidden_size":8192,"intermediate_size":28672,"num_attention_heads":64,"num_key_value_heads":8,"vocab_size":128256,
                 "max_position_embeddings":131072,"tie_word_embeddings":false}
                """),
        };
        for (var shard = 0; shard < 30; shard++)
        {
            var (start, size) = ModelBytes.Header(tensors.Where((_, i) => i * 30 / tensors.Count == shard));
            lines.Add(TestActor.Large($"model-{shard + 1:00000}-of-00030.safetensors", (await ForgeAsync(start, size)).Hex, size));
        }
        await hub.Ada.CommitAsync(repo, [.. lines]);

        var profile = await hub.Ada.GetJsonAsync($"/api/models/{repo}/profile?tensors=1&limit=3");
        Assert.Equal("ready", profile["state"]!.GetValue<string>());
        Assert.Equal(70_553_706_496, profile["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal(2 * 70_553_706_496, profile["weightBytes"]!["value"]!.GetValue<long>());
        Assert.True(profile["verified"]!.GetValue<bool>(), profile.ToJsonString());
        Assert.Equal(723, profile["tensorTable"]!["total"]!.GetValue<int>());
        await hub.SettleAsync();
        Assert.Equal(70_553_706_496, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["safetensors"]!["total"]!.GetValue<long>());
        var fit = await hub.Nobody.PostJsonAsync("/api/zoo/estimate", new { model = repo, device = "h100-sxm", scenarios = new object[] { new { devices = 1 }, new { devices = 2 } } });
        Assert.Equal([false, true], fit["estimates"]!.AsArray().Select(one => one!["fits"]!.GetValue<bool>()));
    }

    /// <summary>A blob that the hub holds to be sent by Ada; its name is that of its beginning, because nobody hashes 140 GB of holes.</summary>
    async Task<Digest> ForgeAsync(byte[] start, long size)
    {
        var digest = Digest.Parse(Convert.ToHexStringLower(SHA256.HashData(start)));
        var path = new FolderLayout(hub.Options.BlobFolder).Blob(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = File.Create(path))
        {
            file.Write(start);
            file.SetLength(size);
        }
        var database = hub.Get<HubDatabase>();
        var account = await hub.Get<Hub.Accounts.AccountStore>().FindAsync("ada", default);
        await database.ExecuteAsync("insert into blob (digest, size_bytes, stored_at, touched_at) values (@Hex, @size, @now, @now)", new { digest.Hex, size, now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() }, default);
        await database.ExecuteAsync("insert into blob_grant (account_id, digest, granted_at) values (@Id, @Hex, @now)", new { account!.Id, digest.Hex, now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() }, default);
        return digest;
    }
}

/// <summary>Real models of others and our own, where they are present, pushed as people push them.</summary>
public abstract class RealProfileTests(TestHub hub)
{
    async Task<string> PushAsync(params (string Path, string Source)[] files)
    {
        var repo = await hub.Ada.CreateAsync();
        foreach (var (path, source) in files)
        {
            var content = await File.ReadAllBytesAsync(SharedModels.Require(source));
            if (content.Length > 1 << 20) await hub.Ada.CommitLargeAsync(repo, path, content);
            else await hub.Ada.CommitAsync(repo, TestActor.File(path, content));
        }
        await hub.SettleAsync();
        return repo;
    }

    [Fact]
    public async Task A_small_gpt2_with_its_gguf_beside_it()
    {
        var repo = await PushAsync(("config.json", "shakespeare-gpt2/config.json"), ("model.safetensors", "shakespeare-gpt2/model.safetensors"), ("model-f32.gguf", "shakespeare-gpt2/model-f32.gguf"));
        var profile = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/profile");
        Assert.True(profile["verified"]!.GetValue<bool>(), profile.ToJsonString());
        Assert.Equal("dense-transformer", profile["family"]!.GetValue<string>());
        var info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        Assert.True(info["safetensors"]!["total"]!.GetValue<long>() > 0);
        Assert.Equal("gpt2", info["gguf"]!["architecture"]!.GetValue<string>());
        Assert.Equal("gpt2", info["config"]!["model_type"]!.GetValue<string>());
        var listed = (await hub.Nobody.GetJsonAsync($"/api/models?search={repo.Split('/')[1]}&expand=safetensors&expand=gguf&expand=config"))[0]!;
        foreach (var field in (string[])["safetensors", "gguf", "config"]) Assert.Equal(info[field]!.ToJsonString(), listed[field]!.ToJsonString());
    }

    [Theory]
    [InlineData("model.onnx", "resnet20-cifar10/model.onnx")]
    [InlineData("ic_resnet_int8.tflite", "mlperf-tiny/ic_resnet_int8.tflite")]
    [InlineData("ic_resnet.h5", "mlperf-tiny/ic_resnet.h5")]
    [InlineData("pytorch_model.bin", "pytorch-files/state_dict.pt")]
    [InlineData("legacy.pt", "pytorch-files/simple_legacy.pt")]
    public async Task Other_formats_are_profiled_and_listed_by_size(string path, string source)
    {
        var repo = await PushAsync((path, source));
        var profile = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/profile?tensors=1");
        Assert.Equal("ready", profile["state"]!.GetValue<string>());
        Assert.NotEmpty(profile["tensorTable"]!["items"]!.AsArray());
        if (profile["parameters"]?["value"]?.GetValue<double>() is > 0)
            Assert.Equal([repo], (await hub.Nobody.GetJsonAsync($"/api/models?search={repo.Split('/')[1]}&num_parameters=min:1")).AsArray().Select(item => item!["id"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_pickle_that_would_run_code_is_read_as_data_or_refused_by_name()
    {
        var repo = await PushAsync(("pytorch_model.bin", "pytorch-files/broken.pt"));
        var profile = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/profile");
        if (profile["state"]!.GetValue<string>() == "failed") Assert.StartsWith("pytorch_model.bin: ", profile["reason"]!.GetValue<string>());
    }
}

public sealed class RealProfileTests_Sqlite(SqliteHub hub) : RealProfileTests(hub), IClassFixture<SqliteHub>;

public sealed class RealProfileTests_Postgres(PostgresHub hub) : RealProfileTests(hub), IClassFixture<PostgresHub>;
