using System.Text.Json;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Repositories;

/// <summary>A repository whose large files are to be cut into chunks, where they are not.</summary>
sealed record ChunkingWork(long RepositoryId)
{
    public const string JobName = "xet.chunk";

    public static NewJob JobFor(long repositoryId) =>
        new(JobName, JsonSerializer.Serialize(new ChunkingWork(repositoryId)), Subject: repositoryId.ToString(), RepositoryId: repositoryId);
}
