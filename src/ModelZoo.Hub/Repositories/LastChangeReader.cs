using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories;

/// <summary>The newest commit that touched each of some paths: from the projection at the default branch's head, else by walking back.</summary>
sealed class LastChangeReader(HubDatabase database, CommitStore commits, TreeReader trees)
{
    /// <summary>How far back a walk goes; what is older shows the oldest commit that was looked at.</summary>
    const int MaxWalk = 5_000;

    public async Task<IReadOnlyDictionary<string, CommitRow>> FindAsync(
        ReadableRepository repository, ResolvedRevision revision, IReadOnlyList<RepoPath> paths, CancellationToken stop) =>
        revision.Reference == repository.Repository.DefaultReference
            ? await FromProjectionAsync(repository, paths, stop)
            : await WalkAsync(repository.Repository.SpaceId, revision.Commit, paths, stop);

    async Task<IReadOnlyDictionary<string, CommitRow>> FromProjectionAsync(ReadableRepository repository, IReadOnlyList<RepoPath> paths, CancellationToken stop)
    {
        var ids = new Dictionary<string, string>(paths.Count);
        foreach (var slice in paths.Select(p => p.Value).Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repository.Id });
            foreach (var row in await database.ListAsync<Row>($"""
                select path, commit_id
                from last_change
                where repository_id = @Id
                  and {Sql.In("path", slice, parameters)}
                """, parameters, stop)) ids[row.Path] = row.CommitId;
        }
        var rows = await commits.FindManyAsync(repository.Repository.SpaceId, [.. ids.Values], stop);
        return ids.Where(pair => rows.ContainsKey(pair.Value)).ToDictionary(pair => pair.Key, pair => rows[pair.Value]);
    }

    /// <summary>Follows first parents: a path was touched where its entry differs from the one before.</summary>
    async Task<IReadOnlyDictionary<string, CommitRow>> WalkAsync(long spaceId, CommitRow head, IReadOnlyList<RepoPath> paths, CancellationToken stop)
    {
        var found = new Dictionary<string, CommitRow>();
        var open = new Dictionary<RepoPath, TreeEntry?>();
        foreach (var path in paths) open[path] = await trees.FindEntryAsync(spaceId, head.Tree, path, stop);
        var line = await commits.FirstParentsAsync(spaceId, head.ObjectId, MaxWalk, stop);
        for (var i = 0; i < line.Count && open.Count > 0; i++)
        {
            var before = i + 1 < line.Count ? line[i + 1] : null;
            if (before?.TreeId == line[i].TreeId) continue;
            foreach (var (path, entry) in open.ToList())
            {
                if (before is not null && await trees.FindEntryAsync(spaceId, before.Tree, path, stop) == entry) continue;
                found[path.Value] = line[i];
                open.Remove(path);
            }
        }
        return found;
    }

    sealed record Row
    {
        public string Path { get; init; } = "";
        public string CommitId { get; init; } = "";
    }
}
