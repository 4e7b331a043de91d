using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="State">waiting, running, done, failed or cancelled.</param>
/// <param name="Message">How far it is, what came of it, or why it failed.</param>
/// <param name="ResultCommit">The commit of the model that holds the result; null where none was made.</param>
/// <param name="PullRequest">The pull request that proposes it, where the asker may not write to the model.</param>
sealed record EvaluationAnswer(
    string Id, string Model, string Commit, string Benchmark, string BenchmarkCommit, string Task, string State, string Message, string By, string? Job,
    long SamplesDone, long? SamplesTotal, long SamplesFailed, int? Limit, int Seed, int Threads, int? NumFewshot, string? Endpoint,
    string? ResultCommit, long? PullRequest, string CreatedAt, string? StartedAt, string? FinishedAt)
{
    /// <summary>One record for each metric, filter and subgroup; only when one evaluation is asked for.</summary>
    public JsonNode? Scores { get; init; }

    /// <summary>Tasks whose samples can be read; only when one evaluation is asked for.</summary>
    public IReadOnlyList<string>? SampleTasks { get; init; }

    public static EvaluationAnswer Of(SeenEvaluation seen)
    {
        var (row, settings) = (seen.Row, seen.Row.Settings);
        return new(Ids.ToWire(row.Id), seen.Model.Repository.FullName, row.CommitId, seen.Benchmark.Repository.FullName, row.BenchmarkCommit, row.Task, row.State, row.Message, row.Handle,
            row.JobId is { } job ? Ids.ToWire(job) : null, row.SamplesDone, row.SamplesTotal, row.SamplesFailed, settings.Limit, settings.Seed, settings.Threads, settings.NumFewshot, settings.Endpoint,
            row.ResultCommit, row.PullNumber, Clock.Iso(row.CreatedAt), Iso(row.StartedAt), Iso(row.FinishedAt));
    }

    static string? Iso(long? at) => at is { } ms ? Clock.Iso(ms) : null;
}

/// <param name="Total">Records that there are (or that were looked at, when <paramref name="IsCut"/>).</param>
/// <param name="Wrong">Of them, errors and wrong answers.</param>
sealed record SamplesAnswer(long Total, long Wrong, bool IsCut, IReadOnlyList<SampleAnswer> Samples);

/// <param name="Number">Place in the file, from 0.</param>
/// <param name="Record">As the harness wrote it; a text where it is too long to be read as JSON.</param>
sealed record SampleAnswer(long Number, bool IsWrong, JsonNode Record);

sealed record EvaluationLogAnswer(IReadOnlyList<JobLineAnswer> Lines);

/// <summary>Evaluations that the hub runs: asked for, watched, stopped; and what they found, sample by sample.</summary>
static class EvaluationEndpoints
{
    static readonly string[] s_fields = ["model", "revision", "benchmark", "benchmarkRevision", "task", "limit", "seed", "threads", "numFewshot", "endpoint", "again"];
    static readonly string[] s_states = ["waiting", "running", "done", "failed", "cancelled"];

    const int MaxLines = 500;
    const int MaxSamples = 200;

    public static void Map(IEndpointRouteBuilder app)
    {
        const string all = $"{ZooRoutes.Base}/evaluations";
        app.MapPost(all, BeginAsync)
            .Describe<EvaluationAnswer>("evaluate", "evaluations", "Measure a model on a benchmark's task and commit the result", StatusCodes.Status202Accepted)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);
        app.MapGet(all, ListAsync)
            .Describe<IReadOnlyList<EvaluationAnswer>>("listEvaluations", "evaluations", "Evaluations that you may see, newest first; ?model=, ?benchmark=, ?state=, ?mine=true, ?before=id, ?limit=").ProducesProblem(404);
        app.MapGet($"{all}/{{id}}", GetAsync)
            .Describe<EvaluationAnswer>("getEvaluation", "evaluations", "One evaluation with its scores").ProducesProblem(404);
        app.MapPost($"{all}/{{id}}/cancel", CancelAsync)
            .Describe<EvaluationAnswer>("cancelEvaluation", "evaluations", "Stop an evaluation").ProducesProblem(404).ProducesProblem(409);
        app.MapGet($"{all}/{{id}}/samples", SamplesAsync)
            .Describe<SamplesAnswer>("listEvaluationSamples", "evaluations", "Sample records, wrong ones first; ?task=, ?order=file, ?skip=, ?limit=").ProducesProblem(404);
        app.MapGet($"{all}/{{id}}/log", LogAsync)
            .Describe<EvaluationLogAnswer>("getEvaluationLog", "evaluations", "The end of an evaluation's log: for who asked for it, and who may write to the model").ProducesProblem(404);
    }

    static async Task<IResult> BeginAsync(SignedIn me, HttpRequest request, EvaluationRequests requests, EvaluationAccess access, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, s_fields, stop);
        var row = await requests.BeginAsync(new()
        {
            Model = body.Text("model"), Revision = body.Text("revision"), Benchmark = body.Text("benchmark"), BenchmarkRevision = body.Text("benchmarkRevision"), Task = body.Text("task"),
            Limit = Number(body, "limit"), Seed = Number(body, "seed"), Threads = Number(body, "threads"), NumFewshot = Number(body, "numFewshot"), Endpoint = body.Text("endpoint"), Again = body.Flag("again"),
        }, me, stop);
        return Results.Json(EvaluationAnswer.Of(await access.GetAsync(row.Id, me.Actor, stop)), statusCode: StatusCodes.Status202Accepted);
    }

    static long? Number(JsonBody body, string name) => body.Value(name) is { ValueKind: not JsonValueKind.Null } ? body.Number(name) ?? throw Refusal.Invalid($"\"{name}\" must be a whole number.") : null;

    static async Task<IResult> ListAsync(
        Actor actor, EvaluationAccess access, AccessPolicy policy, CancellationToken stop, string? model = null, string? benchmark = null, string? state = null, bool mine = false, string? before = null, int? limit = null)
    {
        if (state is not null && !s_states.Contains(state)) throw Refusal.Invalid($"\"state\" must be one of [{string.Join(", ", s_states)}].");
        var of = model is null ? null : await RepositoryAsync(RepositoryKind.Model, model, actor, policy, stop);
        var on = benchmark is null ? null : await RepositoryAsync(RepositoryKind.Dataset, benchmark, actor, policy, stop);
        var rows = await access.ListAsync(actor, of?.Id, on?.Id, mine ? actor.Account?.Id ?? 0 : null, state, Paging.Before(before), Paging.Limit(limit), stop);
        return Results.Json(rows.Select(EvaluationAnswer.Of));
    }

    static async Task<IResult> GetAsync(string id, Actor actor, EvaluationAccess access, EvaluationSamples samples, CancellationToken stop)
    {
        var seen = await FindAsync(id, actor, access, stop);
        return Results.Json(EvaluationAnswer.Of(seen) with
        {
            Scores = seen.Row.ScoresJson is { } json ? JsonNode.Parse(json) : null, SampleTasks = await samples.TasksAsync(seen.Row, stop),
        });
    }

    static async Task<IResult> CancelAsync(string id, SignedIn me, EvaluationAccess access, EvaluationRequests requests, CancellationToken stop)
    {
        await requests.CancelAsync(await FindAsync(id, me.Actor, access, stop), me, stop);
        return Results.Json(EvaluationAnswer.Of(await FindAsync(id, me.Actor, access, stop)));
    }

    static async Task<IResult> SamplesAsync(
        string id, Actor actor, EvaluationAccess access, EvaluationSamples samples, CancellationToken stop, string? task = null, string? order = null, int skip = 0, int? limit = null)
    {
        if (order is not (null or "wrong" or "file")) throw Refusal.Invalid("\"order\" must be one of [wrong, file].");
        if (skip < 0) throw Refusal.Invalid("\"skip\" must not be negative.");
        var page = await samples.ReadAsync(await FindAsync(id, actor, access, stop), task, order != "file", skip, Math.Min(Paging.Limit(limit), MaxSamples), stop);
        return Results.Json(new SamplesAnswer(page.Total, page.Wrong, page.IsCut, [.. page.Samples.Select(sample => new SampleAnswer(sample.Number, sample.IsWrong, Json(sample.Line)))]));
    }

    static JsonNode Json(string line)
    {
        try
        {
            return JsonNode.Parse(line) ?? JsonValue.Create("")!;
        }
        catch (JsonException)
        {
            return JsonValue.Create(JsonText.Storable(line))!;
        }
    }

    static async Task<IResult> LogAsync(string id, SignedIn me, EvaluationAccess access, JobStore jobs, CancellationToken stop)
    {
        var seen = await FindAsync(id, me.Actor, access, stop);
        if (!seen.IsOwn) throw Refusal.Forbidden("Only whoever asked for an evaluation, or who may write to its model, reads its log.");
        var lines = seen.Row.JobId is { } job ? await jobs.TailAsync(job, MaxLines, stop) : [];
        return Results.Json(new EvaluationLogAnswer([.. lines.Select(line => new JobLineAnswer(line.Number, Clock.Iso(line.WrittenAt), line.Text))]));
    }

    static async Task<SeenEvaluation> FindAsync(string id, Actor actor, EvaluationAccess access, CancellationToken stop) =>
        Ids.TryFromWire(id, out var number) ? await access.GetAsync(number, actor, stop) : throw Refusal.NotFound("There is no such evaluation.");

    static async Task<ReadableRepository> RepositoryAsync(RepositoryKind kind, string id, Actor actor, AccessPolicy policy, CancellationToken stop)
    {
        var (owner, name) = id.Split('/') is [var first, var second] ? (first, second) : throw Refusal.Invalid("A repository is named owner/name.");
        try
        {
            return await policy.GetAsync(kind, owner, name, actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved moved)
        {
            return await policy.GetAsync(moved.Repository.Id, actor, AccessLevel.Read, stop);
        }
    }
}
