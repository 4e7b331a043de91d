using System.Text.Json;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Repositories;

/// <summary>What to derive anew: one repository, or all of them.</summary>
sealed record ReindexWork(long? RepositoryId)
{
    public const string JobName = "hub.reindex";

    public static NewJob JobFor(long? repositoryId, long? accountId = null) => new(
        JobName, JsonSerializer.Serialize(new ReindexWork(repositoryId)), Subject: repositoryId?.ToString() ?? "all", RepositoryId: repositoryId, AccountId: accountId);
}
