using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Hub.Tests.Uploads;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

public abstract class XetTransferTests(TestHub hub)
{
    [Fact]
    public async Task A_file_sent_as_chunks_is_a_file_like_any_other()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var content = XetSender.Random(1_500_000, 1);
        var packed = await sender.UploadAsync("w.bin", content);

        // Nothing is stored whole: one blob, the xorb.
        var blobs = await hub.Get<IBlobStore>().ListAsync(default).Select(blob => blob.Digest.Hex).ToListAsync();
        Assert.DoesNotContain(packed.Oid, blobs);

        Assert.Equal(content, await hub.Nobody.ReadFileAsync(sender.Repo, "w.bin"));
        foreach (var (first, last) in ((long, long)[])[(0, 0), (0, 99), (65_530, 65_540), (700_000, 1_400_000), (1_499_999, 1_499_999), (1_499_000, 9_999_999)])
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/{sender.Repo}/resolve/main/w.bin") { Headers = { Range = new RangeHeaderValue(first, last) } };
            var part = await hub.Nobody.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal(content[(int)first..(int)Math.Min(content.Length, last + 1)], await part.Content.ReadAsByteArrayAsync());
        }
        var beyond = await hub.Nobody.Http.SendAsync(new(HttpMethod.Get, $"/{sender.Repo}/resolve/main/w.bin") { Headers = { Range = new(1_500_000, null) } });
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);

        var head = await hub.Nobody.Http.SendAsync(new(HttpMethod.Head, $"/{sender.Repo}/resolve/main/w.bin"));
        Assert.Equal(packed.FileHash.ToString(), head.Headers.GetValues("X-Xet-Hash").Single());
        Assert.Equal($"\"{packed.Oid}\"", head.Headers.GetValues("X-Linked-Etag").Single());
        Assert.Equal(content.Length, head.Content.Headers.ContentLength);
        Assert.Contains("rel=\"xet-auth\"", head.Headers.GetValues("Link").Single());
        Assert.EndsWith("/xet-read-token/" + await hub.Ada.HeadAsync(sender.Repo), head.Headers.GetValues("X-Xet-Refresh-Route").Single());
        var tree = await hub.Nobody.GetJsonAsync($"{TestActor.Api(sender.Repo)}/tree/main");
        Assert.Equal(packed.FileHash.ToString(), tree.AsArray().Single(e => e!["path"]!.GetValue<string>() == "w.bin")!["xetHash"]!.GetValue<string>());

        var download = await hub.Ada.BatchAsync(sender.Repo, "download", packed.Oid, content.Length);
        Assert.Equal(content, await hub.Nobody.Http.GetByteArrayAsync(download["actions"]!["download"]!["href"]!.GetValue<string>()));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_plan_for_the_whole_file_and_for_parts_of_it_gives_the_bytes()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var content = XetSender.Random(900_000, 2);
        var packed = await sender.UploadAsync("w.bin", content);
        // A second version in which something was put in, so that it is made of two xorbs and takes one of them in two runs.
        byte[] second = [.. content[..400_000], .. XetSender.Random(70_000, 3), .. content[400_000..]];
        var other = await SendNewChunksAsync(sender, packed, second);
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("w.bin", Lfs.Digest(second), second.Length));

        var plan = await sender.PlanAsync(other.Hash);
        Assert.Equal(second, await XetSender.FetchAsync(plan, second.Length));
        Assert.Equal(plan["xorbs"]!.AsObject().SelectMany(x => x.Value!.AsArray()).Count(), plan["xorbs"]!.AsObject().SelectMany(x => x.Value!.AsArray()).Select(e => e!["url"]!.GetValue<string>()).Distinct().Count());
        Assert.Contains(plan["xorbs"]!.AsObject(), xorb => xorb.Value!.AsArray()[0]!["ranges"]!.AsArray().Count > 1);
        foreach (var (first, last) in ((int, int)[])[(0, 0), (399_990, 470_010), (1, 969_998), (969_999, 5_000_000)])
        {
            var end = Math.Min(last + 1, second.Length);
            Assert.Equal(second[first..end], await XetSender.FetchAsync(await sender.PlanAsync(other.Hash, $"bytes={first}-{last}"), end - first));
        }
        Assert.Equal(second, await hub.Nobody.ReadFileAsync(sender.Repo, "w.bin"));

        var behind = await sender.CallAsync(HttpMethod.Get, $"/v2/reconstructions/{other.Hash}", write: false, header: ("Range", $"bytes={second.Length}-"));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, behind.StatusCode);
        var older = await sender.PlanAsync(other.Hash, version: "v1");
        Assert.Equal(plan["terms"]!.ToJsonString(), older["terms"]!.ToJsonString());
        Assert.All(older["fetch_info"]!.AsObject().SelectMany(x => x.Value!.AsArray()), e => Assert.NotNull(e!["url_range"]!["end"]));
        var many = JsonNode.Parse(await (await sender.CallAsync(HttpMethod.Get, $"/v1/reconstructions?file_id={other.Hash}&file_id={packed.FileHash}&file_id={new string('a', 64)}", write: false)).Content.ReadAsStringAsync())!;
        Assert.Equal(2, many["files"]!.AsObject().Count);
        var size = await sender.CallAsync(HttpMethod.Head, $"/v1/files/{other.Hash}", write: false);
        Assert.Equal(second.Length, size.Content.Headers.ContentLength);
    }

    /// <summary>What a client does that knows the first version's chunks: one xorb with the new ones, and a file of both.</summary>
    internal static async Task<ShardFile> SendNewChunksAsync(XetSender sender, Packed known, byte[] content)
    {
        var places = new Dictionary<XetHash, int>();
        for (var i = 0; i < known.Xorb.Index.Count; i++) places.TryAdd(known.Xorb.Index.Chunks[i].Hash, i);
        var chunks = Packed.Cut(content);
        var fresh = chunks.Where(chunk => !places.ContainsKey(XetHashes.OfChunk(chunk))).ToList();
        var xorb = Packed.PackChunks(fresh);
        Assert.True(xorb.Bytes.Length < content.Length / 2);
        await XetSender.AcceptedAsync(sender.SendXorbAsync(xorb));
        var runs = new List<(Xorb Xorb, ChunkRange Chunks)>();
        var next = 0;
        foreach (var chunk in chunks)
        {
            var (from, at) = places.TryGetValue(XetHashes.OfChunk(chunk), out var place) ? (known.Xorb, place) : (xorb, next++);
            if (runs.Count > 0 && runs[^1].Xorb == from && runs[^1].Chunks.End == at) runs[^1] = (from, new(runs[^1].Chunks.Start, at + 1));
            else runs.Add((from, new(at, at + 1)));
        }
        var file = Packed.Describe(content, [.. runs]);
        await XetSender.AcceptedAsync(sender.SendShardAsync(new([file], [ShardXorb.Of(xorb.Index)], null)));
        return file;
    }

    [Fact]
    public async Task A_batch_that_offers_xet_is_answered_with_it_and_one_that_does_not_is_not()
    {
        var repo = await hub.Ada.CreateAsync();
        var oid = Lfs.Digest(Guid.NewGuid().ToByteArray());
        var answer = await TestActor.ReadAsync(await hub.Ada.TryBatchAsync(repo, new { operation = "upload", transfers = new[] { "basic", "multipart", "xet" }, objects = new[] { new { oid, size = 16 } } }));
        Assert.Equal("xet", answer["transfer"]!.GetValue<string>());
        var upload = answer["objects"]![0]!["actions"]!["upload"]!;
        Assert.Equal($"{hub.Url}/api/models/{repo}/xet-write-token/main", upload["href"]!.GetValue<string>());
        Assert.All(new[] { "X-Xet-Cas-Url", "X-Xet-Access-Token", "X-Xet-Token-Expiration", "X-Xet-Session-Id" }, name => Assert.NotEmpty(upload["header"]![name]!.GetValue<string>()));
        Assert.NotNull((await hub.Ada.BatchAsync(repo, "upload", oid, 16, "basic", "multipart"))["actions"]!["verify"]);
    }

    [Fact]
    public async Task The_newer_shard_call_says_how_far_it_is_and_ends_with_the_result()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var packed = Packed.Of(XetSender.Random(300_000, 4));
        var early = await sender.SendShardAsync(packed.Shard, "v2");
        var last = JsonNode.Parse((await early.Content.ReadAsStringAsync()).Trim().Split('\n')[^1])!;
        Assert.Equal("error", last["type"]!.GetValue<string>());
        Assert.False(last["retryable"]!.GetValue<bool>());

        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        var response = await sender.SendShardAsync(packed.Shard, "v2");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        var lines = (await response.Content.ReadAsStringAsync()).Trim().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal("""{"type":"result","result":1}""", lines[^1].ToJsonString());
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("w.bin", packed.Oid, null));
    }

    [Fact]
    public async Task What_came_by_lfs_is_cut_into_views_and_gives_the_same_bytes_by_xet()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = XetSender.Random(3_000_000, 5);
        await hub.Ada.CommitLargeAsync(repo, "w.bin", content);
        await hub.SettleAsync();
        var before = await hub.Get<IBlobStore>().ListAsync(default).CountAsync();
        var head = await hub.Nobody.Http.SendAsync(new(HttpMethod.Head, $"/{repo}/resolve/main/w.bin"));
        var hash = XetHash.Parse(head.Headers.GetValues("X-Xet-Hash").Single());
        Assert.Equal(Packed.Of(content).FileHash, hash);

        var sender = new XetSender(hub.Ada, repo);
        Assert.Equal(content, await XetSender.FetchAsync(await sender.PlanAsync(hash), content.Length));
        Assert.Equal(content[1_234_567..2_345_679], await XetSender.FetchAsync(await sender.PlanAsync(hash, "bytes=1234567-2345678"), 1_111_112));

        // Now the reverse: the same content by Xet is verified, and kept once.
        var packed = await sender.UploadAsync("again.bin", content);
        Assert.Equal(content, await hub.Nobody.ReadFileAsync(repo, "again.bin"));
        Assert.Equal(before, await hub.Get<IBlobStore>().ListAsync(default).CountAsync() - (await IsStoredAsync(packed) ? 1 : 0));
        await hub.RequireCleanAsync();
    }

    async Task<bool> IsStoredAsync(Packed packed) =>
        await hub.Get<IBlobStore>().FindSizeAsync(Git.Digest.Parse(Lfs.Digest(packed.Xorb.Bytes.ToArray())), default) is not null;

    [Fact]
    public async Task Content_that_was_sent_by_xet_and_comes_again_by_lfs_is_verified_and_not_stored_twice()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var packed = await sender.UploadAsync("w.bin", XetSender.Random(800_000, 6));
        var other = await hub.JoinAsync();
        var theirs = await other.CreateAsync();
        await other.CommitLargeAsync(theirs, "same.bin", packed.Content);
        Assert.Equal(packed.Content, await hub.Nobody.ReadFileAsync(theirs, "same.bin"));
        await foreach (var blob in hub.Get<IBlobStore>().ListAsync(default)) Assert.NotEqual(packed.Oid, blob.Digest.Hex);
    }

    [Fact]
    public async Task An_empty_file_can_be_registered_too()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var empty = new ShardFile(XetHash.Zero, [], [], XetHash.FromSha256(System.Security.Cryptography.SHA256.HashData([])));
        await XetSender.AcceptedAsync(sender.SendShardAsync(new([empty], [], null)));
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("empty.bin", Lfs.Digest([]), 0));
        Assert.Empty(await hub.Nobody.ReadFileAsync(sender.Repo, "empty.bin"));
        Assert.Empty((await sender.PlanAsync(XetHash.Zero))["terms"]!.AsArray());
    }
}

public sealed class XetTransferTests_Sqlite(SqliteHub hub) : XetTransferTests(hub), IClassFixture<SqliteHub>;
public sealed class XetTransferTests_Postgres(PostgresHub hub) : XetTransferTests(hub), IClassFixture<PostgresHub>;
