using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Leaderboards;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Evaluations;

/// <summary>Loads the scores of a model as its page shows them.</summary>
sealed class EvaluationsPages(PageFrames frames, RepositoryPageParts parts, ScoreStore scores, MarkStore marks, BoardReader boards, AccessPolicy policy)
{
    const int PageSize = 40;
    const int MostTables = 3;
    const int MostGroups = 30;

    /// <summary>Smaller subgroups say too little to be the best or the worst.</summary>
    const int LeastOfGroup = 30;

    public async Task<EvaluationsPageModel> LoadAsync(ReadableRepository model, HttpContext http, FormState form, CancellationToken stop)
    {
        var head = await parts.FindHeadAsync(model, stop);
        var heading = await parts.HeadingAsync(model, head, stop) with { Revision = null };
        var rows = await scores.ListAsync(model.Id, stop);
        var held = (await marks.ListAsync(model.Id, stop)).Where(mark => mark.LiftedAt is null).ToList();
        var visible = await boards.LookAsync(model.Actor, stop);
        var whole = rows.Where(row => row.Subgroup is null).ToList();
        var page = int.TryParse(http.Request.Query["page"], out var number) ? Math.Clamp(number, 1, 10_000) : 1;
        var shown = whole.OrderBy(row => row.Origin == "card").ThenBy(row => row.Ordinal).Skip((page - 1) * PageSize).Take(PageSize).ToList();
        var keeps = new Dictionary<string, bool>();
        foreach (var benchmark in shown.Select(row => visible.Find(row.Dataset)).OfType<BoardBenchmark>().DistinctBy(benchmark => benchmark.FullName))
            keeps[benchmark.FullName] = model.Actor.IsAdministrator || await policy.GetAsync(benchmark.Repository.Id, model.Actor, AccessLevel.Read, stop) is { Level: >= AccessLevel.Write };
        Href At(int to) => Href.Local($"{heading.Links.Action("evaluations").Value}?page={to.ToString(CultureInfo.InvariantCulture)}");
        return new(frames.For(http, "models"), heading)
        {
            Form = form, Total = whole.Count, MayMark = model.Actor is { IsNobody: false, MayWriteAnywhere: true }, Keeps = keeps,
            Problems = [.. (await scores.ProblemsAsync(model.Id, stop)).Take(20).Select(problem => new Finding("error", problem.Problem, problem.Place))],
            Tasks = [.. shown.GroupBy(row => (row.Dataset, row.TaskId)).Select(group => Task(group.Key.Dataset, group.Key.TaskId, group, held, visible, model, heading.Links, keeps))],
            Subgroups = page > 1 ? [] : [.. Tables(rows, visible)],
            FirstPage = page > 1 ? At(1) : null, NextPage = page * PageSize < whole.Count ? At(page + 1) : null,
        };
    }

    static TaskScores Task(string dataset, string task, IEnumerable<ScoreRow> rows, List<MarkRow> held, VisibleScores visible, ReadableRepository model, RepositoryLinks links, Dictionary<string, bool> keeps)
    {
        var benchmark = visible.Find(dataset);
        var row = benchmark?.Find(task);
        return new(row?.Title ?? (task.Length > 0 ? task : dataset), row is null ? null : BoardLinks.Board(benchmark!.FullName, task), dataset,
            [.. rows.Select(score => Line(score, [.. held.Where(mark => mark.TaskId == score.TaskId && (mark.ScoreKey.Length == 0 || mark.ScoreKey == score.ScoreKey))], row is null ? null : benchmark, row?.Metric, model, links, keeps))]);
    }

    static ScoreLine Line(ScoreRow score, List<MarkRow> held, BoardBenchmark? benchmark, string? primary, ReadableRepository model, RepositoryLinks links, Dictionary<string, bool> keeps)
    {
        var standing = Standings.Parse(score.Standing);
        var (url, name) = Source(score.SourceJson);
        return new(score.ScoreKey, score.Metric ?? primary ?? "value", score.Value is { } value ? BoardLinks.Value(value) : score.ValueText, score.Stderr is { } error ? $"± {error.ToString("0.####", CultureInfo.InvariantCulture)}" : null,
            score.Standing, standing.Meaning(), [.. held.Select(mark => new MarkLine(Ids.ToWire(mark.Id), mark.Kind, mark.Reason, mark.Handle ?? "somebody", DateTimeOffset.FromUnixTimeMilliseconds(mark.MarkedAt),
                model.Actor is { IsNobody: false } && (mark.AccountId == model.Actor.Account!.Id && mark.Kind == MarkKind.Disputed || benchmark is not null && keeps.GetValueOrDefault(benchmark.FullName))))])
        {
            Note = string.Join(" ", new[] { score.Remark, score.Unranked is { } reason ? $"Not ranked: {reason}" : null, score.Notes }.OfType<string>()) is { Length: > 0 } note ? note.Length > 400 ? note[..400] + "…" : note : null,
            N = score.N is { } n ? Quantity.Of(n, "sample") : null, Setting = score.Protocol, At = score.MeasuredAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
            Commit = score.ModelCommit is { Length: 40 } commit ? links.Commit(commit) : null, CommitText = score.ModelCommit is { Length: > 8 } id ? id[..8] : score.ModelCommit,
            File = links.Blob(model.Repository.DefaultBranch, score.Path), Evidence = score.Evidence is { } evidence ? links.Blob(model.Repository.DefaultBranch, evidence) : null,
            Samples = score.Samples is { } samples && samples.StartsWith(ResultsLayout.Folder + "/", StringComparison.Ordinal) ? links.Blob(model.Repository.DefaultBranch, samples) : null,
            Source = url, SourceName = name, IsRevoked = held.Any(mark => mark.Kind == MarkKind.Revoked), Benchmark = benchmark?.FullName, Task = score.TaskId,
        };
    }

    static (Href? Url, string? Name) Source(string? json)
    {
        if (json is null) return default;
        using var document = JsonDocument.Parse(json);
        string? Text(string key) => document.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return (Href.TryElsewhere(Text("url"), out var href) ? href : null, Text("name") is { Length: > 0 } name ? name[..Math.Min(60, name.Length)] : null);
    }

    /// <summary>Scores of subgroups, for the first few that have any; the gap counts those with enough samples.</summary>
    static IEnumerable<SubgroupTable> Tables(IReadOnlyList<ScoreRow> rows, VisibleScores visible)
    {
        foreach (var group in rows.Where(row => row is { Subgroup: not null, Value: not null }).GroupBy(row => (row.Dataset, row.TaskId, row.Metric, row.Filter, row.Path)).Take(MostTables))
        {
            var metric = visible.Find(group.Key.Dataset)?.Find(group.Key.TaskId) is { } task && group.Key.Metric is { } name ? BoardMaker.MetricOf(task, name) : MetricNames.Of(group.Key.Metric ?? "value");
            var counted = group.Where(row => row.N >= LeastOfGroup).OrderBy(row => metric.HigherIsBetter ? row.Value : -row.Value).ToList();
            var worst = counted.Count > 1 ? counted[0] : null;
            yield return new(group.Key.TaskId.Length > 0 ? group.Key.TaskId : group.Key.Dataset, metric.Name, worst is null ? null : $"gap {BoardLinks.Value(Math.Abs(counted[^1].Value!.Value - worst.Value!.Value))} among groups of {LeastOfGroup} and more",
                [.. group.OrderBy(row => row.Subgroup, StringComparer.Ordinal).Take(MostGroups).Select(row => new SubgroupLine(row.Subgroup!, BoardLinks.Value(row.Value!.Value), row is { Low: { } low, High: { } high } ? $"{BoardLinks.Value(low)} to {BoardLinks.Value(high)}" : null,
                    row.N is { } n ? Quantity.Exact(n) : "", row == worst))]);
        }
    }
}
