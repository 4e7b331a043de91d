using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Access">read, write or administer.</param>
sealed record CollaboratorAnswer(string Handle, string Access);

/// <param name="Access">read, write or administer.</param>
sealed record CollaboratorRequest(string? Access);

/// <summary>Who, beside its owner, may use a repository.</summary>
static class CollaboratorEndpoints
{
    const string Base = $"{ZooRoutes.Repository}/collaborators";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Base, ListAsync)
            .Describe<IReadOnlyList<CollaboratorAnswer>>("listCollaborators", "repositories", "Who beside the owner may use the repository");
        app.MapPut($"{Base}/{{handle}}", SetAsync)
            .Describe<CollaboratorAnswer>("setCollaborator", "repositories", "Let somebody read, write or administer the repository").ProducesProblem(404);
        app.MapDelete($"{Base}/{{handle}}", RemoveAsync)
            .Describe("removeCollaborator", "repositories", "Take somebody's access away").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(AdministeredRepository repository, CollaboratorStore collaborators, CancellationToken stop) =>
        Results.Json((await collaborators.ListAsync(repository.Id, stop)).Select(row => new CollaboratorAnswer(row.Handle, row.Access)));

    static async Task<IResult> SetAsync(
        string handle, CollaboratorRequest wanted, AdministeredRepository repository, AccountStore accounts, CollaboratorStore collaborators, CancellationToken stop)
    {
        var account = await AccountEndpoints.GetAsync(handle, accounts, stop);
        if (account.Id == repository.Repository.OwnerId) throw Refusal.Conflict($"{account.Handle} owns the repository and may do everything.");
        await collaborators.SetAsync(repository.Id, account, wanted.Access ?? "", stop);
        return Results.Json(new CollaboratorAnswer(account.Handle, wanted.Access!));
    }

    static async Task<IResult> RemoveAsync(
        string handle, AdministeredRepository repository, AccountStore accounts, CollaboratorStore collaborators, CancellationToken stop)
    {
        await collaborators.RemoveAsync(repository.Id, (await AccountEndpoints.GetAsync(handle, accounts, stop)).Id, stop);
        return Results.NoContent();
    }
}
