using System.Data.Common;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights.Deltas;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>A repository whose population's states are to be stored as differences, where they are not.</summary>
sealed record DeltaWork(long RepositoryId)
{
    public const string JobName = "population.deltas";

    public static NewJob JobFor(long repositoryId) =>
        new(JobName, JsonSerializer.Serialize(new DeltaWork(repositoryId)), Subject: repositoryId.ToString(), RepositoryId: repositoryId);
}

/// <summary>
/// `population.deltas`: stores each state that the head of a population keeps as its difference from an earlier epoch, or from the state that its member began
/// with. The container is decoded and compared before it is stored, and durable before a row says so; the bytes themselves go later (<see cref="DeltaTrim"/>).
/// </summary>
sealed class DeltaJob(
    RepositoryStore repositories, ReferenceStore references, CommitStore commits, TreeReader trees, DeltaStore store, BlobDeltas deltas, IBlobStore blobs, HubOptions options) : JobHandler<DeltaWork>, IDisposable
{
    /// <summary>States for which it did not pay, so that each job does not try them again. Lost with the process, which does no harm.</summary>
    readonly MemoryCache _useless = new(new MemoryCacheOptions { SizeLimit = 200_000 });

    public override string Name => DeltaWork.JobName;

    public override int MostAtOnce => 1;

    protected override async Task<string> RunAsync(DeltaWork payload, JobRun run, CancellationToken stop)
    {
        if (!options.Deltas.Enabled) return "The hub stores no differences.";
        if (await repositories.FindAsync(payload.RepositoryId, stop) is not { } repository) return "The repository is gone.";
        if (await references.FindAsync(repository.Id, repository.DefaultReference, stop) is not { } head) return "There is no head.";
        if (await commits.FindAsync(repository.SpaceId, ObjectId.Parse(head.CommitId), stop) is not { } commit) return "The commit is gone.";
        var files = await TreeFiles.ReadAsync(trees, blobs, repository.SpaceId, commit.Tree, stop);
        if (files.Find(PopulationLayout.Record) is null) return "The repository holds no population.";
        var chains = StateChain.Of(files);
        var plain = await store.PlainAsync([.. chains.SelectMany(chain => chain.States).Select(state => state.Pointer.Digest)], stop);
        if (plain.Count == 0) return "Nothing is new.";

        var (done, tried, bytes, stored) = (0, 0, 0L, 0L);
        await foreach (var chain in InOrderAsync(chains, files, repository.SpaceId, plain, stop))
            for (var place = 0; place < chain.Chain.States.Count; place++)
            {
                var state = chain.Chain.States[place];
                if (!plain.TryGetValue(state.Pointer.Digest, out var blob) || blob.SizeBytes < options.Deltas.FromBytes || _useless.TryGetValue(blob.Digest, out _)) continue;
                run.Report((double)tried++ / plain.Count, $"{chain.Chain.Member} {chain.Chain.Folder} {state.Epoch}");
                if (await StoreAsync(blob, Candidates(chain.Chain, place, chain.Begin), run, stop) is not { } container) continue;
                (done, bytes, stored) = (done + 1, bytes + blob.SizeBytes, stored + container);
            }
        return done == 0 ? "Nothing could be made smaller." : $"{done} states with {bytes} bytes are stored in {stored}.";
    }

    /// <summary>Members after those that they began from, so that a base has its form before others are based on it.</summary>
    async IAsyncEnumerable<(StateChain Chain, MemberState? Begin)> InOrderAsync(
        IReadOnlyList<StateChain> chains, TreeFiles files, long spaceId, IReadOnlyDictionary<Digest, PlainBlob> plain, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var weights = chains.Where(chain => chain.IsCheckpoints).ToDictionary(chain => chain.Member, StringComparer.Ordinal);
        var cards = new Dictionary<string, MemberCard?>(StringComparer.Ordinal);
        var pending = chains.Where(chain => chain.States.Any(state => plain.ContainsKey(state.Pointer.Digest))).ToLookup(chain => chain.Member);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in pending.OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var line = new Stack<string>();
            for (var next = group.Key; next is not null && pending.Contains(next) && seen.Add(next); next = (await CardAsync(next))?.ParentId) line.Push(next);
            while (line.TryPop(out var member))
            {
                var card = await CardAsync(member);
                var begin = card?.ParentId is { } parent ? weights.GetValueOrDefault(parent)?.Begin(card.ParentEpoch) : null;
                foreach (var chain in pending[member]) yield return (chain, chain.IsCheckpoints ? begin : null);
            }
        }

        async Task<MemberCard?> CardAsync(string member)
        {
            if (cards.TryGetValue(member, out var known)) return known;
            var path = PopulationLayout.Card(member);
            try
            {
                return cards[member] = files.Find(path) is { Pointer: null } entry ? MemberCard.Read(await trees.GetContentAsync(spaceId, entry.Id, stop), path) : null;
            }
            catch (PopulationException)
            {
                return cards[member] = null;        // its states are still those of one member
            }
        }
    }

    static IEnumerable<LfsPointer> Candidates(StateChain chain, int place, MemberState? begin)
    {
        if (StateChain.BaseOf(place) is { } earlier) yield return chain.States[earlier].Pointer;
        if (begin is not null) yield return begin.Pointer;
    }

    /// <returns>Bytes of the container; null where the blob stays as it is.</returns>
    async Task<long?> StoreAsync(PlainBlob blob, IEnumerable<LfsPointer> candidates, JobRun run, CancellationToken stop)
    {
        try
        {
            foreach (var origin in candidates)
            {
                if (origin.Digest == blob.Digest || (await deltas.FindNowAsync(origin.Digest, stop))?.Depth >= DeltaStore.MaxDepth || !await store.CanBeBaseAsync(origin.Digest, stop)) continue;
                return await EncodeAsync(blob, origin, stop);
            }
            // Whole bytes stay a file that is sent as it is; what exists only in chunks needs a form of its own, or nothing could be based on it.
            return blob.HasOwnBytes ? null : await EncodeAsync(blob, null, stop);
        }
        catch (IOException error)
        {
            run.Log($"blob {blob.Digest}: {error.Message}");
            return null;
        }
    }

    async Task<long?> EncodeAsync(PlainBlob blob, LfsPointer? origin, CancellationToken stop)
    {
        using var content = new BlobSequence(blobs, new(blob.Digest, blob.SizeBytes));
        using var against = origin is null ? null : new BlobSequence(blobs, origin);
        await using var scratch = DeltaScratch.Create(options.DataFolder, blob.SizeBytes);
        var header = await DeltaEncoder.EncodeAsync(
            content, Convert.FromHexString(blob.Digest.Hex), against, origin is null ? null : Convert.FromHexString(origin.Digest.Hex), scratch, stop: stop);
        var length = header.StoredLength;
        if (length > blob.SizeBytes * (100L - options.Deltas.LeastSavingPercent) / 100)
        {
            _useless.Set(blob.Digest, true, new MemoryCacheEntryOptions { Size = 1 });
            return null;
        }
        await VerifyAsync(blob, header, scratch, against, stop);
        scratch.Position = 0;
        var container = Digest.FromHash(await SHA256.HashDataAsync(scratch, stop));
        scratch.Position = 0;
        var reader = PipeReader.Create(scratch, new StreamPipeReaderOptions(bufferSize: 256 * 1024, leaveOpen: true));
        await blobs.WriteAsync(container, length, reader, stop);
        await reader.CompleteAsync();
        var isBased = header.BaseDigest is not null;
        if (!await store.TryAddAsync(blob.Digest, isBased ? origin!.Digest : null, container, length, TimeSpan.FromMinutes(options.Deltas.KeepPlainMinutes), stop)) return null;
        deltas.Forget(blob.Digest);
        return length;
    }

    /// <summary>What will be read is what was written: decoded from the container as it is about to be stored.</summary>
    static async Task VerifyAsync(PlainBlob blob, DeltaHeader made, Stream scratch, BlobSequence? against, CancellationToken stop)
    {
        var header = await DeltaHeader.ReadAsync(new ScratchSource(scratch), stop);
        await using var decoded = await DeltaStream.OpenAsync(header, (offset, length, _) =>
        {
            scratch.Position = offset;
            return Task.FromResult<Stream>(new BorrowedStream(scratch));
        }, against is null ? null : (offset, length, _) => Task.FromResult<Stream>(new SequenceStream(against, offset)), 0, made.Length, stop);
        if (Digest.FromHash(await SHA256.HashDataAsync(decoded, stop)) != blob.Digest) throw new DeltaFormatException($"The container of {blob.Digest} does not give it back.");
    }

    public void Dispose() => _useless.Dispose();
}

/// <summary>Asks for differences in the commit that brings states of members.</summary>
sealed class DeltaFollower(JobStore jobs, HubOptions options) : ICommitFollower, ILateProjection
{
    public async Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop)
    {
        if (options.Deltas.Enabled && commit.Links.Any(link => IsState(link.Path))) await jobs.EnqueueAsync(transaction, DeltaWork.JobFor(commit.Repository.Id), stop);
    }

    static bool IsState(string path) => path.StartsWith(PopulationLayout.Members + "/", StringComparison.Ordinal) && PopulationLayout.FindEpoch(path) is not null;

    /// <summary>Forms are no projections and stay; what has none yet gets another chance.</summary>
    public async Task RebuildAsync(Repository repository, JobRun run, CancellationToken stop)
    {
        if (options.Deltas.Enabled && repository.Kind == RepositoryKind.Model) await jobs.EnqueueAsync(DeltaWork.JobFor(repository.Id), stop);
    }
}
