using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>How the tensors of two revisions, or of two models, differ. Both must be readable; a hidden one refuses like a missing one.</summary>
static class TensorDiffEndpoints
{
    const int Standard = 100;
    const int Most = 1_000;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet($"{ZooRoutes.Base}/tensor-diff", CompareAsync)
        .Describe<JsonObject>("compareTensors", "models", "Tensors added, removed and changed in form; ?left=owner/name, ?right= (the same by default), ?leftRevision=, ?rightRevision=, ?limit=").ProducesProblem(404).ProducesProblem(422);

    static async Task<IResult> CompareAsync(Actor actor, HttpRequest request, ModelLookup models, ProfileReader profiles, CancellationToken stop)
    {
        var query = request.Query;
        if (query["left"].ToString() is not { Length: > 0 } left) throw Refusal.Invalid("\"left\" must name a model, such as ada/vit.");
        var right = query["right"].ToString() is { Length: > 0 } other ? other : left;
        var limit = Query.Limit(query["limit"], Standard, Most);
        var before = await models.CommitAsync(left, query["leftRevision"], actor, stop);
        var after = await models.CommitAsync(right, query["rightRevision"], actor, stop);
        var diff = TensorDiff.Of(await TensorsAsync(profiles, before, stop), await TensorsAsync(profiles, after, stop));
        return Results.Json(new JsonObject
        {
            ["left"] = Side(before), ["right"] = Side(after), ["same"] = diff.Same, ["parameterChange"] = diff.ParameterChange,
            ["added"] = Part(diff.Added, limit, Of), ["removed"] = Part(diff.Removed, limit, Of),
            ["changed"] = Part(diff.Changed, limit, changed => new() { ["name"] = changed.Name, ["before"] = Of(changed.Before), ["after"] = Of(changed.After) }),
        });
    }

    /// <exception cref="Refusal">There is no table: the profile is on its way, failed, or the files name no tensors.</exception>
    static async Task<IEnumerable<TensorInfo>> TensorsAsync(ProfileReader profiles, (ReadableRepository Repository, CommitRow Commit) side, CancellationToken stop)
    {
        var found = await profiles.FindAsync(side.Repository, side.Commit, stop);
        var name = side.Repository.Repository.FullName;
        if (found.Standing == ProfileStanding.Pending)
            throw new Refusal(RefusalKind.Unavailable, $"The profile of {name} is being made; ask again shortly.") { RetryAfter = TimeSpan.FromSeconds(2) };
        var tensors = await profiles.FindTensorsAsync(side.Repository, found, stop)
            ?? throw new Refusal(RefusalKind.Unprocessable, $"{name} at {side.Commit.Id[..8]} has no table of tensors{(found.Reason is { } reason ? $": {reason}" : ".")}");
        return tensors.Select(tensor => new TensorInfo(tensor.Name, DType.Find(tensor.DType)!, tensor.Shape, tensor.Offset, tensor.Bytes));
    }

    static JsonObject Side((ReadableRepository Repository, CommitRow Commit) side) => new() { ["repository"] = side.Repository.Repository.FullName, ["commit"] = side.Commit.Id };

    static JsonObject Part<T>(IReadOnlyList<T> all, int limit, Func<T, JsonObject> describe) => new() { ["count"] = all.Count, ["items"] = new JsonArray([.. all.Take(limit).Select(one => (JsonNode)describe(one))]) };

    static JsonObject Of(TensorInfo tensor) => new()
    {
        ["name"] = tensor.Name, ["dtype"] = tensor.DType.Name, ["shape"] = new JsonArray([.. tensor.Shape.Select(length => (JsonNode)length)]), ["parameters"] = tensor.ElementCount, ["bytes"] = tensor.ByteLength,
    };
}
