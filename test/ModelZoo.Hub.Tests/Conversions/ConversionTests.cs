using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Conversions;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Tests.Community;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Conversion;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Tests.Conversions;

public abstract class ConversionTests(TestHub hub)
{
    static readonly float[] s_numbers = [.. Enumerable.Range(0, 30_000).Select(i => (i - 15_000) / 7f)];

    static byte[] Storage => MemoryMarshal.AsBytes(s_numbers.AsSpan()).ToArray();

    /// <summary>A checkpoint of two tensors, one of them a transposed view of its storage.</summary>
    static readonly byte[] s_checkpoint = TorchFiles.Zip(
        TorchFiles.Pickle().Ascii("}(").Text("a.weight").Tensor("FloatStorage", "0", 30_000, 0, [100, 300], [300, 1]).Text("b.weight").Tensor("FloatStorage", "1", 30_000, 0, [300, 100], [1, 300]).Ascii("u."),
        more: [("m/data/0", Storage), ("m/data/1", Storage)]);

    Task<HttpResponseMessage> AskAsync(TestActor who, string repository, string to, string? type = null, string? target = null, string? maxShardSize = null, string? revision = null) =>
        who.SendAsync(HttpMethod.Post, "/api/zoo/convert", new { repository, to, type, target, maxShardSize, revision });

    /// <summary>Starts a conversion, waits for its end and says what the job became.</summary>
    async Task<JsonNode> ConvertAsync(TestActor who, string repository, string to, string? type = null, string? target = null, string? maxShardSize = null)
    {
        var begun = await AskAsync(who, repository, to, type, target, maxShardSize);
        var id = (await TestActor.ReadAsync(begun))["id"]!.GetValue<string>();
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        for (var i = 0; i < 600; i++)
        {
            var job = await who.GetJsonAsync($"/api/zoo/jobs/{id}");
            if (job["state"]!.GetValue<string>() is "done" or "failed") return job;
            await Task.Delay(25);
        }
        throw new TimeoutException("The conversion did not end.");
    }

    static string Say(JsonNode job) => $"{job["state"]} {job["message"]}";

    async Task<Dictionary<string, byte[]>> DownloadAsync(TestActor who, string repo, string path)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["x"], await who.ReadFileAsync(repo, path));
        return await Converted.ContentAsync(folder["x"]);
    }

    [Fact]
    public async Task A_checkpoint_becomes_safetensors_by_a_pull_request_and_keeps_every_bit()
    {
        var eve = await hub.JoinAsync();
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        var head = await hub.Ada.HeadAsync(repo);

        Assert.Equal("done Pull request 1 has the converted weights.", Say(await ConvertAsync(eve, repo, "safetensors")));
        var pull = await hub.Ada.DetailsAsync(repo, 1);
        Assert.Equal(("open", "Add weights as safetensors", eve.Handle), (pull["status"]!.GetValue<string>(), pull["title"]!.GetValue<string>(), pull["author"]!["name"]!.GetValue<string>()));
        var said = pull["events"]![0]!["data"]!["latest"]!["raw"]!.GetValue<string>();
        Assert.Contains(head, said);
        Assert.Contains("name, shape, type and all 240000 bytes are equal", said);
        Assert.Equal(head, await hub.Ada.HeadAsync(repo));
        await hub.Ada.SayAsync(repo, 1, "merge");

        var tensors = await DownloadAsync(eve, repo, "model.safetensors");
        Assert.Equal(Storage, tensors["a.weight"]);
        Assert.Equal(Enumerable.Range(0, 30_000).Select(i => s_numbers[i % 100 * 300 + i / 100]), Converted.Floats(tensors["b.weight"]));
        Assert.Equal(s_checkpoint, await eve.ReadFileAsync(repo, "pytorch_model.bin"));
        await hub.RequireCleanAsync();
        // Once merged, there is nothing left to propose.
        Assert.Equal("done The repository has exactly these files already.", Say(await ConvertAsync(eve, repo, "safetensors")));
    }

    [Fact]
    public async Task Shards_come_with_their_index_and_casts_beside_the_model_with_the_madeof_a_variant()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        Assert.StartsWith("done", Say(await ConvertAsync(hub.Ada, repo, "safetensors", maxShardSize: "150kB")));
        await hub.Ada.SayAsync(repo, 1, "merge");

        var index = JsonNode.Parse(await hub.Ada.ReadFileAsync(repo, "model.safetensors.index.json"))!;
        Assert.Equal("model-00002-of-00002.safetensors", index["weight_map"]!["b.weight"]!.GetValue<string>());
        Assert.Equal(Storage, (await DownloadAsync(hub.Ada, repo, index["weight_map"]!["a.weight"]!.GetValue<string>()))["a.weight"]);

        Assert.StartsWith("done", Say(await ConvertAsync(hub.Ada, repo, "safetensors", "bf16")));
        await hub.Ada.SayAsync(repo, 2, "merge");
        Assert.Equal(60_000, (await DownloadAsync(hub.Ada, repo, "model.bf16.safetensors"))["a.weight"].Length);
        Assert.StartsWith("done", Say(await ConvertAsync(hub.Ada, repo, "npz")));
    }

    [Fact]
    public async Task A_llama_becomes_gguf_in_a_repository_of_whoever_asked()
    {
        var eve = await hub.JoinAsync();
        var (repo, mine) = (await hub.Ada.CreateAsync(), await eve.CreateAsync());
        using var folder = new TemporaryFolder();
        await new ToyLlama().WriteAsync(folder);
        await hub.Ada.CommitLargeAsync(repo, "model.safetensors", await File.ReadAllBytesAsync(folder["model.safetensors"]));
        foreach (var name in (string[])["config.json", "tokenizer.json", "tokenizer_config.json"]) await hub.Ada.CommitTextAsync(repo, name, await File.ReadAllTextAsync(folder[name]));
        await eve.CommitTextAsync(mine, "README.md", "Mine.");

        Assert.Equal("done Pull request 1 has the converted weights.", Say(await ConvertAsync(eve, repo, "gguf", "q8_0", mine)));
        Assert.Equal(0, (await hub.Ada.GetJsonAsync(Talk.At(repo)))["count"]!.GetValue<int>());
        await eve.SayAsync(mine, 1, "merge");
        var made = $"{repo.Split('/')[1]}-Q8_0.gguf";
        await File.WriteAllBytesAsync(folder["x.gguf"], await hub.Nobody.ReadFileAsync(mine, made));
        var file = await Converted.ReadAsync(folder["x.gguf"]);
        Assert.Equal("Q8_0", file.Tensors.Single(tensor => tensor.Name == "blk.0.attn_q.weight").DType.Name);

        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await AskAsync(eve, mine, "gguf", target: repo), "write");
    }

    [Fact]
    public async Task What_cannot_be_converted_fails_once_and_says_why()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "README.md", "Nothing here.");
        Assert.Contains("no file of weights", Say(await ConvertAsync(hub.Ada, repo, "safetensors")));
        await hub.Ada.CommitAsync(repo, TestActor.File("config.json", """{ "architectures": ["BertModel"], "model_type": "bert", "hidden_size": 8 }"""));
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        var job = await ConvertAsync(hub.Ada, repo, "gguf");
        Assert.StartsWith("failed", Say(job));
        Assert.Contains("BertModel", Say(job));
        Assert.Equal(1, job["attempts"]!.GetValue<int>());

        // A pickle that names code: what it names is said, and nothing of it was run.
        var hostile = TorchFiles.Zip(TorchFiles.Pickle().Ascii("}(").Text("a.weight").Tensor("FloatStorage", "0", 30_000, 0, [30_000], [1]).Text("x").Global("posix", "system").Ascii("(").Text("true").Ascii("tRu."), more: [("m/data/0", Storage)]);
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", hostile);
        Assert.StartsWith("done", Say(await ConvertAsync(hub.Ada, repo, "safetensors")));
        Assert.Contains("posix.system", (await hub.Ada.DetailsAsync(repo, 1))["events"]![0]!["data"]!["latest"]!["raw"]!.GetValue<string>());
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint[..5_000]);
        Assert.StartsWith("failed", Say(await ConvertAsync(hub.Ada, repo, "safetensors")));
    }

    [Fact]
    public async Task Wishes_that_make_no_sense_are_refused_at_once()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, repo, "onnx"), "safetensors, npz, gguf");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, repo, "safetensors", "Q4_K"), "gguf");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, repo, "safetensors", "I8"), "no type");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, repo, "npz", maxShardSize: "1GB"), "one file");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, repo, "safetensors", maxShardSize: "big"), "maxShardSize");
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await AskAsync(hub.Ada, repo, "safetensors", revision: "gone"));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/convert", new { repository = repo, to = "npz", dtype = "F16" }), "dtype");
        await Talk.RefusedAsync(HttpStatusCode.Unauthorized, await AskAsync(hub.Nobody, repo, "safetensors"));
        var hidden = await hub.Ada.CreateAsync(isPrivate: true);
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await AskAsync(await hub.JoinAsync(), hidden, "safetensors"));
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await AskAsync(await hub.JoinAsync(role: Hub.Accounts.CredentialRole.Read), repo, "safetensors"), "write role");
    }

    [Fact]
    public async Task A_job_that_is_run_again_finds_the_pull_request_it_opened()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        var id = (await ConvertAsync(hub.Ada, repo, "safetensors"))["id"]!.GetValue<string>();
        var again = (await hub.Get<JobStore>().ListAsync("done", null, 1, default)).Single(job => job.Name == ConversionJob.JobName);
        // As if the worker had died after the pull request and before it could say so.
        await hub.Get<HubDatabase>().ExecuteAsync("update job set state = 'waiting', finished_at = null where id = @Id", new { again.Id }, default);
        await hub.SettleAsync();

        Assert.Equal("done Pull request 1 has the converted weights.", Say(await hub.Ada.GetJsonAsync($"/api/zoo/jobs/{id}")));
        Assert.Equal(1, (await hub.Ada.GetJsonAsync(Talk.At(repo)))["count"]!.GetValue<int>());
        // Nobody else's business.
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await (await hub.JoinAsync()).GetAsync($"/api/zoo/jobs/{id}"));
    }

    [Fact]
    public async Task A_conversion_that_is_cut_off_at_any_moment_ends_as_one_pull_request()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        var account = (await hub.Get<Hub.Accounts.AccountStore>().FindAsync("ada", default))!;
        var id = (await hub.Get<HubDatabase>().FindAsync<long?>("select id from repository where name = @name", new { name = repo.Split('/')[1] }, default))!.Value;
        var work = new ConversionWork(id, await hub.Ada.HeadAsync(repo), account.Id, id, "refs/heads/main", ConversionTarget.Safetensors, null, null, null);
        var handler = hub.App.Services.GetServices<IJobHandler>().Single(one => one.Name == ConversionJob.JobName);
        var (cut, done) = (0, 0);
        for (var i = 0; done < 3; i++)
        {
            using var stop = new CancellationTokenSource();
            // Once before it begins, for on a busy machine a timer may come after the end.
            if (i == 0) await stop.CancelAsync();
            else stop.CancelAfter(TimeSpan.FromMilliseconds(3 * i));
            try
            {
                await handler.RunAsync(work.ToJson(), new JobRun(new Job { Id = 77, Name = ConversionJob.JobName, Payload = work.ToJson() }), stop.Token);
                done++;
            }
            catch (OperationCanceledException)
            {
                cut++;
            }
        }
        Assert.True(cut > 0);
        Assert.Equal(1, (await hub.Ada.GetJsonAsync(Talk.At(repo)))["count"]!.GetValue<int>());
        await hub.Ada.SayAsync(repo, 1, "merge");
        Assert.Equal(Storage, (await DownloadAsync(hub.Ada, repo, "model.safetensors"))["a.weight"]);
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task The_command_line_starts_a_conversion_and_follows_it()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "pytorch_model.bin", s_checkpoint);
        var (code, output) = await Upkeep.ZooAsync("convert", repo, "--to", "safetensors", "--dtype", "F16", "--endpoint", hub.Url, "--token", hub.Ada.Token!);
        Assert.True(code == 0, output);
        Assert.Contains("Pull request 1 has the converted weights.", output);
        var (refused, why) = await Upkeep.ZooAsync("convert", repo, "--to", "gguf", "--endpoint", hub.Url, "--token", hub.Ada.Token!);
        Assert.NotEqual(0, refused);
        Assert.Contains("config.json", why);
    }

    /// <summary>Small real files: each becomes safetensors by a job, tensor for tensor as its source where that can be read twice.</summary>
    [Theory]
    [InlineData("mnist-cnn-torch/mnist.pt", "pytorch_model.bin", null)]
    [InlineData("pytorch-files/legacy_shared_storage.pt", "pytorch_model.bin", null)]
    [InlineData("pytorch-files/mixed_types.pt", "pytorch_model.bin", null)]
    [InlineData("shakespeare-gpt2/model-f32.gguf", "model.gguf", "shakespeare-gpt2/model-f32.gguf")]
    public async Task Real_weights_become_safetensors(string source, string name, string? same)
    {
        var content = await File.ReadAllBytesAsync(SharedModels.Require(source));
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, name, content);
        Assert.Equal("done Pull request 1 has the converted weights.", Say(await ConvertAsync(hub.Ada, repo, "safetensors")));
        await hub.Ada.SayAsync(repo, 1, "merge");
        var tensors = await DownloadAsync(hub.Ada, repo, "model.safetensors");
        Assert.NotEmpty(tensors);
        if (same is not null) Assert.Equal(await Converted.ContentAsync(SharedModels.Require(same)), tensors);
    }

    [Fact]
    public async Task Many_conversions_take_turns_and_one_account_does_not_fill_the_queue()
    {
        var eve = await hub.JoinAsync();
        var repos = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            repos.Add(await eve.CreateAsync());
            await eve.CommitLargeAsync(repos[i], "pytorch_model.bin", s_checkpoint);
        }
        await Task.WhenAll(repos.Select(async repo => Assert.StartsWith("done", Say(await ConvertAsync(eve, repo, "safetensors")))));
        foreach (var repo in repos) Assert.Equal(1, (await eve.GetJsonAsync(Talk.At(repo)))["count"]!.GetValue<int>());

        var account = (await hub.Get<Hub.Accounts.AccountStore>().FindAsync(eve.Handle, default))!;
        for (var i = 0; i < 4; i++) await hub.Get<JobStore>().EnqueueAsync(new NewJob(ConversionJob.JobName, "{}", AccountId: account.Id), default);
        await hub.Get<HubDatabase>().ExecuteAsync("update job set run_after = 9000000000000 where state = 'waiting' and account_id = @Id", new { account.Id }, default);
        await Talk.RefusedAsync(HttpStatusCode.TooManyRequests, await AskAsync(eve, repos[0], "npz"), "wait");
        await hub.Get<HubDatabase>().ExecuteAsync("delete from job where account_id = @Id", new { account.Id }, default);
    }

    [Fact]
    public async Task Scratch_of_a_process_that_was_killed_is_removed_and_that_of_a_running_one_is_not()
    {
        var scratch = hub.Get<WorkScratch>();
        using var held = scratch.Open(1);
        var left = scratch.Open(2).Path;
        var stale = Path.Combine(Path.GetDirectoryName(held.Path)!, "3-stale");
        Directory.CreateDirectory(stale);
        await File.WriteAllTextAsync(Path.Combine(stale, ".in-use"), "");
        await File.WriteAllTextAsync(Path.Combine(stale, "model.safetensors"), "half");
        await scratch.RunAsync(default);
        Assert.True(Directory.Exists(held.Path) && Directory.Exists(left));
        Assert.False(Directory.Exists(stale));
    }
}

public sealed class ConversionTests_Sqlite(SqliteHub hub) : ConversionTests(hub), IClassFixture<SqliteHub>;

public sealed class ConversionTests_Postgres(PostgresHub hub) : ConversionTests(hub), IClassFixture<PostgresHub>;
