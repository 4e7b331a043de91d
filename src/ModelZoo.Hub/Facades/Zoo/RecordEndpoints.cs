using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>A repository's own devices and workloads. A change is a commit to the file that holds them: the commit is the truth.</summary>
static class RecordEndpoints
{
    const int Attempts = 5;

    public static void Map(IEndpointRouteBuilder app)
    {
        Map(app, "devices", "Device", "devices", RecordKind.Device);
        Map(app, "workloads", "Workload", "workloads", RecordKind.Workload);
    }

    static void Map(IEndpointRouteBuilder app, string segment, string word, string words, RecordKind kind)
    {
        app.MapGet($"{ZooRoutes.Repository}/{segment}", (ReadableRepository repository, RecordStore records, CancellationToken stop) => ListAsync(kind, repository, records, stop))
            .Describe<JsonObject>($"listRepository{word}s", "registry", $"The {words} that the repository's own file describes, and what is wrong with it").ProducesProblem(404);
        app.MapPut($"{ZooRoutes.Repository}/{segment}/{{id}}", (RouteText id, WritableRepository repository, HttpRequest request, RecordChange change, CancellationToken stop) =>
                PutAsync(kind, id, repository, request, change, stop))
            .Describe<JsonObject>($"putRepository{word}", "registry", "Add or replace one by a commit; the body is the record").ProducesProblem(404);
        app.MapDelete($"{ZooRoutes.Repository}/{segment}/{{id}}", (RouteText id, WritableRepository repository, RecordChange change, CancellationToken stop) => DeleteAsync(kind, id, repository, change, stop))
            .Describe<JsonObject>($"deleteRepository{word}", "registry", "Take one out by a commit").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(RecordKind kind, ReadableRepository repository, RecordStore records, CancellationToken stop)
    {
        var rows = await records.ListAsync(repository.Id, kind, stop);
        var problem = await records.FindProblemAsync(repository.Id, kind, stop);
        return Results.Json(new JsonObject
        {
            ["items"] = new JsonArray([.. rows.Select(row =>
            {
                var record = new OwnRecord(row.Id, row.Name, JsonSerializer.Deserialize<Dictionary<string, string>>(row.FieldsJson)!);
                var address = RecordAddress.Format(repository.Repository.Kind, repository.Repository.Owner, repository.Repository.Name, row.Id);
                return (JsonNode)(kind == RecordKind.Device ? RegistryJson.Of(record.ToDevice(address)) : RegistryJson.Of(record.ToWorkload(address)));
            })]),
            ["path"] = problem?.Path, ["problem"] = problem?.Problem,
        });
    }

    static async Task<IResult> PutAsync(RecordKind kind, string id, WritableRepository repository, HttpRequest request, RecordChange change, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        if (body.Root.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("The body must be the record: a JSON object.");
        return await SayAsync(() =>
        {
            var row = new Dictionary<string, string>(EstimateEndpoints.Row(body.Root), StringComparer.Ordinal) { ["id"] = id };
            _ = OwnRecord.From(kind, row);
            return change.WriteAsync(repository, kind, id, row, stop);
        });
    }

    static Task<IResult> DeleteAsync(RecordKind kind, string id, WritableRepository repository, RecordChange change, CancellationToken stop) =>
        SayAsync(() => change.WriteAsync(repository, kind, id, null, stop));

    static async Task<IResult> SayAsync(Func<Task<string>> write)
    {
        try
        {
            return Results.Json(new JsonObject { ["commit"] = await write() });
        }
        catch (ProfileException mistake)
        {
            throw Refusal.Invalid(mistake.Message);
        }
    }

    /// <summary>Rewrites the file on the default branch's head, again when that moves meanwhile.</summary>
    public sealed class RecordChange(RecordFile files, RevisionResolver revisions, GitObjectStore objects, CommitWriter commits)
    {
        /// <returns>The new head.</returns>
        public async Task<string> WriteAsync(WritableRepository repository, RecordKind kind, string id, IReadOnlyDictionary<string, string>? fields, CancellationToken stop)
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                var (reference, head) = await revisions.GetBranchAsync(repository, repository.Repository.DefaultReference, stop);
                var (path, content) = await files.ChangeAsync(repository.Repository.SpaceId, head.Tree, kind, id, fields, stop) ?? throw Refusal.NotFound($"The repository has no {kind.Word()} '{id}'.");
                var blob = StoredObject.Blob(content);
                await objects.AddAsync(repository.Repository.SpaceId, [blob], stop);
                var draft = new CommitDraft($"{(fields is null ? "Remove" : "Describe")} {kind.Word()} {id}", "", ObjectId.Parse(head.Id), [new PutFile(path, blob.Id)]);
                if (await commits.WriteAsync(repository, reference, draft, stop) is CommitOutcome.Written written) return written.Commit.Id.Hex;
            }
            throw new Refusal(RefusalKind.Stale, "The branch is moving too fast; try again.");
        }
    }
}
