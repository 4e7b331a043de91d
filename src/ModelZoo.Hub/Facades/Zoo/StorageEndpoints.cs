using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="LogicalBytes">All large files of all revisions, each content once.</param>
/// <param name="StoredBytes">What is stored of them: compressed, and what they have in common once.</param>
/// <param name="SharedBytes">How much of that other repositories use as well.</param>
/// <param name="Deltas">Those that are stored as differences from others.</param>
sealed record RepositoryStorageAnswer(long LogicalBytes, long StoredBytes, long SharedBytes, DeltaStorageAnswer Deltas);

/// <param name="Files">How many.</param>
/// <param name="PlainBytes">What they are.</param>
/// <param name="StoredBytes">What is stored instead of them.</param>
/// <param name="WaitingBytes">How much of them still lies beside, for downloads under way.</param>
sealed record DeltaStorageAnswer(long Files, long PlainBytes, long StoredBytes, long WaitingBytes);

/// <summary>What a repository's large files cost.</summary>
static class StorageEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet($"{ZooRoutes.Repository}/storage", ReadAsync)
        .Describe<RepositoryStorageAnswer>("readStorage", "repositories", "What the repository's large files come to, what is stored of them, and how much of that others share").ProducesProblem(404);

    /// <summary>For those who write: what is shared tells that somebody else has the same content.</summary>
    static async Task<IResult> ReadAsync(WritableRepository repository, StorageQuery storage, StorageSavingsQuery savings, CancellationToken stop)
    {
        var figures = await storage.GetAsync(repository.Id, stop);
        var saved = await savings.FindAsync(repository.Id, stop) ?? new(0, 0, 0, 0);
        return Results.Json(new RepositoryStorageAnswer(figures.LogicalBytes, figures.StoredBytes, figures.SharedBytes, new(saved.Files, saved.PlainBytes, saved.StoredBytes, saved.WaitingBytes)));
    }
}
