using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Runs;

/// <summary>/evaluations, /evaluations/{id}, and …/evaluate on a model.</summary>
static class RunPagesEndpoints
{
    const int PageSize = 30;
    const int SamplesShown = 20;
    const int LogLines = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPage("/evaluations", ListAsync);
        app.MapPage("/evaluations/{id}", ShowAsync);
        app.MapForm("/evaluations/{id}/cancel", CancelAsync);
        app.MapMethods("/{owner}/{name}/evaluate", ["GET", "HEAD"], FormAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
        app.MapForm("/{owner}/{name}/evaluate", BeginAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static async Task<IResult> ListAsync(Actor actor, HttpContext http, PageFrames frames, EvaluationAccess access, AccessPolicy policy, CancellationToken stop)
    {
        var of = http.Request.Query["model"].ToString();
        var model = of.Split('/') is [var owner, var name] ? await policy.FindReadableAsync(RepositoryKind.Model, owner, name, actor, stop) ?? throw Refusal.NotFound("There is no such model.") : null;
        long? before = Ids.TryFromWire(http.Request.Query["before"], out var id) ? id : null;
        var runs = await access.ListAsync(actor, model?.Id, null, null, null, before, PageSize + 1, stop);
        var query = model is null ? "/evaluations" : $"/evaluations?model={Uri.EscapeDataString(model.Repository.FullName)}";
        return new PageResult<RunsPage>(new RunsPageModel(frames.For(http, "models"))
        {
            Runs = [.. runs.Take(PageSize).Select(Summary)], Of = model?.Repository.FullName, FirstPage = before is null ? null : Href.Local(query),
            NextPage = runs.Count > PageSize ? Href.Local($"{query}{(model is null ? '?' : '&')}before={Ids.ToWire(runs[PageSize - 1].Row.Id)}") : null,
        });
    }

    static RunSummary Summary(SeenEvaluation seen) => new(
        Ids.ToWire(seen.Row.Id), RepositoryPageParts.Links(seen.Model.Repository), RepositoryPageParts.Links(seen.Benchmark.Repository), seen.Row.Task, seen.Row.State, seen.Row.Message, seen.Row.Handle, At(seen.Row.CreatedAt)!.Value);

    static async Task<IResult> ShowAsync(string id, Actor actor, HttpContext http, PageFrames frames, EvaluationAccess access, EvaluationSamples samples, JobStore jobs, CancellationToken stop)
    {
        var seen = await FindAsync(id, actor, access, stop);
        var (row, settings, summary) = (seen.Row, seen.Row.Settings, Summary(seen));
        var tasks = await samples.TasksAsync(row, stop);
        var asked = http.Request.Query["task"].ToString();
        var (task, inFileOrder) = (tasks.Contains(asked) ? asked : tasks.Count > 0 ? tasks[0] : null, http.Request.Query["order"] == "file");
        var skip = int.TryParse(http.Request.Query["skip"], NumberStyles.None, CultureInfo.InvariantCulture, out var from) ? from : 0;
        var page = task is null ? null : await samples.ReadAsync(seen, task, !inFileOrder, skip, SamplesShown, stop);
        var query = $"{summary.Page.Value}?task={Uri.EscapeDataString(task ?? "")}{(inFileOrder ? "&order=file" : "")}";
        return new PageResult<RunPage>(new RunPageModel(frames.For(http, "models"), summary)
        {
            Commit = row.CommitId, BenchmarkCommit = row.BenchmarkCommit, Settings = SettingsWords(settings), Done = row.SamplesDone, Total = row.SamplesTotal, Failed = row.SamplesFailed,
            StartedAt = At(row.StartedAt), EndedAt = At(row.FinishedAt),
            Result = row.PullNumber is { } pull ? summary.Model.Discussion(pull) : row.ResultCommit is { } commit ? summary.Model.Commit(commit) : null,
            ResultWords = row.PullNumber is { } number ? $"pull request {number}" : $"commit {row.ResultCommit?[..10]}",
            Scores = [.. row.Scores.Where(score => score.Subgroup is null).Select(SampleView.Line)],
            Tasks = tasks, Task = task, InFileOrder = inFileOrder, Samples = page is null ? null : [.. page.Samples.Select(SampleView.Of)], SampleCount = page?.Total ?? 0, WrongCount = page?.Wrong ?? 0,
            FirstPage = skip == 0 ? null : Href.Local(query), NextPage = page is not null && skip + SamplesShown < page.Total ? Href.Local($"{query}&skip={skip + SamplesShown}") : null,
            Log = seen.IsOwn && row.JobId is { } job ? [.. (await jobs.TailAsync(job, LogLines, stop)).Select(line => $"{At(line.WrittenAt):HH:mm:ss}  {line.Text}")] : [],
            MayCancel = row.IsOpen && seen.IsOwn,
        });
    }

    static string SettingsWords(EvaluationSettings settings)
    {
        var words = new List<string> { $"seed {settings.Seed}", Quantity.Of(settings.Threads, "thread") };
        if (settings.Limit is { } limit) words.Add($"only {Quantity.Of(limit, "sample")}");
        if (settings.NumFewshot is { } shots) words.Add($"{shots}-shot");
        if (settings.Endpoint is { } endpoint) words.Add($"answered by {endpoint}");
        return string.Join(", ", words);
    }

    static async Task<IResult> CancelAsync(string id, SignedIn me, PostedForm form, EvaluationAccess access, EvaluationRequests requests, CancellationToken stop)
    {
        _ = form;
        await requests.CancelAsync(await FindAsync(id, me.Actor, access, stop), me, stop);
        return PageRouting.SeeOther($"/evaluations/{id}");
    }

    static async Task<IResult> FormAsync(ContributingRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, HubOptions options, CancellationToken stop) =>
        await ShowFormAsync(proof, FormState.Empty, 200, http, frames, parts, options, stop);

    static async Task<PageResult<EvaluatePage>> ShowFormAsync(
        ContributingRepository proof, FormState form, int status, HttpContext http, PageFrames frames, RepositoryPageParts parts, HubOptions options, CancellationToken stop)
    {
        var head = await parts.FindHeadAsync(proof, stop);
        return new(new EvaluatePageModel(frames.For(http, proof.Repository.Kind.Plural()), await parts.HeadingAsync(proof, head, stop), http.Request.Query["revision"].ToString() is { Length: > 0 } asked ? asked : proof.Repository.DefaultBranch, form)
        {
            Benchmark = http.Request.Query["benchmark"], Task = http.Request.Query["task"], Endpoints = [.. options.Evaluation.Endpoints.Keys.Order(StringComparer.Ordinal)],
        }, status);
    }

    static async Task<IResult> BeginAsync(
        ContributingRepository proof, SignedIn me, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts, EvaluationRequests requests, HubOptions options, CancellationToken stop)
    {
        try
        {
            var limit = form.Text("limit") is { Length: > 0 } text ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Refusal.Invalid("Samples must be a number.") : (long?)null;
            var row = await requests.BeginAsync(new()
            {
                Model = proof.Repository.FullName, Revision = form.Text("revision"), Benchmark = form.Text("benchmark"), Task = form.Text("task"), Limit = limit, Endpoint = form.Text("endpoint"),
            }, me, stop);
            return PageRouting.SeeOther($"/evaluations/{Ids.ToWire(row.Id)}", "enqueued");
        }
        catch (Refusal refusal)
        {
            return await ShowFormAsync(proof, form.State(refusal.Message), RefusalStatus.Of(refusal.Kind), http, frames, parts, options, stop);
        }
    }

    static async Task<SeenEvaluation> FindAsync(string id, Actor actor, EvaluationAccess access, CancellationToken stop) =>
        Ids.TryFromWire(id, out var number) ? await access.GetAsync(number, actor, stop) : throw Refusal.NotFound("There is no such evaluation.");

    static DateTimeOffset? At(long? unixMs) => unixMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}
