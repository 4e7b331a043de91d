using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Uploads;

/// <summary>Large content in parts of 32 MiB; clients that offer parts alone get them from 16 MiB on.</summary>
public abstract class PartUploadTests(TestHub hub)
{
    const int PartBytes = 32 * 1024 * 1024;

    sealed record Parts(string Complete, List<string> Addresses, byte[] Content)
    {
        public string Oid { get; } = Lfs.Digest(Content);

        public byte[] Slice(int number) => Content[((number - 1) * PartBytes)..Math.Min(Content.Length, number * PartBytes)];
    }

    async Task<Parts> BeginAsync(string repo, byte[] content)
    {
        var answer = await TestActor.ReadAsync(await hub.Ada.TryBatchAsync(repo, new
        {
            operation = "upload", transfers = new[] { "multipart" }, objects = new[] { new { oid = Lfs.Digest(content), size = content.Length } },
        }));
        Assert.Equal("multipart", answer["transfer"]!.GetValue<string>());
        var upload = answer["objects"]![0]!["actions"]!["upload"]!;
        var header = upload["header"]!.AsObject();
        Assert.Equal(PartBytes.ToString(), header["chunk_size"]!.GetValue<string>());
        var addresses = header.Where(h => h.Key != "chunk_size").OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => h.Value!.GetValue<string>()).ToList();
        Assert.Equal((content.Length + PartBytes - 1) / PartBytes, addresses.Count);
        Assert.True(header.ContainsKey("00001"));
        return new(upload["href"]!.GetValue<string>(), addresses, content);
    }

    async Task<string> PutAsync(Parts parts, int number)
    {
        var put = await hub.Nobody.Http.PutAsync(parts.Addresses[number - 1], new ByteArrayContent(parts.Slice(number)));
        Assert.True(put.IsSuccessStatusCode, $"{put.StatusCode}: {await put.Content.ReadAsStringAsync()}");
        return put.Headers.GetValues("ETag").Single();
    }

    Task<HttpResponseMessage> CompleteAsync(Parts parts, IEnumerable<(int Number, string Tag)> named) => hub.Nobody.Http.PostAsync(parts.Complete, new StringContent(
        JsonSerializer.Serialize(new { oid = parts.Oid, parts = named.Select(p => new { partNumber = p.Number, etag = p.Tag }) }), Encoding.UTF8, Lfs.MediaType));

    /// <summary>The store has the bytes, and then the hub was killed before its database said so.</summary>
    [Fact]
    public async Task An_upload_that_was_stored_but_never_acknowledged_is_finished_by_whoever_comes_back()
    {
        foreach (var completesAgain in (bool[])[false, true])
        {
            var repo = await hub.Ada.CreateAsync();
            var parts = await BeginAsync(repo, RandomNumberGenerator.GetBytes(PartBytes + 1_000));
            for (var number = 1; number <= 2; number++) await PutAsync(parts, number);
            Assert.True(ModelZoo.Hub.Kernel.Ids.TryFromWire(parts.Complete.Split("/uploads/")[1].Split('/')[0], out var id));
            var upload = (await hub.Get<ModelZoo.Hub.Repositories.UploadStore>().FindAsync(id, default))!;
            await hub.Get<ModelZoo.Hub.Storage.IBlobStore>().CompletePartsAsync(upload.Parts, default);

            if (completesAgain) Assert.Equal(HttpStatusCode.OK, (await CompleteAsync(parts, [])).StatusCode);
            var batch = await TestActor.ReadAsync(await hub.Ada.TryBatchAsync(repo, new
            {
                operation = "upload", transfers = new[] { "multipart" }, objects = new[] { new { oid = parts.Oid, size = parts.Content.Length } },
            }));
            Assert.Null(batch["objects"]![0]!["actions"]);
            Assert.Null(batch["objects"]![0]!["error"]);
            await hub.Ada.CommitAsync(repo, TestActor.Large("model.bin", parts.Oid, parts.Content.Length));
            Assert.Equal(parts.Content, await hub.Nobody.ReadFileAsync(repo, "model.bin"));
        }
    }

    [Fact]
    public async Task Parts_out_of_order_resumed_and_completed_twice_become_the_content()
    {
        var repo = await hub.Ada.CreateAsync();
        var parts = await BeginAsync(repo, RandomNumberGenerator.GetBytes(PartBytes + 1_000_000));
        var second = await PutAsync(parts, 2);

        var missing = await CompleteAsync(parts, [(2, second)]);
        Assert.Equal(HttpStatusCode.BadRequest, missing.StatusCode);
        Assert.Contains("Part 1", await Lfs.MessageAsync(missing));

        // Whoever comes back is given the same upload, and learns by HEAD what is there.
        var again = await BeginAsync(repo, parts.Content);
        Assert.Equal(parts.Complete.Split('?')[0], again.Complete.Split('?')[0]);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.SendAsync(HttpMethod.Head, again.Addresses[0])).StatusCode);
        var known = await hub.Nobody.SendAsync(HttpMethod.Head, again.Addresses[1]);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        Assert.Equal(second, known.Headers.GetValues("ETag").Single());

        var first = await PutAsync(again, 1);
        var wrongTag = await CompleteAsync(again, [(1, "\"0123\""), (2, second)]);
        Assert.Equal(HttpStatusCode.BadRequest, wrongTag.StatusCode);
        Assert.Contains("ETag", await Lfs.MessageAsync(wrongTag));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "s", null, TestActor.Large("w.bin", parts.Oid, null))).StatusCode);

        for (var i = 0; i < 2; i++)
        {
            var completed = await CompleteAsync(again, [(1, first), (2, second)]);
            Assert.True(completed.IsSuccessStatusCode, await completed.Content.ReadAsStringAsync());
        }
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", parts.Oid, parts.Content.Length));
        Assert.Equal(parts.Oid, Lfs.Digest(await hub.Nobody.ReadFileAsync(repo, "w.bin")));
        Assert.Equal(HttpStatusCode.Conflict, (await hub.Nobody.Http.PutAsync(again.Addresses[0], new ByteArrayContent(parts.Slice(1)))).StatusCode);
    }

    [Fact]
    public async Task Parts_of_a_wrong_size_or_number_are_refused()
    {
        var repo = await hub.Ada.CreateAsync();
        var parts = await BeginAsync(repo, RandomNumberGenerator.GetBytes(17 * 1024 * 1024));

        async Task RefusesAsync(string address, HttpContent content, params int[] statuses)
        {
            var refused = await hub.Nobody.Http.PutAsync(address, content);
            Assert.Contains((int)refused.StatusCode, statuses);
            await Lfs.MessageAsync(refused);
        }
        await RefusesAsync(parts.Addresses[0], new ByteArrayContent(parts.Content[..^1]), 400);
        await RefusesAsync(parts.Addresses[0], Lfs.Chunked(parts.Content[..^1]), 400);
        await RefusesAsync(parts.Addresses[0], Lfs.Chunked([.. parts.Content, 1, 2, 3]), 400, 413);
        await RefusesAsync(parts.Addresses[0].Replace("/parts/1?", "/parts/2?"), new ByteArrayContent([1]), 400);
        await RefusesAsync(parts.Addresses[0].Replace("/parts/1?", "/parts/0?"), new ByteArrayContent([1]), 400);
        await RefusesAsync(parts.Addresses[0].Replace("/parts/1", ""), new ByteArrayContent(parts.Content), 400);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.SendAsync(HttpMethod.Head, parts.Addresses[0])).StatusCode);
    }

    [Fact]
    public async Task A_completion_that_makes_no_sense_is_refused()
    {
        var repo = await hub.Ada.CreateAsync();
        var parts = await BeginAsync(repo, [.. RandomNumberGenerator.GetBytes(16), .. new byte[17 * 1024 * 1024]]);
        foreach (var body in new[]
        {
            """{"parts":[7]}""", """{"parts":[{"partNumber":"1","etag":"x"}]}""", """{"parts":[{"etag":"x"}]}""",
            """{"oid":"0000000000000000000000000000000000000000000000000000000000000000"}""", """{"parts":""",
        })
        {
            var refused = await hub.Nobody.Http.PostAsync(parts.Complete, new StringContent(body, Encoding.UTF8, Lfs.MediaType));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            await Lfs.MessageAsync(refused);
        }
    }

    [Fact]
    public async Task Parts_whose_whole_does_not_match_the_digest_are_refused_and_can_be_begun_anew()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = RandomNumberGenerator.GetBytes(17 * 1024 * 1024);
        var parts = await BeginAsync(repo, content);
        var broken = (byte[])content.Clone();
        broken[^1] ^= 1;
        var put = await hub.Nobody.Http.PutAsync(parts.Addresses[0], new ByteArrayContent(broken));

        var refused = await CompleteAsync(parts, [(1, put.Headers.GetValues("ETag").Single())]);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("SHA-256", await Lfs.MessageAsync(refused));
        await Lfs.AssertNotStoredAsync(hub, parts.Oid);
        var anew = await BeginAsync(repo, content);
        var tag = await PutAsync(anew, 1);
        Assert.Equal(HttpStatusCode.OK, (await CompleteAsync(anew, [(1, tag)])).StatusCode);
        Assert.False((await hub.Ada.BatchAsync(repo, "upload", parts.Oid, content.Length)).AsObject().ContainsKey("actions"));
    }
}

public sealed class PartUploadTests_Sqlite(SqliteHub hub) : PartUploadTests(hub), IClassFixture<SqliteHub>;

public sealed class PartUploadTests_Postgres(PostgresHub hub) : PartUploadTests(hub), IClassFixture<PostgresHub>;
