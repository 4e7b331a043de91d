using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Tests.Files;

public abstract class TreeTests(TestHub hub)
{
    async Task<List<JsonNode>> PagesAsync(string address, int expectedPages)
    {
        var entries = new List<JsonNode>();
        var pages = 0;
        for (string? next = address; next is not null; pages++)
        {
            var response = await hub.Nobody.GetAsync(next);
            entries.AddRange((await TestActor.ReadAsync(response)).AsArray()!);
            next = response.Headers.TryGetValues("Link", out var links) ? Regex.Match(links.Single(), @"^<(https?://[^>]+)>; rel=""next""$").Groups[1].Value : null;
        }
        Assert.Equal(expectedPages, pages);
        return entries;
    }

    static List<string> Paths(IEnumerable<JsonNode?> entries) => [.. entries.Select(e => e!["path"]!.GetValue<string>())];

    [Fact]
    public async Task Pages_of_a_tree_neither_overlap_nor_skip()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, [.. Enumerable.Range(0, 30).Select(i => TestActor.File($"d{i % 4}/s {i % 3}/f{i}", "x")), TestActor.File("a b", "x"), TestActor.File("z+", "x")]);
        var all = Paths((await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).AsArray());
        Assert.Equal(30 + 3 + 4 + 12, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());

        Assert.Equal(all, Paths(await PagesAsync($"/api/models/{repo}/tree/main?recursive=true&limit=7", 7)));
        Assert.Equal(all, Paths(await PagesAsync($"/api/models/{repo}/tree/main?recursive=True&limit=49", 1)));
        Assert.Equal(all, Paths(await PagesAsync($"/api/models/{repo}/tree/refs%2Fheads%2Fmain?recursive=1&limit=25&expand=true", 2)));
        Assert.Equal(["d0", "d1", "d2", "d3", ".gitattributes", "a b", "z+"], Paths(await PagesAsync($"/api/models/{repo}/tree/main?recursive=false&limit=2", 4)));
        Assert.Equal(["d1/s 0", "d1/s 1", "d1/s 2"], Paths(await PagesAsync($"/api/models/{repo}/tree/main/d1?limit=1", 3)));
        Assert.Equal(3, (await PagesAsync($"/api/models/{repo}/tree/main/d1%2Fs%201", 1)).Count);
        foreach (var cursor in new[] { "x", "LTE", "!!!!", new string('A', 50) })
            Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync($"/api/models/{repo}/tree/main?cursor={cursor}")).StatusCode);
    }

    [Fact]
    public async Task Entries_have_every_field_and_no_half_filled_object()
    {
        var repo = await hub.Ada.CreateAsync();
        var first = await hub.Ada.CommitTextAsync(repo, "dir/old.txt", "12345");
        var second = await hub.Ada.CommitLargeAsync(repo, "dir/w.bin", new byte[1_000]);
        var third = await hub.Ada.CommitTextAsync(repo, "top.txt", "x");

        var plain = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).AsArray().ToDictionary(e => e!["path"]!.GetValue<string>(), e => e!.AsObject());
        Assert.Equal(["type", "oid", "size", "path"], plain["dir/old.txt"].Select(p => p.Key));
        Assert.Equal(["type", "oid", "size", "path", "lfs"], plain["dir/w.bin"].Select(p => p.Key));
        Assert.Equal(["oid", "size", "pointerSize"], plain["dir/w.bin"]["lfs"]!.AsObject().Select(p => p.Key));
        Assert.Equal(("directory", 0L), (plain["dir"]["type"]!.GetValue<string>(), plain["dir"]["size"]!.GetValue<long>()));
        Assert.Equal((1_000L, 5L), (plain["dir/w.bin"]["size"]!.GetValue<long>(), plain["dir/old.txt"]["size"]!.GetValue<long>()));

        foreach (var revision in new[] { "main", third })       // from the projection, and by walking back
        {
            var expanded = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/{revision}?recursive=true&expand=True")).AsArray().ToDictionary(e => e!["path"]!.GetValue<string>(), e => e!.AsObject());
            Assert.Equal((first, second, second, third), (Last("dir/old.txt"), Last("dir/w.bin"), Last("dir"), Last("top.txt")));
            Assert.All(expanded.Values, e => Assert.Equal(["id", "title", "date"], e["lastCommit"]!.AsObject().Select(p => p.Key)));
            Assert.Equal(["status", "avScan", "pickleImportScan"], expanded["top.txt"]["securityFileStatus"]!.AsObject().Select(p => p.Key));
            string Last(string path) => expanded[path]["lastCommit"]!["id"]!.GetValue<string>();
        }
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("top.txt")]
    [InlineData("dir/../dir")]
    public async Task What_is_not_a_folder_is_not_found(string path)
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "top.txt", "x");
        var missing = await hub.Nobody.GetAsync($"/api/models/{repo}/tree/main/{Uri.EscapeDataString(path)}");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal("EntryNotFound", missing.Headers.GetValues("X-Error-Code").Single());
        Assert.Equal(await hub.Ada.HeadAsync(repo), missing.Headers.GetValues("X-Repo-Commit").Single());
    }

    [Fact]
    public async Task Chosen_paths_are_described_in_their_order_whether_sent_as_form_or_json()
    {
        var repo = await hub.Ada.CreateAsync();
        var commit = await hub.Ada.CommitAsync(repo, TestActor.File("b & c.txt", "x"), TestActor.File("dir/ü.txt", "xx"));
        string[] paths = ["dir/ü.txt", "absent", "dir", "../x", "b & c.txt", "", "dir/"];

        var json = await hub.Nobody.PostJsonAsync($"/api/models/{repo}/paths-info/main", new { paths, expand = true });
        var form = await TestActor.ReadAsync(await hub.Nobody.Http.PostAsync($"/api/models/{repo}/paths-info/main",
            new FormUrlEncodedContent([.. paths.Select(p => KeyValuePair.Create("paths", p)), new("expand", "True")])));
        var plain = await TestActor.ReadAsync(await hub.Nobody.Http.PostAsync($"/api/models/{repo}/paths-info/main",
            new FormUrlEncodedContent([.. paths.Select(p => KeyValuePair.Create("paths", p)), new("expand", "False")])));

        Assert.Equal(json.ToJsonString(), form.ToJsonString());
        Assert.Equal(["dir/ü.txt", "dir", "b & c.txt", "dir"], Paths(json.AsArray()));
        Assert.All(json.AsArray(), e => Assert.Equal(commit, e!["lastCommit"]!["id"]!.GetValue<string>()));
        Assert.All(plain.AsArray(), e => Assert.Null(e!["lastCommit"]));
    }

    [Theory]
    [InlineData(1_000, HttpStatusCode.OK)]
    [InlineData(1_001, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(5_000, HttpStatusCode.RequestEntityTooLarge)]
    public async Task At_most_a_thousand_paths_are_asked_for_at_once(int count, HttpStatusCode status)
    {
        var repo = await hub.Ada.CreateAsync();
        var paths = Enumerable.Range(0, count).Select(i => $"p{i}").ToList();
        var json = await hub.Nobody.SendAsync(HttpMethod.Post, $"/api/models/{repo}/paths-info/main", new { paths });
        var form = await hub.Nobody.Http.PostAsync($"/api/models/{repo}/paths-info/main", new FormUrlEncodedContent([.. paths.Select(p => KeyValuePair.Create("paths", p)), new("expand", "false")]));
        Assert.Equal((status, status), (json.StatusCode, form.StatusCode));
        Assert.NotNull(JsonNode.Parse(await form.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Siblings_name_every_file_and_its_blob()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "dir/a.txt", "12345");
        await hub.Ada.CommitLargeAsync(repo, "dir/w.bin", new byte[1_000]);

        var plain = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["siblings"]!.AsArray();
        Assert.All(plain, s => Assert.Equal(["rfilename"], s!.AsObject().Select(p => p.Key)));
        var blobs = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/revision/main?blobs=True"))["siblings"]!.AsArray().ToDictionary(s => s!["rfilename"]!.GetValue<string>());
        var tree = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).AsArray().Where(e => e!["type"]!.GetValue<string>() == "file");
        Assert.All(tree, e => Assert.Equal(e!["oid"]!.GetValue<string>(), blobs[e["path"]!.GetValue<string>()]!["blobId"]!.GetValue<string>()));
        Assert.Equal((5L, 1_000L), (blobs["dir/a.txt"]!["size"]!.GetValue<long>(), blobs["dir/w.bin"]!["size"]!.GetValue<long>()));
        Assert.Equal(["sha256", "size", "pointerSize"], blobs["dir/w.bin"]!["lfs"]!.AsObject().Select(p => p.Key));
        Assert.Null(blobs["dir/a.txt"]!["lfs"]);
    }

    [Fact]
    public async Task Expand_gives_the_fields_asked_for_and_refuses_others_with_the_list()
    {
        var repo = await hub.Ada.CreateAsync();
        var some = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}?expand[]=sha&expand=downloads")).AsObject();
        Assert.Equal(["_id", "downloads", "id", "sha"], some.Select(p => p.Key).Where(k => k != "modelId").Order(StringComparer.Ordinal));
        var refused = await hub.Nobody.GetAsync($"/api/models/{repo}?expand=nonsense");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.StartsWith("\"expand\" must be one of [author, ", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!.GetValue<string>());
    }
}

public sealed class TreeTests_Sqlite(SqliteHub hub) : TreeTests(hub), IClassFixture<SqliteHub>;

public sealed class TreeTests_Postgres(PostgresHub hub) : TreeTests(hub), IClassFixture<PostgresHub>;
