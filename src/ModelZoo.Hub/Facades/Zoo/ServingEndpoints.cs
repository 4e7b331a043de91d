using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Model">owner/name.</param>
sealed record AdmitRequest(string? Model);

/// <param name="Workers">What runs of it on the node that answers.</param>
sealed record ServedModelAnswer(string Model, string AdmittedBy, string AdmittedAt, IReadOnlyList<ServedWorkerAnswer> Workers);

/// <param name="State">loading, loaded, failed or stopped.</param>
/// <param name="MemoryBytes">What its worker may use.</param>
/// <param name="Failure">Why it failed, where it did.</param>
sealed record ServedWorkerAnswer(string Commit, string State, long Requests, int Inside, long MemoryBytes, double IdleSeconds, string? Failure);

/// <summary>Which models may be asked; administrators decide.</summary>
static class ServingEndpoints
{
    const string Base = $"{ZooRoutes.Base}/serving/models";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Base, ListAsync).Describe<IReadOnlyList<ServedModelAnswer>>("listServedModels", "models", "Models that may be asked, and what runs of them");
        app.MapPost(Base, AdmitAsync).Describe<ServedModelAnswer>("admitModel", "models", "Let whoever may read a model ask it").ProducesProblem(400).ProducesProblem(404);
        app.MapDelete($"{Base}/{{owner}}/{{name}}", DismissAsync).Describe("dismissModel", "models", "No longer let a model be asked").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(Administrator _, ServedModelStore store, ModelHost host, CancellationToken stop)
    {
        var running = host.Models;
        return Results.Json((await store.ListAsync(stop)).Select(model => Answer(model, running)));
    }

    static async Task<IResult> AdmitAsync(AdmitRequest wanted, Administrator administrator, AccessPolicy policy, ServedModelStore store, ModelHost host, SignedIn me, CancellationToken stop)
    {
        var (owner, name) = wanted.Model?.Split('/') is [var first, var second] ? (first, second) : throw Refusal.Invalid("\"model\" must name a model as owner/name.");
        var repository = await policy.GetAsync(RepositoryKind.Model, owner, name, me.Actor, AccessLevel.Read, stop);
        return Results.Json(Answer(await store.AdmitAsync(repository.Repository, administrator.Account, stop), host.Models));
    }

    static async Task<IResult> DismissAsync(string owner, string name, Administrator administrator, AccessPolicy policy, ServedModelStore store, ModelHost host, SignedIn me, CancellationToken stop)
    {
        var repository = await policy.GetAsync(RepositoryKind.Model, owner, name, me.Actor, AccessLevel.Read, stop);
        if (!await store.DismissAsync(repository.Repository, administrator.Account, stop)) throw Refusal.NotFound($"{repository.Repository.FullName} was not admitted.");
        await host.DismissAsync(repository.Id);
        return Results.NoContent();
    }

    static ServedModelAnswer Answer(AdmittedModel model, IReadOnlyList<HostedModel> running) => new(model.FullName, model.AdmittedBy, Clock.Iso(model.AdmittedAt),
        [.. running.Where(worker => worker.Plan.Repository.Id == model.RepositoryId)
            .Select(worker => new ServedWorkerAnswer(worker.Plan.CommitId, worker.State, worker.Requests, worker.Inside, worker.BudgetBytes, Math.Round(worker.Idle.TotalSeconds, 1), worker.Failure))]);
}
