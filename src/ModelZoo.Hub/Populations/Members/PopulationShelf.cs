using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Members;

/// <summary>
/// Opens the population that a commit holds. Cards and metrics are read once for each tree and kept while they are asked for; weights are read when somebody
/// wants them, through <see cref="Population"/> itself.
/// </summary>
sealed class PopulationShelf(TreeReader trees, IBlobStore blobs) : IDisposable
{
    /// <summary>Members and their epochs that are kept in memory, over all populations.</summary>
    const int MostKept = 2_000_000;

    static readonly RepoPath s_record = RepoPath.Parse(PopulationLayout.Record);

    readonly MemoryCache _open = new(new MemoryCacheOptions { SizeLimit = MostKept });

    /// <summary>Whether the commit says that it holds a population; one look into its root.</summary>
    public async Task<bool> HasAsync(ReadableRepository repository, CommitRow commit, CancellationToken stop)
    {
        try
        {
            return await trees.FindEntryAsync(repository.Repository.SpaceId, ObjectId.Parse(commit.TreeId), s_record, stop) is { Mode: EntryMode.File or EntryMode.Executable };
        }
        catch (MissingObjectException)
        {
            // Every page of a repository asks; one whose objects are lost must still be seen, and deleted.
            return false;
        }
    }

    /// <summary>Null where the commit holds none.</summary>
    /// <exception cref="PopulationException">There is one, and its record or blueprint is damaged.</exception>
    public async Task<Population?> FindAsync(ReadableRepository repository, CommitRow commit, CancellationToken stop)
    {
        var key = (repository.Repository.SpaceId, commit.TreeId);
        if (_open.TryGetValue(key, out Population? known)) return known;
        if (!await HasAsync(repository, commit, stop)) return null;
        var population = await Population.OpenAsync(await TreeFiles.ReadAsync(trees, blobs, key.SpaceId, ObjectId.Parse(commit.TreeId), stop), stop);
        return _open.Set(key, population, new MemoryCacheEntryOptions { Size = 100 + population.Members.Sum(member => 1L + member.Records.Count) });
    }

    public void Dispose() => _open.Dispose();
}
