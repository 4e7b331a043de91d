using System.Net;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

/// <summary>Deduplication joins what belongs to different people, and must not tell any of them what the others have.</summary>
public abstract class XetOracleTests(TestHub hub)
{
    async Task<XetSender> JoinAsync(bool isPrivate = false)
    {
        var who = await hub.JoinAsync();
        return new(who, await who.CreateAsync(isPrivate: isPrivate));
    }

    [Fact]
    public async Task Knowing_hashes_of_a_private_file_gives_nothing()
    {
        var (owner, thief) = (await JoinAsync(isPrivate: true), await JoinAsync());
        var secret = await owner.UploadAsync("secret.bin", XetSender.Random(500_000, 31));
        var absent = Packed.Of(XetSender.Random(500_000, 32));

        // The same answers, word for word but for the hash that was asked for, whether it exists or not.
        async Task<string> Told(Func<Packed, Task<HttpResponseMessage>> ask, Packed about)
        {
            var response = await ask(about);
            var text = await response.Content.ReadAsStringAsync();
            foreach (var hash in (XetHash[])[about.FileHash, about.Xorb.Hash]) text = text.Replace(hash.ToString(), "(hash)");
            return $"{(int)response.StatusCode} {text}";
        }
        foreach (var ask in (Func<Packed, Task<HttpResponseMessage>>[])
        [
            about => thief.CallAsync(HttpMethod.Head, $"/v1/xorbs/default/{about.Xorb.Hash}"),
            about => thief.CallAsync(HttpMethod.Get, $"/v2/reconstructions/{about.FileHash}"),
            about => thief.CallAsync(HttpMethod.Get, $"/v1/reconstructions/{about.FileHash}"),
            about => thief.CallAsync(HttpMethod.Get, $"/v1/reconstructions?file_id={about.FileHash}"),
            about => thief.CallAsync(HttpMethod.Head, $"/v1/files/{about.FileHash}"),
            about => thief.CallAsync(HttpMethod.Get, $"/v1/chunks/default/{about.Xorb.Index.Chunks[0].Hash}"),
            about => thief.SendShardAsync(about.Shard),
            about => thief.SendShardAsync(new([about.File], [], null)),
            about => thief.SendShardAsync(new([], [ShardXorb.Of(about.Xorb.Index)], null)),
            about => thief.SendShardAsync(new([about.File with { Terms = [about.File.Terms[0] with { Length = 1 }] }], [], null)),
            about => thief.SendXorbAsync(about.Xorb.Hash, [1, 2, 3]),
        ])
            Assert.Equal(await Told(ask, absent), await Told(ask, secret));
    }

    [Fact]
    public async Task Whoever_has_the_bytes_may_send_them_and_hears_the_same_as_the_first()
    {
        var (owner, other) = (await JoinAsync(isPrivate: true), await JoinAsync());
        var packed = await owner.UploadAsync("w.bin", XetSender.Random(300_000, 33));
        var first = await (await owner.SendXorbAsync(Packed.Of(XetSender.Random(1_000, 34)).Xorb)).Content.ReadAsStringAsync();
        Assert.Equal(first, await (await other.SendXorbAsync(packed.Xorb)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await other.CallAsync(HttpMethod.Head, $"/v1/xorbs/default/{packed.Xorb.Hash}")).StatusCode);
        // Sent, but not yet a file of theirs: that takes the proof that they know its chunks.
        await XetSender.RefusedAsync(other.CallAsync(HttpMethod.Get, $"/v2/reconstructions/{packed.FileHash}"), 404);
        await XetSender.AcceptedAsync(other.SendShardAsync(packed.Shard));
        Assert.Equal(HttpStatusCode.OK, (await other.CallAsync(HttpMethod.Get, $"/v2/reconstructions/{packed.FileHash}")).StatusCode);
    }

    [Fact]
    public async Task Of_a_xorb_that_mixes_public_and_private_only_the_public_chunks_can_be_used()
    {
        var who = await hub.JoinAsync();
        var (hidden, shown) = (new XetSender(who, await who.CreateAsync(isPrivate: true)), new XetSender(who, await who.CreateAsync()));
        var (secret, known) = (XetSender.Random(400_000, 35), XetSender.Random(400_000, 36));
        var (secretChunks, knownChunks) = (Packed.Cut(secret), Packed.Cut(known));
        // secret | known | secret again, so that something hidden stands on both sides.
        var xorb = Packed.PackChunks([.. secretChunks, .. knownChunks, .. Packed.Cut(XetSender.Random(200_000, 37))]);
        var (mine, theirs) = (new ChunkRange(0, secretChunks.Count), new ChunkRange(secretChunks.Count, secretChunks.Count + knownChunks.Count));
        await XetSender.AcceptedAsync(hidden.SendXorbAsync(xorb));
        var (secretFile, knownFile) = (Packed.Describe(secret, (xorb, mine)), Packed.Describe(known, (xorb, theirs)));
        await XetSender.AcceptedAsync(hidden.SendShardAsync(new([secretFile, knownFile], [ShardXorb.Of(xorb.Index)], null)));
        await who.CommitAsync(hidden.Repo, TestActor.Large("s.bin", Uploads.Lfs.Digest(secret), null));
        await who.CommitAsync(shown.Repo, TestActor.Large("k.bin", Uploads.Lfs.Digest(known), null));

        var reader = await JoinAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await reader.CallAsync(HttpMethod.Head, $"/v1/xorbs/default/{xorb.Hash}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await reader.CallAsync(HttpMethod.Get, $"/v1/chunks/default/{xorb.Index.Chunks[0].Hash}")).StatusCode);
        var answer = Shard.Parse(await (await reader.CallAsync(HttpMethod.Get, $"/v1/chunks/default/{xorb.Index.Chunks[theirs.Start].Hash}")).Content.ReadAsByteArrayAsync());
        var described = Assert.Single(answer.Xorbs);
        Assert.Equal(xorb.Hash, described.Hash);
        Assert.Equal(theirs.End, described.Chunks.Count);       // what follows is not even counted
        for (var i = 0; i < theirs.End; i++)
        {
            var isShown = i >= theirs.Start;
            Assert.Equal(isShown, XetHashes.Conceal(xorb.Index.Chunks[i].Hash, answer.Footer!.HmacKey) == described.Chunks[i].Hash);
            Assert.NotEqual(xorb.Index.Chunks[i].Hash, described.Chunks[i].Hash);
            Assert.Equal(isShown ? xorb.Index.Chunks[i].Length : XetLimits.TargetChunkBytes, described.Chunks[i].Length);
        }
        Assert.True(answer.Footer!.ExpiresAt > answer.Footer.CreatedAt);

        // The reader refers to what is public, and is refused as soon as a chunk of the rest is in it.
        await XetSender.AcceptedAsync(reader.SendShardAsync(new([knownFile], [], null)));
        await XetSender.RefusedAsync(reader.SendShardAsync(new([secretFile], [], null)));
        await XetSender.RefusedAsync(reader.SendShardAsync(new([Packed.Describe([.. secretChunks[^1], .. known], (xorb, new(theirs.Start - 1, theirs.End)))], [], null)));
        var plan = await new XetSender(hub.Ada, shown.Repo).PlanAsync(knownFile.Hash);
        var range = plan["xorbs"]![xorb.Hash.ToString()]![0]!["ranges"]![0]!;
        Assert.Equal((theirs.Start, theirs.End), (range["chunks"]!["start"]!.GetValue<int>(), range["chunks"]!["end"]!.GetValue<int>()));
        var bytes = xorb.Index.BytesOf(theirs);
        Assert.Equal((bytes.Start, bytes.Last), (range["bytes"]!["start"]!.GetValue<long>(), range["bytes"]!["end"]!.GetValue<long>()));

        // When it is hidden, nobody else can go on.
        await who.SendAsync(HttpMethod.Put, $"{TestActor.Api(shown.Repo)}/settings", new { @private = true });
        var late = await JoinAsync();
        await XetSender.RefusedAsync(late.SendShardAsync(new([knownFile], [], null)));
        await XetSender.RefusedAsync(late.CallAsync(HttpMethod.Get, $"/v1/chunks/default/{xorb.Index.Chunks[theirs.Start].Hash}"), 404);
    }

    [Fact]
    public async Task Two_answers_to_the_same_question_conceal_with_different_keys_and_go_on_with_the_file()
    {
        var sender = await JoinAsync();
        var packed = await sender.UploadAsync("w.bin", XetSender.Random(600_000, 38));
        byte[] second = [.. packed.Content, .. XetSender.Random(300_000, 39)];
        var file = await XetTransferTests.SendNewChunksAsync(sender, packed, second);
        await (await AsAsync(sender)).CommitAsync(sender.Repo, TestActor.Large("w.bin", Uploads.Lfs.Digest(second), null));

        var reader = await JoinAsync();
        async Task<Shard> AskAsync() => Shard.Parse(await (await reader.CallAsync(HttpMethod.Get, $"/v1/chunks/default-merkledb/{packed.Xorb.Index.Chunks[0].Hash}")).Content.ReadAsByteArrayAsync());
        var (one, two) = (await AskAsync(), await AskAsync());
        Assert.NotEqual(one.Footer!.HmacKey, two.Footer!.HmacKey);
        Assert.NotEqual(one.Xorbs[0].Chunks[0].Hash, two.Xorbs[0].Chunks[0].Hash);
        Assert.Equal(file.Terms.Select(term => term.Xorb).Distinct(), one.Xorbs.Select(xorb => xorb.Hash));
        Assert.Empty(one.Files);
    }

    readonly Dictionary<XetSender, TestActor> _actors = [];

    async Task<TestActor> AsAsync(XetSender sender) =>
        _actors.TryGetValue(sender, out var actor) ? actor : _actors[sender] = await hub.JoinAsync(sender.Repo.Split('/')[0]);

    [Fact]
    public async Task The_condition_in_sql_admits_whom_the_policy_admits()
    {
        var (owner, friend, stranger) = (await hub.JoinAsync(), await hub.JoinAsync(), await hub.JoinAsync());
        var repos = new List<(string Name, Repository Repository)>();
        foreach (var (isPrivate, isShared, isDisabled) in from p in (bool[])[false, true] from s in (bool[])[false, true] from d in (bool[])[false, true] select (p, s, d))
        {
            var name = await owner.CreateAsync(isPrivate: isPrivate);
            if (isShared) await owner.SendAsync(HttpMethod.Put, $"/api/zoo/models/{name}/collaborators/{friend.Handle}", new { access = "read" });
            var found = (await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, owner.Handle, name.Split('/')[1], null, default))!.Value.Repository;
            if (isDisabled) await hub.Get<RepositoryStore>().SetDisabledAsync(found.Id, true, default);
            repos.Add((name, found));
        }
        var tokens = hub.Get<TokenStore>();
        var secrets = new List<string?> { null, owner.Token, friend.Token, stranger.Token, TestHub.AdministratorToken };
        foreach (var who in (TestActor[])[owner, friend, hub.Ada])
            secrets.Add((await tokens.CreateAsync((await hub.Get<AccountStore>().FindAsync(who.Handle, default))!.Id, "fine", CredentialRole.FineGrained, [new(repos[^2].Repository.Id, false)], null, default)).Secret);
        foreach (var secret in secrets)
        {
            var actor = secret is null ? Actor.Nobody : (await tokens.FindActorAsync(secret, default))!;
            foreach (var (name, repository) in repos)
            {
                bool byPolicy;
                try
                {
                    byPolicy = await hub.Get<AccessPolicy>().GetAsync(repository.Id, actor, AccessLevel.Read, default) is not null;
                }
                catch (Kernel.Refusal)
                {
                    byPolicy = false;
                }
                var parameters = ReadableSql.Add(new Dapper.DynamicParameters(new { repository.Id }), actor);
                var bySql = await hub.Get<HubDatabase>().FindAsync<long>($"select count(*) from repository where id = @Id and {ReadableSql.Condition}", parameters, default) == 1;
                Assert.Equal((secret, name, byPolicy), (secret, name, bySql));
            }
        }
    }
}

public sealed class XetOracleTests_Sqlite(SqliteHub hub) : XetOracleTests(hub), IClassFixture<SqliteHub>;
public sealed class XetOracleTests_Postgres(PostgresHub hub) : XetOracleTests(hub), IClassFixture<PostgresHub>;
