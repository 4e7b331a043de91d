using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="LogicalBytes">All large files of all revisions, each content once.</param>
/// <param name="StoredBytes">What is stored of them: compressed, and what they have in common once.</param>
/// <param name="SharedBytes">How much of that other repositories use as well.</param>
sealed record RepositoryStorageAnswer(long LogicalBytes, long StoredBytes, long SharedBytes);

/// <summary>What a repository's large files cost.</summary>
static class StorageEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet($"{ZooRoutes.Repository}/storage", ReadAsync)
        .Describe<RepositoryStorageAnswer>("readStorage", "repositories", "What the repository's large files come to, what is stored of them, and how much of that others share").ProducesProblem(404);

    /// <summary>For those who write: what is shared tells that somebody else has the same content.</summary>
    static async Task<IResult> ReadAsync(WritableRepository repository, StorageQuery storage, CancellationToken stop)
    {
        var figures = await storage.GetAsync(repository.Id, stop);
        return Results.Json(new RepositoryStorageAnswer(figures.LogicalBytes, figures.StoredBytes, figures.SharedBytes));
    }
}
