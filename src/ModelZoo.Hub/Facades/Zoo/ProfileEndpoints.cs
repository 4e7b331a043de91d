using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>What a model is in numbers: the JSON of `zoo profile --json`, with the commit and how far the profile is.</summary>
static class ProfileEndpoints
{
    /// <summary>Beside what the Hugging Face protocol says about a model, because that is where people look for it.</summary>
    public const string Path = "/api/models/{owner}/{name}/profile";

    const int StandardTensors = 100;
    const int MostTensors = 1_000;
    const int MaxSearch = 200;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet(Path, ReadAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
        .Describe<JsonObject>("getProfile", "models", "A model's profile; ?revision=, ?tensors=1 with ?search=, ?offset=, ?limit=, ?form=stored")
        .Produces<JsonObject>(StatusCodes.Status202Accepted).ProducesProblem(404);

    static async Task<IResult> ReadAsync(ReadableRepository repository, HttpContext http, RevisionResolver revisions, ProfileReader profiles, CancellationToken stop)
    {
        var query = http.Request.Query;
        var revision = query["revision"] is { Count: > 0 } named && named[^1] is { Length: > 0 } text ? text : "HEAD";
        var commit = (await revisions.GetAsync(repository, revision, stop)).Commit;
        http.Response.Headers["X-Repo-Commit"] = commit.Id;
        var found = await profiles.FindAsync(repository, commit, stop);
        var json = query["form"] == "stored" && await profiles.FindStoredAsync(repository, found, stop) is var (stored, version)
            ? new JsonObject { ["version"] = version, ["stored"] = JsonNode.Parse(stored, documentOptions: new() { MaxDepth = 64 }) }
            : found.Profile is { } profile ? ProfileJson.Of(profile) : [];
        json["repository"] = repository.Repository.FullName;
        Say(json, found);
        if (Query.Flag(query["tensors"])) json["tensorTable"] = await TensorsAsync(repository, found, query, profiles, stop);
        return Results.Json(json, statusCode: found.Standing == ProfileStanding.Pending ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    static void Say(JsonObject json, CommitProfile found)
    {
        json["commit"] = found.CommitId;
        json["state"] = ProfileJson.Words(found.Standing);
        json["reason"] = found.Reason;
        json["defects"] = new JsonArray([.. found.Defects.Select(defect => (JsonNode?)defect)]);
    }

    static async Task<JsonObject?> TensorsAsync(ReadableRepository repository, CommitProfile found, IQueryCollection query, ProfileReader profiles, CancellationToken stop)
    {
        var search = query["search"].ToString();
        if (search.Length > MaxSearch) throw Refusal.Invalid($"\"search\" may have at most {MaxSearch} characters");
        var limit = Query.Limit(query["limit"], StandardTensors, MostTensors);
        var offset = query["offset"] is { Count: > 0 } from
            ? int.TryParse(from[^1], out var position) && position >= 0 ? position : throw Refusal.Invalid("\"offset\" must be zero or a positive number")
            : 0;
        if (await profiles.FindTensorsAsync(repository, found, stop) is not { } tensors) return null;
        var (matched, items) = (0, new JsonArray());
        foreach (var tensor in tensors)
        {
            if (search.Length > 0 && !tensor.Name.Contains(search, StringComparison.OrdinalIgnoreCase)) continue;
            if (matched++ >= offset && items.Count < limit) items.Add(Of(tensor));
            if (search.Length == 0 && items.Count == limit) break;
            if (matched % 10_000 == 0) stop.ThrowIfCancellationRequested();
        }
        return new() { ["total"] = found.TensorCount, ["matched"] = search.Length == 0 ? found.TensorCount : matched, ["offset"] = offset, ["items"] = items };
    }

    public static JsonObject Of(TensorEntry tensor) => new()
    {
        ["name"] = tensor.Name, ["dtype"] = tensor.DType, ["shape"] = new JsonArray([.. tensor.Shape.Select(length => (JsonNode)length)]),
        ["parameters"] = tensor.Elements, ["bytes"] = tensor.Bytes, ["offset"] = tensor.Offset >= 0 ? tensor.Offset : null, ["file"] = tensor.File,
    };
}
