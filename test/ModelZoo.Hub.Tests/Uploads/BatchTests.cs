using System.Net;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Uploads;

public abstract class BatchTests(TestHub hub)
{
    [Theory]
    [InlineData("""{"operation":"destroy","objects":[]}""", 422)]
    [InlineData("""{"objects":[]}""", 422)]
    [InlineData("""{"operation":"upload","hash_algo":"md5","objects":[]}""", 409)]
    [InlineData("""{"operation":"upload",""", 400)]
    [InlineData("[]", 400)]
    public async Task A_batch_that_makes_no_sense_is_refused_in_the_words_of_lfs(string body, int status)
    {
        var repo = await hub.Ada.CreateAsync();
        var refused = await hub.Ada.Http.PostAsync($"/{repo}.git/info/lfs/objects/batch", new StringContent(body, System.Text.Encoding.UTF8, Lfs.MediaType));
        Assert.Equal(status, (int)refused.StatusCode);
        Assert.NotEmpty(await Lfs.MessageAsync(refused));
    }

    [Theory]
    [InlineData("\"abc\"", "1")]
    [InlineData("\"ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789\"", "1")]
    [InlineData("7", "1")]
    [InlineData("\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"", "-1")]
    [InlineData("\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"", "\"1\"")]
    [InlineData("\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"", "1.5")]
    [InlineData("\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"", "9223372036854775807")]
    public async Task A_bad_object_fails_alone_and_the_others_go_on(string oid, string size)
    {
        var repo = await hub.Ada.CreateAsync();
        var good = Lfs.Digest(Guid.NewGuid().ToByteArray());
        var text = $$"""{"operation":"upload","objects":[{"oid":{{oid}},"size":{{size}}},{"oid":"{{good}}","size":16},7,null]}""";
        var answer = await TestActor.ReadAsync(await hub.Ada.Http.PostAsync($"/{repo}.git/info/lfs/objects/batch", new StringContent(text, System.Text.Encoding.UTF8, Lfs.MediaType)));

        var objects = answer["objects"]!.AsArray();
        Assert.Equal(4, objects.Count);
        Assert.All(new[] { 0, 2, 3 }, i => Assert.Equal(422, objects[i]!["error"]!["code"]!.GetValue<int>()));
        Assert.All(objects, o => Assert.NotNull(o!["size"]));
        Assert.NotNull(objects[1]!["actions"]!["upload"]!["href"]);
    }

    [Fact]
    public async Task What_clients_leave_out_or_spell_differently_is_understood()
    {
        var repo = await hub.Ada.CreateAsync();
        var oid = Lfs.Digest(Guid.NewGuid().ToByteArray());
        foreach (var body in new object[]
        {
            new { operation = "upload", hash_algo = "sha_256", objects = new[] { new { oid, size = 16 } } },
            new { operation = "upload", transfers = Array.Empty<string>(), objects = new[] { new { oid, size = 16 } }, @ref = new { name = "refs/heads/main" } },
            new { operation = "upload", transfers = new[] { "lfs-standalone-file", "multipart", "basic" }, objects = new[] { new { oid, size = 16 } } },
        })
        {
            var answer = await TestActor.ReadAsync(await hub.Ada.TryBatchAsync(repo, body));
            Assert.Equal("basic", answer["transfer"]!.GetValue<string>());
            Assert.Equal("sha256", answer["hash_algo"]!.GetValue<string>());
            Assert.True(answer["objects"]![0]!["authenticated"]!.GetValue<bool>());
            Assert.StartsWith(hub.Url, answer["objects"]![0]!["actions"]!["verify"]!["href"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task A_thousand_objects_are_answered_and_one_more_is_refused()
    {
        var repo = await hub.Ada.CreateAsync();
        object Body(int count) => new { operation = "download", objects = Enumerable.Range(0, count).Select(i => new { oid = i.ToString("x64"), size = 1 }) };

        var answer = await TestActor.ReadAsync(await hub.Ada.TryBatchAsync(repo, Body(1_000)));
        Assert.All(answer["objects"]!.AsArray(), o => Assert.Equal(404, o!["error"]!["code"]!.GetValue<int>()));
        var refused = await hub.Ada.TryBatchAsync(repo, Body(1_001));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("1000", await Lfs.MessageAsync(refused));
    }

    [Fact]
    public async Task What_is_stored_has_no_actions_for_its_sender_and_tells_nobody_else()
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: true);
        var content = Guid.NewGuid().ToByteArray();
        var oid = await hub.Ada.UploadAsync(repo, content);
        var other = await hub.JoinAsync();
        var theirs = await other.CreateAsync();

        var mine = (await hub.Ada.BatchAsync(repo, "upload", oid, content.Length)).AsObject();
        Assert.False(mine.ContainsKey("actions"));
        Assert.False(mine.ContainsKey("error"));
        Assert.Equal(422, (await hub.Ada.BatchAsync(repo, "upload", oid, content.Length + 1))["error"]!["code"]!.GetValue<int>());
        Assert.NotNull((await other.BatchAsync(theirs, "upload", oid, content.Length))["actions"]!["upload"]);
        Assert.Equal(404, (await other.BatchAsync(theirs, "download", oid, content.Length))["error"]!["code"]!.GetValue<int>());
        var verify = await other.SendAsync(HttpMethod.Post, $"/{theirs}.git/info/lfs/objects/verify", new { oid, size = content.Length });
        Assert.Equal(HttpStatusCode.NotFound, verify.StatusCode);

        // Whoever sends the bytes himself may use them; the other repository's content stays where it is.
        await other.CommitLargeAsync(theirs, "same.bin", content);
        Assert.Equal(content, await hub.Nobody.ReadFileAsync(theirs, "same.bin"));
        // Uploaded, but not committed anywhere: no repository gives it out.
        Assert.Equal(404, (await hub.Ada.BatchAsync(repo, "download", oid, content.Length))["error"]!["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_download_address_needs_no_credentials_and_serves_one_repository()
    {
        var (mine, other) = (await hub.Ada.CreateAsync(isPrivate: true), await hub.Ada.CreateAsync(isPrivate: true));
        var content = Guid.NewGuid().ToByteArray();
        await hub.Ada.CommitLargeAsync(mine, "w.bin", content);
        var oid = Lfs.Digest(content);

        var answer = await hub.Ada.BatchAsync(mine, "download", oid, 1);
        Assert.Equal(content.Length, answer["size"]!.GetValue<long>());
        var href = answer["actions"]!["download"]!["href"]!.GetValue<string>();
        Assert.Equal(content, await hub.Nobody.Http.GetByteArrayAsync(href));
        var part = new HttpRequestMessage(HttpMethod.Get, href) { Headers = { Range = new(4, 7) } };
        Assert.Equal(content[4..8], await (await hub.Nobody.Http.SendAsync(part)).Content.ReadAsByteArrayAsync());

        var otherId = (await hub.Ada.GetJsonAsync($"/api/models/{other}"))["_id"]!.GetValue<string>();
        var myId = (await hub.Ada.GetJsonAsync($"/api/models/{mine}"))["_id"]!.GetValue<string>();
        foreach (var tampered in new[]
        {
            href.Replace(myId, otherId), href[..^1] + (href[^1] == '0' ? '1' : '0'), href.Split('?')[0], href.Replace("expires=", "expires=9"),
            href.Replace(oid, new string('0', 64)), href + "&expires=99999999999",
        })
        {
            var refused = await hub.Nobody.GetAsync(tampered);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            await Lfs.MessageAsync(refused);
        }
        // The right to read ends with the repository, whatever was signed before.
        await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = mine });
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.GetAsync(href)).StatusCode);
    }

    [Fact]
    public async Task Verify_confirms_what_is_stored_and_nothing_else()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Guid.NewGuid().ToByteArray();
        var oid = await hub.Ada.UploadAsync(repo, content);
        var address = $"/{repo}.git/info/lfs/objects/verify";

        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.SendAsync(HttpMethod.Post, address, new { oid, size = content.Length })).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.SendAsync(HttpMethod.Post, address, new { oid, size = 1 })).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.SendAsync(HttpMethod.Post, address, new { oid = "x" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Post, address, new { oid = new string('0', 64), size = 1 })).StatusCode);
        var nobody = await hub.Nobody.SendAsync(HttpMethod.Post, address, new { oid });
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.StartsWith("Basic", nobody.Headers.GetValues("LFS-Authenticate").Single());
    }

    [Fact]
    public async Task Access_is_refused_as_lfs_clients_expect_it()
    {
        var (open, secret) = (await hub.Ada.CreateAsync(), await hub.Ada.CreateAsync(isPrivate: true));
        var stranger = await hub.JoinAsync();
        var onlyReads = await hub.JoinAsync(stranger.Handle, ModelZoo.Hub.Accounts.CredentialRole.Read);
        var upload = new { operation = "upload", objects = Array.Empty<object>() };
        async Task<int> StatusAsync(TestActor who, string repo)
        {
            var response = await who.TryBatchAsync(repo, upload);
            await Lfs.MessageAsync(response);
            return (int)response.StatusCode;
        }
        Assert.Equal(new[] { 401, 401, 403, 404 }, new[] { await StatusAsync(hub.Nobody, open), await StatusAsync(hub.Nobody, secret), await StatusAsync(onlyReads, open), await StatusAsync(stranger, secret) });
        // Who may read may send content for a pull request.
        await TestActor.ReadAsync(await stranger.TryBatchAsync(open, upload));
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.TryBatchAsync(open, new { operation = "download", objects = Array.Empty<object>() })).StatusCode);
        Assert.IsType<JsonArray>((await TestActor.ReadAsync(await hub.Ada.TryBatchAsync(secret, upload)))["objects"]);
    }
}

public sealed class BatchTests_Sqlite(SqliteHub hub) : BatchTests(hub), IClassFixture<SqliteHub>;

public sealed class BatchTests_Postgres(PostgresHub hub) : BatchTests(hub), IClassFixture<PostgresHub>;
