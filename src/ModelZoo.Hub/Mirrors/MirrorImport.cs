using ModelZoo.Git;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Mirrors;

/// <summary>Brings objects from the database into a mirror, as one pack: what its new references lead to and it has not yet.</summary>
sealed class MirrorImport(GitObjectStore objects, CommitStore commits, GitProgram git)
{
    /// <summary>Commits and trees that were read on the way are kept up to here, so that they need not be read again.</summary>
    const long KeptBytes = 64L * 1024 * 1024;

    const int ContentBatchBytes = 8 * 1024 * 1024;

    public async Task RunAsync(MirrorGeneration mirror, long spaceId, IReadOnlyCollection<ObjectId> tips, CancellationToken stop)
    {
        await using var presence = new ObjectPresence(git, mirror.Folder, mirror.CountPacks() == 0);
        var walk = new Walk(objects, new CommitGraph(commits, spaceId), presence, spaceId);
        await walk.RunAsync(tips, stop);
        if (walk.Found.Count == 0) return;
        await WriteAsync(mirror, spaceId, walk, stop);
    }

    async Task WriteAsync(MirrorGeneration mirror, long spaceId, Walk walk, CancellationToken stop)
    {
        using var indexer = git.Start(mirror.Folder, null, "index-pack", "--stdin");
        try
        {
            var output = indexer.StandardOutput.ReadToEndAsync(stop);
            var errors = indexer.StandardError.ReadToEndAsync(stop);
            try
            {
                using var writer = new PackWriter(indexer.StandardInput.BaseStream, (uint)walk.Found.Count);
                await foreach (var (type, content) in ReadAsync(spaceId, walk, stop)) await writer.AddAsync(type, content, stop);
                await writer.FinishAsync(stop);
                indexer.StandardInput.Close();
            }
            catch (IOException) when (indexer.HasExited)
            {
                // It says below why it went.
            }
            await output;
            await indexer.WaitForExitAsync(stop);
            if (indexer.ExitCode != 0) throw new GitFailedException($"git index-pack ended with {indexer.ExitCode}: {await errors}");
        }
        catch
        {
            GitProgram.Kill(indexer);
            throw;
        }
    }

    async IAsyncEnumerable<(ObjectType Type, byte[] Content)> ReadAsync(long spaceId, Walk walk, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var batch = new List<ObjectId>();
        long bytes = 0;
        foreach (var (id, type) in walk.Found)
        {
            if (walk.Kept.Remove(id, out var kept))
            {
                yield return (type, kept);
                continue;
            }
            batch.Add(id);
            bytes += walk.Sizes.GetValueOrDefault(id, 64 * 1024);
            if (bytes < ContentBatchBytes && batch.Count < 500) continue;
            foreach (var item in await FetchAsync(spaceId, batch, walk, stop)) yield return item;
            (bytes, batch) = (0, []);
        }
        foreach (var item in await FetchAsync(spaceId, batch, walk, stop)) yield return item;
    }

    async Task<List<(ObjectType, byte[])>> FetchAsync(long spaceId, List<ObjectId> ids, Walk walk, CancellationToken stop)
    {
        var contents = await objects.ContentsAsync(spaceId, ids, stop);
        return [.. ids.Select(id => (walk.Found[id], Content(contents, id)))];
    }

    static byte[] Content(IReadOnlyDictionary<ObjectId, byte[]> contents, ObjectId id) => contents.TryGetValue(id, out var content) ? content
        : id == ObjectId.EmptyTree ? [] : throw new MissingObjectException($"Object {id} is missing; run zoo fsck.");

    /// <summary>Collects what is reachable and missing. A mirror that has an object has everything below it.</summary>
    sealed class Walk(GitObjectStore objects, CommitGraph graph, ObjectPresence presence, long spaceId)
    {
        public Dictionary<ObjectId, ObjectType> Found { get; } = [];

        public Dictionary<ObjectId, byte[]> Kept { get; } = [];

        public Dictionary<ObjectId, long> Sizes { get; } = [];

        long _keptBytes;

        public async Task RunAsync(IReadOnlyCollection<ObjectId> tips, CancellationToken stop)
        {
            var trees = new HashSet<ObjectId>();
            var blobs = new HashSet<ObjectId>();
            var level = await TagsAsync(tips, stop);
            while (level.Count > 0)
            {
                var missing = await presence.MissingAsync([.. level.Where(id => !Found.ContainsKey(id))], stop);
                await graph.PrefetchAsync(missing, stop);
                level = [];
                foreach (var id in missing)
                {
                    var commit = await graph.GetAsync(id, stop);
                    Found[id] = ObjectType.Commit;
                    trees.Add(commit.Tree);
                    level.UnionWith(commit.Parents);
                }
            }
            while (trees.Count > 0)
            {
                var missing = await presence.MissingAsync([.. trees.Where(id => !Found.ContainsKey(id))], stop);
                trees = [];
                foreach (var batch in missing.Chunk(200))
                {
                    var contents = await objects.ContentsAsync(spaceId, batch, stop);
                    foreach (var id in batch) Take(id, Content(contents, id), trees, blobs);
                }
            }
            var wanted = await presence.MissingAsync([.. blobs.Where(id => !Found.ContainsKey(id))], stop);
            foreach (var (id, facts) in await objects.FactsAsync(spaceId, wanted, stop)) Sizes[id] = facts.SizeBytes;
            foreach (var id in wanted) Found[id] = ObjectType.Blob;
        }

        /// <summary>Tips are commits, or annotated tags that lead to one.</summary>
        async Task<HashSet<ObjectId>> TagsAsync(IReadOnlyCollection<ObjectId> tips, CancellationToken stop)
        {
            var found = new HashSet<ObjectId>();
            var open = await presence.MissingAsync(tips, stop);
            while (open.Count > 0)
            {
                await graph.PrefetchAsync(open, stop);
                var tags = new List<ObjectId>();
                foreach (var id in open)
                    if (await graph.FindAsync(id, stop) is not null) found.Add(id);
                    else tags.Add(id);
                open = [];
                var contents = await objects.ContentsAsync(spaceId, tags, stop);
                foreach (var id in tags)
                {
                    var content = Content(contents, id);
                    Found[id] = ObjectType.Tag;
                    Keep(id, content);
                    open.Add(Tag.Parse(content).Target);
                }
            }
            return found;
        }

        void Take(ObjectId id, byte[] content, HashSet<ObjectId> trees, HashSet<ObjectId> blobs)
        {
            Found[id] = ObjectType.Tree;
            Keep(id, content);
            foreach (var entry in Tree.Parse(content).Entries)
                if (entry.IsFolder) trees.Add(entry.Id);
                else if (entry.Mode != EntryMode.Submodule) blobs.Add(entry.Id);
        }

        void Keep(ObjectId id, byte[] content)
        {
            Sizes[id] = content.Length;
            if ((_keptBytes += content.Length) <= KeptBytes) Kept[id] = content;
        }
    }
}
