using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Accepts a shard: everything it says is checked against what is stored, the content of every file is put together and hashed,
/// and only then its files become blobs that the sender may commit, all in one transaction. To someone who may not read a chunk and
/// has not sent it, a xorb that is stored is a xorb that is not: the same words, and nothing happens.
/// </summary>
sealed class ShardRegistrar(
    HubDatabase database, Xorbs xorbs, ChunkReachQuery reaches, XetFileStore files, XetFiles known, ContentProof proof)
{
    public const int MaxTerms = XetFileStore.MaxTerms;

    /// <param name="progress">Told how many of how many bytes are verified.</param>
    /// <exception cref="Refusal">Invalid when something does not fit; Unavailable when it may be tried again.</exception>
    public async Task RegisterAsync(ContributingRepository repository, Shard shard, Action<long, long>? progress, CancellationToken stop)
    {
        var terms = shard.Files.Sum(file => (long)file.Terms.Count);
        if (terms > MaxTerms) throw Refusal.Invalid($"A shard may have at most {MaxTerms} terms; this one has {terms}. Send several.");
        await CheckXorbsAsync(repository, shard, stop);

        var (total, done) = (shard.Files.Sum(file => file.Length), 0L);
        var checkedFiles = new List<(XetFile File, IReadOnlyList<XetTerm> Terms, XetHash? First)>();
        foreach (var sent in shard.Files.DistinctBy(file => (file.Hash, file.Sha256)))
        {
            var (placed, first) = await new FileCheck(repository.Actor, xorbs, reaches).CheckAsync(sent, stop);
            if (sent.Sha256 is { } sha256)
            {
                var digest = Digest.FromHash(sha256.ToSha256());
                var before = done;
                if (!await IsProvenAsync(digest, sent.Hash, stop)
                    && await ProveAsync(sent.Hash, placed, read => progress?.Invoke(before + read, total), stop) is var actual && actual != digest)
                    throw Refusal.Invalid($"The file {sent.Hash} has the SHA-256 {actual}, not {digest}.");
                checkedFiles.Add((new(digest, sent.Hash, sent.Length, IsView: false), placed, first));
            }
            progress?.Invoke(done += sent.Length, total);
        }
        await WriteAsync(repository, checkedFiles, shard, stop);
    }

    /// <summary>What a shard says about a xorb that its sender has sent must be so. What it says about others is not looked at, so that it tells nothing.</summary>
    async Task CheckXorbsAsync(ContributingRepository repository, Shard shard, CancellationToken stop)
    {
        foreach (var slice in shard.Xorbs.Chunk(500))
        {
            var hashes = slice.Select(xorb => xorb.Hash).ToList();
            var reach = await reaches.FindAsync(repository.Actor, hashes, stop);
            var stored = await xorbs.FindManyAsync(hashes.Where(reach.ContainsKey), stop);
            foreach (var said in slice)
                if (!stored.TryGetValue(said.Hash, out var xorb) || !FileCheck.Covers(reach[said.Hash], xorb.Index.All)) throw FileCheck.UnknownXorb(said.Hash);
                else if (!IsTrue(said, xorb.Index)) throw Refusal.Invalid($"The shard describes the xorb {said.Hash} otherwise than it was sent.");
        }
    }

    /// <summary>How many bytes it was packed into is left out: somebody else may have sent it first, packed differently.</summary>
    static bool IsTrue(ShardXorb said, XorbIndex index)
    {
        if (said.Chunks.Count != index.Count || said.ContentLength != index.ContentLength) return false;
        for (var i = 0; i < index.Count; i++)
            if (said.Chunks[i].Hash != index.Chunks[i].Hash || said.Chunks[i].Length != index.Chunks[i].Length) return false;
        return true;
    }

    async Task<Digest> ProveAsync(XetHash file, IReadOnlyList<XetTerm> terms, Action<long> passed, CancellationToken stop)
    {
        try
        {
            return await proof.FindAsync(file, terms, passed, stop);
        }
        catch (FileNotFoundException)
        {
            throw XorbStore.BeingRemoved();     // swept between the check and the reading
        }
    }

    /// <summary>The same chunks are the same bytes: what was proven when the file was first registered still holds.</summary>
    async Task<bool> IsProvenAsync(Digest digest, XetHash file, CancellationToken stop) => await files.FindAsync(digest, stop) is { } registered && registered.Hash == file;

    async Task WriteAsync(ContributingRepository repository, List<(XetFile File, IReadOnlyList<XetTerm> Terms, XetHash? First)> checkedFiles, Shard shard, CancellationToken stop)
    {
        var global = shard.Xorbs.SelectMany(xorb => xorb.Chunks.Select((chunk, i) => (chunk, i)).Where(c => c.chunk.IsGlobal).Select(c => (c.chunk.Hash, xorb.Hash, c.i))).ToList();
        // In one order everywhere, so that two registrations of the same files wait for each other and never in a circle.
        checkedFiles.Sort((a, b) => string.CompareOrdinal(a.File.Digest.Hex, b.File.Digest.Hex));
        await database.WriteAsync(async transaction =>
        {
            foreach (var (file, terms, first) in checkedFiles)
                await files.RegisterAsync(transaction, file, terms, first, repository.Author.Id, stop);
            await XorbStore.AddGlobalAsync(transaction, global, stop);
        }, stop);
        foreach (var (file, _, _) in checkedFiles) known.Forget(file.Digest);
    }
}
