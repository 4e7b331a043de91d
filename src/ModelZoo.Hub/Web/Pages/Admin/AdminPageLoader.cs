using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Cluster;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Jobs;

namespace ModelZoo.Hub.Web.Pages.Admin;

/// <summary>Loads the administration page from the stores.</summary>
sealed class AdminPageLoader(
    PageFrames frames, HubFiguresQuery figures, StorageSavingsQuery savings, AccountStore accounts, JobStore jobs, RecentErrors errors, NodeStore nodes, Membership membership, HubDatabase database, HubOptions options,
    IEnumerable<IJobHandler> handlers, TimeProvider time)
{
    static readonly Choice[] s_tasks =
    [
        new("hub.reindex", "Reindex", "Derives lists, facets and facts again from the commits."),
        new("hub.gc", "Collect garbage", "Removes large files that no repository links to any more."),
        new("hub.fsck", "Check", "Re-hashes blobs and objects; reports what is missing or damaged."),
    ];

    readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>Those of the tasks that this hub has a handler for.</summary>
    public IReadOnlyList<Choice> Tasks { get; } = [.. s_tasks.Where(task => handlers.Any(handler => handler.Name == task.Value))];

    public async Task<AdminPageModel> LoadAsync(HttpContext http, CancellationToken stop)
    {
        var now = await figures.GetAsync(stop);
        var counts = (await jobs.CountAsync(stop)).ToDictionary(c => c.State, c => c.Jobs);
        var owned = (await figures.CountOwnedAsync(stop)).ToDictionary(c => c.OwnerId, c => c.Repositories);
        return new(frames.For(http, "admin"))
        {
            BlobCount = now.Blobs,
            BlobBytes = now.BlobBytes,
            ObjectCount = await figures.CountObjectsAsync(stop),
            RepositoryCount = now.Repositories,
            FreeBytes = FreeBytes(),
            Savings = await savings.FindTotalAsync(stop),
            Database = database.Kind == "postgres" ? "PostgreSQL" : "SQLite",
            BlobStore = options.Storage.Kind == StorageKind.Folder ? "a folder" : "S3",
            StartedAt = _startedAt,
            Nodes = [.. (await nodes.ListAsync(stop)).Select(node => new NodeLine(node.Name, node.Role, node.Version, node.Level,
                DateTimeOffset.FromUnixTimeMilliseconds(node.StartedAt), DateTimeOffset.FromUnixTimeMilliseconds(node.SeenAt))
            {
                IsAlive = nodes.IsAlive(node), IsThis = node.Incarnation == membership.Self?.Incarnation,
            })],
            JobsWaiting = counts.GetValueOrDefault("waiting"),
            JobsRunning = counts.GetValueOrDefault("running"),
            JobsFailed = counts.GetValueOrDefault("failed"),
            FailedJobs = [.. (await jobs.ListAsync("failed", null, 5, stop)).Select(job =>
                new JobSummary(job.Id.ToString(), job.Name, job.State, DateTimeOffset.FromUnixTimeMilliseconds(job.CreatedAt)) { Subject = job.Message })],
            Errors = [.. errors.List().Take(20)],
            Accounts = [.. (await accounts.ListAsync(stop)).Take(500).Select(account => new AccountLine(account.Handle, DateTimeOffset.FromUnixTimeMilliseconds(account.CreatedAt))
            {
                FullName = account.FullName,
                IsAdministrator = account.IsAdministrator,
                IsDisabled = account.DisabledAt is not null,
                RepositoryCount = owned.GetValueOrDefault(account.Id),
            })],
            Tasks = Tasks,
        };
    }

    long? FreeBytes()
    {
        if (options.Storage.Kind != StorageKind.Folder) return null;
        try
        {
            return new DriveInfo(Path.GetFullPath(options.Storage.Root ?? options.DataFolder)).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;        // a mount that cannot be asked; the page just says less
        }
    }
}
