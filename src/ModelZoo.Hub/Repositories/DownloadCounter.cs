using System.Collections.Concurrent;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// Counts downloads without a write per request: one for each GET or HEAD of the file a library asks for first, added up in
/// memory and written every few seconds.
/// </summary>
sealed class DownloadCounter(HubDatabase database, TimeProvider time)
{
    /// <summary>The files by which libraries begin (hub-protocol: "query files"); weights alone count where there is no config.</summary>
    static readonly HashSet<string> s_queryFiles = new(StringComparer.Ordinal)
    {
        "config.json", "model_index.json", "adapter_config.json", "params.json", "hyperparams.yaml", "config.yaml", "modules.json",
        "open_clip_config.json", "saved_model.pb", "dataset_infos.json", "dataset_info.json", "MLmodel",
    };

    readonly ConcurrentDictionary<long, long> _pending = new();

    public void Count(Repository repository, RepoPath path)
    {
        if (IsQueryFile(repository.Kind, path)) _pending.AddOrUpdate(repository.Id, 1, (_, count) => count + 1);
    }

    internal static bool IsQueryFile(RepositoryKind kind, RepoPath path) => kind switch
    {
        RepositoryKind.Model => s_queryFiles.Contains(path.Value) || path.Value.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase),
        RepositoryKind.Dataset => path.Value is "README.md" || path.Value.EndsWith(".parquet", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Writes what was counted since the last time.</summary>
    public async Task FlushAsync(CancellationToken stop)
    {
        var counts = new Dictionary<long, long>();
        foreach (var id in _pending.Keys)
            if (_pending.TryRemove(id, out var count)) counts[id] = count;
        if (counts.Count == 0) return;
        var day = time.NowMs() / 86_400_000;
        try
        {
            foreach (var slice in counts.OrderBy(pair => pair.Key).Chunk(100))
                await database.WriteAsync(async transaction =>
                {
                    foreach (var (id, count) in slice)
                    {
                        var known = await transaction.ExecuteAsync("""
                            update repository
                            set downloads = downloads + @count, downloads_all_time = downloads_all_time + @count
                            where id = @id
                            """, new { id, count }, stop);
                        if (known == 0) continue;
                        await transaction.ExecuteAsync("""
                            insert into download_day (repository_id, day, downloads)
                            values (@id, @day, @count)
                            on conflict (repository_id, day) do update set downloads = download_day.downloads + excluded.downloads
                            """, new { id, day, count }, stop);
                        await RepositoryStore.MarkChangedAsync(transaction, id, stop);
                    }
                }, stop);
        }
        catch (Refusal)
        {
            // The database is away: keep the counts for the next time.
            foreach (var (id, count) in counts) _pending.AddOrUpdate(id, count, (_, more) => more + count);
            throw;
        }
    }
}
