using System.Net;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Tests.Uploads;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

public abstract class XetBadInputTests(TestHub hub)
{
    async Task<XetSender> NewAsync() => new(hub.Ada, await hub.Ada.CreateAsync());

    async Task<(int Blobs, long Rows)> StateAsync() =>
        (await hub.Get<IBlobStore>().ListAsync(default).CountAsync(), await hub.Get<HubDatabase>().FindAsync<long>("select (select count(*) from xorb) + (select count(*) from xet_file) + (select count(*) from xet_term) + (select count(*) from blob)", null, default));

    [Fact]
    public async Task A_xorb_that_is_not_what_it_says_is_refused_and_leaves_nothing()
    {
        var sender = await NewAsync();
        var packed = Packed.Of(XetSender.Random(200_000, 11));
        var body = packed.Xorb.Bytes.ToArray();
        byte[] Flip(int at)
        {
            var copy = body.ToArray();
            copy[at] ^= 0x40;
            return copy;
        }
        var before = await StateAsync();
        foreach (var (hash, sent) in ((XetHash, byte[])[])
        [
            (Packed.Of(XetSender.Random(1_000, 12)).Xorb.Hash, body), (packed.Xorb.Hash, body[..^1]), (packed.Xorb.Hash, body[..5]), (packed.Xorb.Hash, []),
            (packed.Xorb.Hash, [.. body, 1]), (packed.Xorb.Hash, [.. body, .. body]), (packed.Xorb.Hash, Flip(0)), (packed.Xorb.Hash, Flip(2)), (packed.Xorb.Hash, Flip(4)),
            (packed.Xorb.Hash, Flip(5)), (packed.Xorb.Hash, Flip(100)), (packed.Xorb.Hash, Flip(body.Length - 1)), (packed.Xorb.Hash, [.. body, .. "XETBLOB"u8, 1, .. new byte[300]]),
            (packed.Xorb.Hash, XetSender.Random(100_000, 13)), (packed.Xorb.Hash, [.. body, .. new ChunkHeader(1, ChunkScheme.Lz4, 131_072) is var h ? Header(h) : [], 7]),
        ])
            await XetSender.RefusedAsync(sender.SendXorbAsync(hash, sent));
        await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Post, "/v1/xorbs/default/NOTAHASH", body: body));
        Assert.Equal(before, await StateAsync());
        Assert.Empty(Staged());
        Assert.Equal(HttpStatusCode.NotFound, (await sender.CallAsync(HttpMethod.Head, $"/v1/xorbs/default/{packed.Xorb.Hash}")).StatusCode);

        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        Assert.Equal(body.Length, (await sender.CallAsync(HttpMethod.Head, $"/v1/xorbs/default/{packed.Xorb.Hash}")).Content.Headers.ContentLength);
        // One that is known is read and verified all the same.
        await XetSender.RefusedAsync(sender.SendXorbAsync(packed.Xorb.Hash, Flip(100)));
    }

    static byte[] Header(ChunkHeader header)
    {
        var bytes = new byte[ChunkHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    string[] Staged() => Directory.Exists(Path.Combine(hub.Options.DataFolder, "staging")) ? Directory.GetFiles(Path.Combine(hub.Options.DataFolder, "staging")) : [];

    [Fact]
    public async Task A_xorb_that_breaks_off_leaves_nothing_and_can_be_sent_again()
    {
        var sender = await NewAsync();
        var packed = Packed.Of(XetSender.Random(2_000_000, 14));
        var before = await StateAsync();
        var token = await sender.TokenAsync(true);
        for (var i = 0; i < 3; i++)
        {
            using var stop = new CancellationTokenSource();
            var request = new HttpRequestMessage(HttpMethod.Post, $"{token["casUrl"]}/v1/xorbs/default/{packed.Xorb.Hash}") { Content = new StreamContent(new Breaking(packed.Xorb.Bytes.ToArray(), 1_000_000)) };
            request.Headers.Authorization = new("Bearer", token["accessToken"]!.GetValue<string>());
            request.Content.Headers.ContentLength = packed.Xorb.Bytes.Length;
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => hub.Nobody.Http.SendAsync(request));
        }
        Assert.Equal(before, await StateAsync());
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        await XetSender.AcceptedAsync(sender.SendShardAsync(packed.Shard));
    }

    /// <summary>Gives so many bytes and then fails, as a client whose machine goes down.</summary>
    sealed class Breaking(byte[] content, int after) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= after ? throw new IOException("Gone.") : await base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, after - Position)], cancellationToken);
    }

    [Fact]
    public async Task A_shard_that_lies_is_refused_and_registers_nothing()
    {
        var sender = await NewAsync();
        var packed = Packed.Of(XetSender.Random(400_000, 15));
        var foreign = Packed.Of(XetSender.Random(400_000, 16));
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        var before = await StateAsync();
        var file = packed.File;
        var (term, all) = (file.Terms[0], packed.Xorb.Index.All);
        ShardFile With(ShardTerm other) => file with { Terms = [other] };
        XetHash zero = default;
        foreach (var shard in (Shard[])
        [
            foreign.Shard,
            new([foreign.File], [], null),
            new([With(term with { Chunks = new(0, all.End + 1), Length = term.Length })], [], null),
            new([With(term with { Length = term.Length - 1 })], [], null),
            new([With(term with { Chunks = new(1, all.End) })], [], null),
            new([file with { Verification = [zero] }], [], null),
            new([file with { Verification = null }], [], null),
            new([file with { Hash = foreign.FileHash }], [], null),
            new([file with { Sha256 = foreign.File.Sha256 }], [], null),
            new([file with { Sha256 = zero }], [], null),
            new([file with { Terms = [term, term], Verification = [file.Verification![0], file.Verification[0]] }], [], null),
            new([file, foreign.File], [], null),
            new([file], [ShardXorb.Of(foreign.Xorb.Index)], null),
            new([file], [ShardXorb.Of(packed.Xorb.Index) with { Chunks = [.. ShardXorb.Of(packed.Xorb.Index).Chunks.Select((chunk, i) => i == 1 ? chunk with { Hash = zero } : chunk)] }], null),
        ])
            await XetSender.RefusedAsync(sender.SendShardAsync(shard));
        var encoded = packed.Shard.Encode();
        foreach (var bytes in (byte[][])[[], encoded[..40], encoded[..^1], [.. encoded, 0], [.. encoded[..32], 3, .. encoded[33..]], XetSender.Random(5_000, 17)])
            await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Post, "/v1/shards", body: bytes));
        Assert.Equal(before, await StateAsync());
        foreach (var oid in (string[])[packed.Oid, foreign.Oid])
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync(TestActor.Api(sender.Repo), "no", null, TestActor.Large("w.bin", oid, null))).StatusCode);

        await XetSender.AcceptedAsync(sender.SendShardAsync(packed.Shard));
        await XetSender.AcceptedAsync(sender.SendShardAsync(packed.Shard));
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("w.bin", packed.Oid, packed.Content.Length));
    }

    [Fact]
    public async Task A_shard_with_a_footer_and_a_xorb_with_one_are_taken_as_older_clients_send_them()
    {
        var sender = await NewAsync();
        var packed = Packed.Of(XetSender.Random(300_000, 18));
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb.Hash, [.. packed.Xorb.Bytes.Span, .. Footer(packed.Xorb.Index)]));
        Assert.Equal(packed.Xorb.Bytes.Length, (await sender.CallAsync(HttpMethod.Head, $"/v1/xorbs/default/{packed.Xorb.Hash}")).Content.Headers.ContentLength);
        var shard = packed.Shard.Encode();
        shard[40] = 200;
        byte[] footer = [1, .. new byte[199]];
        await XetSender.AcceptedAsync(sender.CallAsync(HttpMethod.Post, "/v1/shards", body: [.. shard, .. footer]));
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("w.bin", packed.Oid, null));
        Assert.Equal(packed.Content, await hub.Ada.ReadFileAsync(sender.Repo, "w.bin"));
    }

    static byte[] Footer(XorbIndex index)
    {
        using var footer = new MemoryStream();
        using var to = new BinaryWriter(footer);
        to.Write("XETBLOB"u8);
        to.Write((byte)1);
        to.Write(index.Hash.ToBytes());
        to.Write("XBLBHSH"u8);
        to.Write((byte)0);
        to.Write(index.Count);
        foreach (var chunk in index.Chunks) to.Write(chunk.Hash.ToBytes());
        to.Write("XBLBBND"u8);
        to.Write((byte)1);
        to.Write(index.Count);
        for (var i = 0; i < index.Count; i++) to.Write((int)index.BytesOf(new(i, i + 1)).End);
        for (var i = 0; i < index.Count; i++) to.Write(index.ContentEnd(i));
        to.Write(index.Count);
        var boundaries = 12 + (8 * index.Count) + 28;
        to.Write(12 + (32 * index.Count) + boundaries);
        to.Write(boundaries);
        to.Write(new byte[16]);
        to.Write((int)footer.Length);
        to.Flush();
        return footer.ToArray();
    }

    [Fact]
    public async Task A_token_is_good_for_what_it_says_until_it_ends_or_is_taken_back()
    {
        var owner = await hub.JoinAsync();
        var repo = await owner.CreateAsync(isPrivate: true);
        var sender = new XetSender(owner, repo);
        var packed = await sender.UploadAsync("w.bin", XetSender.Random(100_000, 19));
        var token = (await sender.TokenAsync(false))["accessToken"]!.GetValue<string>();
        Assert.Contains("reading", await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Post, $"/v1/xorbs/default/{packed.Xorb.Hash}", write: false, body: packed.Xorb.Bytes.ToArray()), 403));
        await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Post, "/v1/shards", write: false, body: packed.Shard.Encode()), 403);
        await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Get, "/v2/reconstructions/zz", write: false));

        var path = $"/v2/reconstructions/{packed.FileHash}";
        var expired = "xet_" + hub.Get<UrlSigner>().Seal(Open(token), DateTimeOffset.UtcNow.AddSeconds(-1));
        foreach (var wrong in (string[])[expired, token[..^1] + (token[^1] == '0' ? '1' : '0'), "xet_", "xet_a.b.c", owner.Token!, token.Replace("xet_", "")])
            await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Get, path, write: false, token: wrong), 401);
        // The token belongs to its repository: another one's files are not there for it.
        var other = new XetSender(owner, await owner.CreateAsync());
        await XetSender.RefusedAsync(other.CallAsync(HttpMethod.Get, path, write: false), 404);

        var friend = await hub.JoinAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await friend.GetAsync($"{TestActor.Api(repo)}/xet-read-token/main")).StatusCode);
        await owner.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/collaborators/{friend.Handle}", new { access = "read" });
        Assert.Equal(HttpStatusCode.Forbidden, (await friend.GetAsync($"{TestActor.Api(repo)}/xet-write-token/main")).StatusCode);
        var theirs = new XetSender(friend, repo);
        Assert.Equal(packed.Content, await XetSender.FetchAsync(await theirs.PlanAsync(packed.FileHash), packed.Content.Length));
        await owner.SendAsync(HttpMethod.Delete, $"/api/zoo/models/{repo}/collaborators/{friend.Handle}");
        await XetSender.RefusedAsync(theirs.CallAsync(HttpMethod.Get, path, write: false), 404);

        var answer = await owner.GetAsync($"{TestActor.Api(repo)}/xet-write-token/main");
        Assert.Equal(answer.Headers.GetValues("X-Xet-Cas-Url").Single(), (await TestActor.ReadAsync(answer))["casUrl"]!.GetValue<string>());
        await hub.Get<HubDatabase>().ExecuteAsync("update token set revoked_at = 5 where account_id = (select id from account where handle = @Handle)", new { owner.Handle }, default);
        await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Get, path, write: false), 401);
        await XetSender.RefusedAsync(sender.SendXorbAsync(packed.Xorb), 401);
    }

    string Open(string token) => hub.Get<UrlSigner>().Open(token["xet_".Length..])!.Value.Text;

    [Fact]
    public async Task A_signed_address_gives_its_ranges_and_nothing_else()
    {
        var sender = await NewAsync();
        var packed = await sender.UploadAsync("w.bin", XetSender.Random(600_000, 20));
        var plan = await sender.PlanAsync(packed.FileHash, "bytes=200000-300000");
        var entry = plan["xorbs"]!.AsObject().Single().Value![0]!;
        var (url, range) = (entry["url"]!.GetValue<string>(), entry["ranges"]![0]!["bytes"]!);
        var (first, last) = (range["start"]!.GetValue<int>(), range["end"]!.GetValue<int>());
        Assert.True(first > 0);
        async Task<HttpResponseMessage> Ask(string address, string? header)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (header is not null) request.Headers.TryAddWithoutValidation("Range", header);
            return await hub.Nobody.Http.SendAsync(request);
        }
        var whole = packed.Xorb.Bytes.ToArray();
        Assert.Equal(whole[first..(last + 1)], await (await Ask(url, $"bytes={first}-{last}")).Content.ReadAsByteArrayAsync());
        Assert.Equal(whole[(first + 5)..(first + 10)], await (await Ask(url, $"bytes={first + 5}-{first + 9}")).Content.ReadAsByteArrayAsync());
        foreach (var header in (string[])[$"bytes={first - 1}-{last}", $"bytes={first}-{last + 1}", "bytes=0-0", $"bytes={first}-{last},0-5"])
            await XetSender.RefusedAsync(Ask(url, header), 403);
        foreach (var header in (string?[])[null, "bytes=-5", $"bytes={first}-", "bytes=5-4", "lines=1-2", $"bytes={first}-99999999999999999999"])
            await XetSender.RefusedAsync(Ask(url, header), 400);
        foreach (var address in (string[])[url.Replace($"r={first}-", "r=0-"), url.Replace(packed.Xorb.Hash.ToString(), new string('a', 64)), url[..^3] + "000", url.Split('?')[0], url.Replace("expires=", "expires=1")])
            await XetSender.RefusedAsync(Ask(address, $"bytes={first}-{last}"), 403);
    }

    [Fact]
    public async Task An_account_that_leaves_too_much_unused_is_stopped_until_it_uses_it()
    {
        var writer = await hub.JoinAsync();
        var sender = new XetSender(writer, await writer.CreateAsync());
        var packed = Packed.Of(XetSender.Random(200_000, 21));
        await XetSender.AcceptedAsync(sender.SendXorbAsync(packed.Xorb));
        var before = hub.Options.Xet.UnusedBytesPerAccount;
        hub.Options.Xet.UnusedBytesPerAccount = 100_000;
        try
        {
            await XetSender.RefusedAsync(sender.SendXorbAsync(Packed.Of(XetSender.Random(1_000, 22)).Xorb), 403);
            await XetSender.AcceptedAsync(sender.SendShardAsync(packed.Shard));
            await XetSender.AcceptedAsync(sender.SendXorbAsync(Packed.Of(XetSender.Random(1_000, 22)).Xorb));
        }
        finally
        {
            hub.Options.Xet.UnusedBytesPerAccount = before;
        }
    }

    [Fact]
    public async Task What_the_chunk_store_does_not_have_is_said_in_its_own_words()
    {
        var sender = await NewAsync();
        var hash = new string('b', 64);
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, $"/v1/chunks/default/{hash}"), (HttpMethod.Get, $"/v1/chunks/default-merkledb/{hash}"), (HttpMethod.Get, $"/v1/chunks/other/{hash}"),
            (HttpMethod.Get, $"/v2/reconstructions/{hash}"), (HttpMethod.Get, $"/v1/reconstructions/{hash}"), (HttpMethod.Get, $"/v2/file-chunk-hashes/{hash}"), (HttpMethod.Get, "/v9/nothing")])
            await XetSender.RefusedAsync(sender.CallAsync(method, path), 404);
        Assert.Equal(HttpStatusCode.OK, (await sender.CallAsync(HttpMethod.Post, "/v1/telemetry", body: "{}"u8.ToArray())).StatusCode);
        var many = await sender.CallAsync(HttpMethod.Post, "/v1/reconstructions", body: System.Text.Encoding.UTF8.GetBytes($$"""[{"prefix":"default","hash":"{{hash}}"}]"""));
        Assert.Equal("""{"files":{},"fetch_info":{}}""", await many.Content.ReadAsStringAsync());
        foreach (var body in (string[])["{}", "[", "[{}]", """["x"]"""])
            await XetSender.RefusedAsync(sender.CallAsync(HttpMethod.Post, "/v1/reconstructions", body: System.Text.Encoding.UTF8.GetBytes(body)));
    }
}

public sealed class XetBadInputTests_Sqlite(SqliteHub hub) : XetBadInputTests(hub), IClassFixture<SqliteHub>;
public sealed class XetBadInputTests_Postgres(PostgresHub hub) : XetBadInputTests(hub), IClassFixture<PostgresHub>;
