using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Hub.Tests.Profiles;

namespace ModelZoo.Hub.Tests.Web;

/// <summary>The files that use a model: over the API, on pages, on the command line.</summary>
public abstract class UseTests(TestHub hub)
{
    async Task<string> TinyAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("config.json", ModelBytes.TinyLlama), TestActor.File("tokenizer.json", "{}"),
            TestActor.File("model.safetensors", ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors())), TestActor.File("README.md", "---\npipeline_tag: text-generation\n---\n"));
        return repo;
    }

    [Fact]
    public async Task Files_follow_what_the_revision_holds_and_are_pinned_to_its_commit()
    {
        var repo = await TinyAsync();
        var head = await hub.Ada.HeadAsync(repo);

        var answer = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/snippets");

        Assert.Equal([repo, head], [answer["repository"]!.GetValue<string>(), answer["commit"]!.GetValue<string>()]);
        var files = answer["files"]!.AsArray().ToDictionary(file => file!["name"]!.GetValue<string>(), file => file!["text"]!.GetValue<string>());
        Assert.All((string[])["transformers.py", "batch.py", "vllm.sh", "download.sh", "Download.cs"], name => Assert.Contains(head, files[name], StringComparison.Ordinal));
        Assert.Contains("pipeline(\"text-generation\"", files["transformers.py"], StringComparison.Ordinal);
        Assert.Contains(hub.Url.TrimEnd('/'), files["git.sh"], StringComparison.Ordinal);
        Assert.DoesNotContain("onnx.py", files.Keys);

        // The older commit has no card and its own files.
        var branch = await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/side", new { });
        Assert.True(branch.IsSuccessStatusCode);
        await hub.Ada.CommitAsync($"{repo}@side", TestActor.File("tiny.gguf", "GGUF"));
        var side = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/snippets?revision=side"))["files"]!.AsArray().Select(file => file!["name"]!.GetValue<string>());
        Assert.Contains("llama.cpp.sh", side);
        Assert.DoesNotContain("llama.cpp.sh", files.Keys);
    }

    [Fact]
    public async Task One_file_is_plain_text_and_an_unknown_one_says_which_there_are()
    {
        var repo = await TinyAsync();
        var found = await hub.Nobody.SendAsync(HttpMethod.Get, $"/api/models/{repo}/snippets/download.sh");
        Assert.Equal("text/plain", found.Content.Headers.ContentType!.MediaType);
        Assert.Equal(await hub.Ada.HeadAsync(repo), found.Headers.GetValues("X-Repo-Commit").Single());
        Assert.StartsWith("#!/usr/bin/env bash\n", await found.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var unknown = await hub.Nobody.SendAsync(HttpMethod.Get, $"/api/models/{repo}/snippets/malware.exe");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("transformers.py", JsonNode.Parse(await unknown.Content.ReadAsStringAsync())!["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.SendAsync(HttpMethod.Get, $"/api/models/{repo}/snippets?revision=nothing")).StatusCode);
    }

    [Fact]
    public async Task Pages_show_them_and_the_command_line_writes_them()
    {
        var repo = await TinyAsync();
        var head = await hub.Ada.HeadAsync(repo);
        using var visitor = new PageVisitor(hub.Url);
        var card = await visitor.GetAsync($"/{repo}");
        Assert.Contains($"href=\"/{repo}/use\"", card.Html);
        Assert.Contains(head, card.Html);
        var page = await visitor.GetAsync($"/{repo}/use?file=vllm.sh");
        Assert.Equal(200, page.Code);
        Assert.Contains("vllm serve", page.Html);
        Assert.Equal(200, (await visitor.GetAsync($"/{repo}/use/{head}")).Code);
        Assert.Equal(404, (await visitor.GetAsync($"/{repo}/use?file=nothing")).Code);
        Assert.Equal(200, (await visitor.GetAsync($"/{await hub.Ada.CreateAsync()}/use")).Code);

        var (code, output) = await Upkeep.ZooAsync("snippet", $"{repo}@{head}", "--for", "curl", "--endpoint", hub.Url);
        Assert.True(code == 0, output);
        Assert.Contains($"/resolve/{head}", output, StringComparison.Ordinal);
        var folder = Directory.CreateTempSubdirectory("zoo-snippets-");
        Assert.Equal(0, (await Upkeep.ZooAsync("snippet", repo, "--for", "py", "--out", folder.FullName, "--endpoint", hub.Url)).Item1);
        Assert.Equal(["batch.py", "download.py", "server.py", "transformers.py"], folder.GetFiles().Select(file => file.Name).Order());
        Assert.Equal(2, (await Upkeep.ZooAsync("snippet", repo, "--for", "fortran", "--endpoint", hub.Url)).Item1);
        folder.Delete(recursive: true);
    }
}

public sealed class UseTests_Sqlite(SqliteHub hub) : UseTests(hub), IClassFixture<SqliteHub>;

public sealed class UseTests_Postgres(PostgresHub hub) : UseTests(hub), IClassFixture<PostgresHub>;
