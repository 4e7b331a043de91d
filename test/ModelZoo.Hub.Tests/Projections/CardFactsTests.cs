using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Projections;

public abstract class CardFactsTests(TestHub hub)
{
    const string Card = """
        ---
        license: apache-2.0
        language: [en, de]
        library_name: transformers
        pipeline_tag: text-generation
        tags: [tiny, "with space"]
        datasets: [ada/digits]
        base_model: ada/base
        custom: {nested: [1, 2.5, true, null, "2024-01-01"]}
        ---
        # Tiny
        See https://arxiv.org/abs/1706.03762.
        """;

    [Fact]
    public async Task What_the_card_says_is_told_right_after_the_commit()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "README.md", Card);

        var info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        Assert.Equal("text-generation", info["pipeline_tag"]!.GetValue<string>());
        Assert.Equal("transformers", info["library_name"]!.GetValue<string>());
        var tags = info["tags"]!.AsArray().Select(t => t!.GetValue<string>()).ToHashSet();
        Assert.Superset(new HashSet<string> { "tiny", "with space", "en", "de", "license:apache-2.0", "dataset:ada/digits", "base_model:ada/base", "base_model:finetune:ada/base", "arxiv:1706.03762", "transformers", "text-generation", "region:us" }, tags);
        var data = info["cardData"]!;
        Assert.Equal(["license", "language", "library_name", "pipeline_tag", "tags", "datasets", "base_model", "custom"], data.AsObject().Select(p => p.Key));
        Assert.Equal("""["en","de"]""", data["language"]!.ToJsonString());
        Assert.Equal("""[1,2.5,true,null,"2024-01-01"]""", data["custom"]!["nested"]!.ToJsonString());

        // A later commit replaces every fact; another branch says nothing about the repository.
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/dev", new { }));
        await hub.Ada.CommitTextAsync(repo + "@dev", "README.md", "---\nlicense: mit\n---\n");
        Assert.Contains("license:apache-2.0", (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["tags"]!.ToJsonString());
        await hub.Ada.CommitTextAsync(repo, "README.md", "# no metadata\n");
        info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        Assert.Null(info["pipeline_tag"]);
        Assert.Null(info["cardData"]);
        Assert.DoesNotContain("apache", info["tags"]!.ToJsonString());
    }

    [Fact]
    public async Task Files_speak_where_the_card_is_silent()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "config.json", """{"architectures":["BertForMaskedLM"],"model_type":"bert","hidden_size":8}""");

        var info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");

        Assert.Equal("transformers", info["library_name"]!.GetValue<string>());
        Assert.Equal("fill-mask", info["pipeline_tag"]!.GetValue<string>());
        Assert.Equal("""{"architectures":["BertForMaskedLM"],"model_type":"bert"}""", info["config"]!.ToJsonString());
        Assert.Contains("bert", info["tags"]!.AsArray().Select(t => t!.GetValue<string>()));
        Assert.All(info["transformersInfo"]!.AsObject(), p => Assert.Contains(p.Key, new[] { "auto_model", "custom_class", "pipeline_tag", "processor" }));
    }

    [Fact]
    public async Task A_data_set_has_its_tags_with_prefixes()
    {
        var name = await hub.Ada.CreateAsync(type: "dataset");
        await hub.Ada.CommitTextAsync($"datasets/{name}", "README.md", "---\nlicense: mit\nlanguage: en\ntask_categories: [text-classification]\nsize_categories: [n<1K]\n---\n# D\n");

        var info = await hub.Nobody.GetJsonAsync($"/api/datasets/{name}");
        Assert.Superset(new HashSet<string> { "license:mit", "language:en", "task_categories:text-classification", "size_categories:n<1K" },
            info["tags"]!.AsArray().Select(t => t!.GetValue<string>()).ToHashSet());
        Assert.Null(info["modelId"]);
    }

    /// <summary>What no database stores as text, and what breaks a reader, in every place that facts are read from.</summary>
    [Theory]
    [InlineData("README.md", "nul \0 in the body\n\0\0")]
    [InlineData("README.md", "---\ntags: [\"a\\0b\"]\nlicense: \"m\\0it\"\npipeline_tag: \"\\0\"\nlibrary_name: \"x\\0\"\n---\n# T\\0\n")]
    [InlineData("README.md", "---\ntags: [\"\\ud800\", \"ok\"]\n---\n# T\n")]
    [InlineData("README.md", "---\nbase_model: \"a\\0/b\"\ndatasets: [\"\\0\"]\nlanguage: \"\\0\"\nmodel-index: \"\\0\"\n---\n# T\n")]
    [InlineData("README.md", "---\ntags: [1, true, null, {a: b}, [c]]\nlicense: {a: 1}\npipeline_tag: [x]\nlibrary_name: 7\nlanguage: {x: 1}\n---\n")]
    [InlineData("README.md", "---\nx: 123456789012345678901234567890\ny: .nan\nz: .inf\nw: 1e400\n---\n")]
    [InlineData("config.json", "{\"architectures\":[\"a\\u0000b\"],\"model_type\":\"b\\u0000c\"}")]
    [InlineData("config.json", "{\"architectures\":[\"\\ud800\"],\"model_type\":\"\\ud800\"}")]
    [InlineData("config.json", "{\"architectures\":7,\"model_type\":{\"a\":1},\"tokenizer_config\":[]}")]
    [InlineData("config.json", "{\"architectures\":[7,null,\"XForCausalLM\"],\"model_type\":\"\"}")]
    [InlineData("config.json", "not json")]
    public async Task Hostile_facts_are_stored_as_files_and_never_make_an_error(string path, string text)
    {
        var repo = await hub.Ada.CreateAsync();

        var response = await hub.Ada.TryCommitAsync($"/api/models/{repo}", "hostile", null, TestActor.File(path, text));

        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        Assert.Equal(repo, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["id"]!.GetValue<string>());
        if (response.IsSuccessStatusCode) Assert.Equal(text, Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, path)));
        await hub.Ada.CommitTextAsync(repo, "after.txt", "goes on");
        await TestActor.ReadAsync(await hub.Nobody.GetAsync($"/api/models?author=ada&full=true&limit=1000"));
    }

    [Fact]
    public async Task A_card_that_is_not_utf8_or_is_large_content_is_a_file_like_any_other()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("README.md", [0x2d, 0x2d, 0x2d, 0x0a, 0x74, 0x3a, 0x20, 0xff, 0xfe, 0x0a, 0x2d, 0x2d, 0x2d, 0x0a, 0xc3]));
        await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        await hub.Ada.CommitLargeAsync(repo, "README.md", Encoding.UTF8.GetBytes(Card));
        Assert.Null((await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["pipeline_tag"]);
        await hub.Ada.CommitAsync(repo, TestActor.Delete("README.md"));
    }

    [Fact]
    public async Task Parameters_are_counted_by_type_after_the_job()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitLargeAsync(repo, "model.safetensors", Safetensors(("a", "F32", [2, 3], 24), ("b", "BF16", [5], 10)));
        await hub.SettleAsync();
        Assert.Equal("""{"parameters":{"BF16":5,"F32":6},"total":11}""", Sorted((await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["safetensors"]!));

        await hub.Ada.CommitAsync(repo, TestActor.Delete("model.safetensors"),
            TestActor.File("model-00001-of-00002.safetensors", Safetensors(("a", "F16", [4], 8))), TestActor.File("model-00002-of-00002.safetensors", Safetensors(("b", "F16", [3], 6))));
        await hub.SettleAsync();
        Assert.Equal("""{"parameters":{"F16":7},"total":7}""", Sorted((await hub.Nobody.GetJsonAsync($"/api/models/{repo}?expand=safetensors"))["safetensors"]!));

        await hub.Ada.CommitAsync(repo, TestActor.Delete("model-00001-of-00002.safetensors"), TestActor.Delete("model-00002-of-00002.safetensors"), TestActor.File("tiny.gguf", Gguf()));
        await hub.SettleAsync();
        var info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        Assert.Null(info["safetensors"]);
        Assert.Equal(("llama", 6L), (info["gguf"]!["architecture"]!.GetValue<string>(), info["gguf"]!["total"]!.GetValue<long>()));

        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", "no header at all"), TestActor.File("tiny.gguf", "GGUF"));
        await hub.SettleAsync();
        info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        Assert.Null(info["safetensors"]);
        Assert.Null(info["gguf"]);
        Assert.DoesNotContain(await hub.Get<ModelZoo.Hub.Jobs.JobStore>().CountAsync(default), c => c.State == "failed");
    }

    static string Sorted(JsonNode summary)
    {
        var parameters = new JsonObject(summary["parameters"]!.AsObject().OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        return new JsonObject { ["parameters"] = parameters, ["total"] = summary["total"]!.DeepClone() }.ToJsonString();
    }

    static byte[] Safetensors(params (string Name, string Type, int[] Shape, int Bytes)[] tensors)
    {
        var header = new JsonObject();
        var offset = 0;
        foreach (var (name, type, shape, bytes) in tensors)
        {
            header[name] = new JsonObject { ["dtype"] = type, ["shape"] = new JsonArray([.. shape.Select(n => (JsonNode)n)]), ["data_offsets"] = new JsonArray(offset, offset + bytes) };
            offset += bytes;
        }
        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[offset]];
    }

    /// <summary>One F32 tensor of 2 × 3 and the architecture.</summary>
    static byte[] Gguf()
    {
        var file = new MemoryStream();
        using var write = new BinaryWriter(file);
        void Text(string text)
        {
            write.Write((ulong)text.Length);
            write.Write(Encoding.UTF8.GetBytes(text));
        }
        write.Write("GGUF"u8);
        write.Write(3u);
        write.Write(1ul);       // tensors
        write.Write(1ul);       // metadata
        Text("general.architecture");
        write.Write(8u);        // string
        Text("llama");
        Text("token_embd.weight");
        write.Write(2u);
        write.Write(3ul);
        write.Write(2ul);
        write.Write(0u);        // F32
        write.Write(0ul);
        while (file.Length % 32 != 0) write.Write((byte)0);
        write.Write(new byte[24]);
        return file.ToArray();
    }
}

public sealed class CardFactsTests_Sqlite(SqliteHub hub) : CardFactsTests(hub), IClassFixture<SqliteHub>;

public sealed class CardFactsTests_Postgres(PostgresHub hub) : CardFactsTests(hub), IClassFixture<PostgresHub>;
