using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The scores of one model, and what people hold against them.</summary>
static class ScoreEndpoints
{
    const string Model = $"{ZooRoutes.Base}/models/{{owner}}/{{name}}";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{Model}/scores", ListAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<JsonObject>("listScores", "evaluations", "Every score that the model's files state, by whose word, with marks and with what was left out").ProducesProblem(404);
        app.MapPost($"{Model}/marks", MarkAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<JsonObject>("markScore", "evaluations", "Dispute a score; or, for those who write to the benchmark, revoke it or say that training data held test items").ProducesProblem(400).ProducesProblem(404);
        app.MapPost($"{Model}/marks/{{id}}/lift", LiftAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<JsonObject>("liftMark", "evaluations", "Take a mark back; the body may give a reason").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(ReadableRepository model, ScoreStore scores, MarkStore marks, CancellationToken stop)
    {
        var rows = await scores.ListAsync(model.Id, stop);
        var all = await marks.ListAsync(model.Id, stop);
        var problems = await scores.ProblemsAsync(model.Id, stop);
        return JsonLines.Object(new JsonObject
        {
            ["items"] = new JsonArray([.. rows.Select(row => (JsonNode)Of(row, all))]),
            ["problems"] = new JsonArray([.. problems.Select(problem => (JsonNode)new JsonObject { ["place"] = problem.Place, ["problem"] = problem.Problem })]),
        });
    }

    static JsonObject Of(ScoreRow row, IReadOnlyList<MarkRow> marks) => new()
    {
        ["score"] = row.ScoreKey, ["dataset"] = row.Dataset, ["task"] = row.TaskId.Length > 0 ? row.TaskId : null, ["config"] = row.Config, ["split"] = row.Split, ["revision"] = row.DatasetRevision,
        ["metric"] = row.Metric, ["filter"] = row.Filter, ["subgroup"] = row.Subgroup, ["value"] = row.Value, ["valueText"] = row.ValueText, ["stderr"] = row.Stderr, ["low"] = row.Low, ["high"] = row.High, ["n"] = row.N,
        ["standing"] = row.Standing, ["unranked"] = row.Unranked, ["remark"] = row.Remark, ["taskHash"] = row.TaskHash, ["datasetDigest"] = row.DatasetDigest, ["protocol"] = row.Protocol,
        ["measuredAt"] = row.MeasuredAt is { } at ? Clock.Iso(at) : null, ["seconds"] = row.RunSeconds, ["host"] = row.Host, ["commit"] = row.ModelCommit, ["files"] = row.ModelDigest,
        ["path"] = row.Path, ["evidence"] = row.Evidence, ["samples"] = row.Samples, ["source"] = row.SourceJson is { } source ? JsonNode.Parse(source) : null, ["notes"] = row.Notes, ["token"] = row.Token,
        ["marks"] = BoardJson.Marks(marks.Where(mark => mark.ScoreKey == row.ScoreKey || mark.ScoreKey.Length == 0 && mark.TaskId == row.TaskId)),
    };

    static async Task<IResult> MarkAsync(ContributingRepository model, HttpRequest request, ScoreMarks marks, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var mark = await marks.AddAsync(model, body.Text("benchmark") ?? throw Refusal.Invalid("\"benchmark\" must name a dataset as owner/name."), body.Text("task") ?? throw Refusal.Invalid("\"task\" must be the id of a task."),
            body.Text("score"), body.Text("kind") ?? MarkKind.Disputed, body.Text("reason") ?? "", stop);
        return Results.Json(BoardJson.Marks([mark])[0]!.DeepClone());
    }

    static async Task<IResult> LiftAsync(ContributingRepository model, string id, HttpRequest request, ScoreMarks marks, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var mark = await marks.LiftAsync(model, Ids.TryFromWire(id, out var number) ? number : 0, body.Text("reason") ?? "", stop);
        return Results.Json(BoardJson.Marks([mark])[0]!.DeepClone());
    }
}
