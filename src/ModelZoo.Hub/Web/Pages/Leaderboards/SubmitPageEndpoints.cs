using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Evaluations.Submissions;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>/datasets/{owner}/{name}/submit: hands results in from a browser.</summary>
static class SubmitPageEndpoints
{
    const int MostTasks = 200;

    public static void Map(IEndpointRouteBuilder app)
    {
        const string pattern = "/datasets/{owner}/{name}/submit";
        app.MapMethods(pattern, ["GET", "HEAD"], ShowAsync).WithMetadata(new AddressedKind(RepositoryKind.Dataset));
        app.MapPost(pattern, TakeAsync).WithMetadata(new AddressedKind(RepositoryKind.Dataset), new AntiforgeryChecked());
    }

    static async Task<SubmitPageModel> LoadAsync(ContributingRepository dataset, HttpContext http, PageFrames frames, RepositoryPageParts parts, BenchmarkStore benchmarks, CancellationToken stop)
    {
        if (await benchmarks.FindAsync(dataset.Id, stop) is null) throw Refusal.NotFound("This dataset is no benchmark: it has no eval.yaml.");
        var heading = await parts.HeadingAsync(dataset, await parts.FindHeadAsync(dataset, stop), stop);
        return new(frames.For(http, "datasets"), heading with { Revision = null })
        {
            Tasks = [new Choice("", "as the file says"), .. (await benchmarks.TasksAsync(dataset.Id, stop)).Where(task => !task.IsSuite).Take(MostTasks).Select(task => new Choice(task.Id, task.Title == task.Id ? task.Id : $"{task.Title} ({task.Id})"))],
            Task = http.Request.Query["task"].ToString(),
        };
    }

    static async Task<IResult> ShowAsync(ContributingRepository dataset, HttpContext http, PageFrames frames, RepositoryPageParts parts, BenchmarkStore benchmarks, CancellationToken stop) =>
        new PageResult<SubmitPage>(await LoadAsync(dataset, http, frames, parts, benchmarks, stop));

    static async Task<IResult> TakeAsync(
        ContributingRepository dataset, HttpContext http, PageFrames frames, RepositoryPageParts parts, BenchmarkStore benchmarks, AccessPolicy policy, SubmissionDesk desk, HubOptions options, CancellationToken stop)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        SubmitPageModel? model = null;
        try
        {
            var files = await SubmissionEndpoints.ReadAsync(http, "submission", options.Submissions.MaxBytes, stop, (name, value) => fields[name] = value.Trim());
            FormGuard.Check(http, fields.GetValueOrDefault(FormGuard.Field));
            model = await LoadAsync(dataset, http, frames, parts, benchmarks, stop);
            if (fields.GetValueOrDefault("model")?.Split('/') is not [var owner, var repository]) throw Refusal.Invalid("Name the model as owner/name.");
            var target = (ContributingRepository)await policy.GetAsync(RepositoryKind.Model, owner, repository, dataset.Actor, AccessLevel.Contribute, stop);
            var taken = await desk.TakeAsync(target, dataset, Text("task"), Text("name"), files, stop);
            var links = RepositoryPageParts.Links(target.Repository);
            return new PageResult<SubmitPage>(model with
            {
                Outcome = taken.PullNumber is { } number ? $"Proposed as pull request {number}." : "Committed.", Link = taken.PullNumber is { } pull ? links.Discussion(pull) : links.Action("evaluations"),
                Accepted = [.. taken.Scores.Where(score => score.Record.Subgroup is null).Take(30).Select(score => $"{score.Record.Task.Id}: {score.Record.Metric} {(score.Record.Value is { } value ? BoardLinks.Value(value) : "")}{(score.Record.Unranked is { } reason ? $", not ranked: {reason}" : "")}")],
                Findings = [.. taken.Findings.Take(20), .. taken.Left is { } left ? new[] { $"{left} attempts are left today." } : []],
            });
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Invalid or RefusalKind.Unprocessable or RefusalKind.TooMany or RefusalKind.TooLarge or RefusalKind.NotFound && fields.ContainsKey(FormGuard.Field))
        {
            FormGuard.Check(http, fields.GetValueOrDefault(FormGuard.Field));
            model ??= await LoadAsync(dataset, http, frames, parts, benchmarks, stop);
            return new PageResult<SubmitPage>(model with { Form = new() { Problem = refusal.Message, Values = fields.Where(field => field.Key != FormGuard.Field).ToDictionary(field => field.Key, field => field.Value) } }, StatusCodes.Status400BadRequest);
        }

        string? Text(string name) => fields.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;
    }
}
