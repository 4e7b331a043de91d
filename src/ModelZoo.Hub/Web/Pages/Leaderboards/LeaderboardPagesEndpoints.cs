using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>/leaderboards, /leaderboards/{benchmark}, /leaderboards/{benchmark}/{task} and …/compare; /datasets/{owner}/{name}/benchmark.</summary>
static class LeaderboardPagesEndpoints
{
    const int BenchmarksPerPage = 12;
    const int LinesPerBenchmark = 6;
    const int LinesPerPage = 80;
    const int MostChoices = 200;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicPage("/leaderboards", ListAsync, "the list shows each viewer what he may see");
        Map(app, "/leaderboards/{owner}/{name}", (ReadableRepository dataset) => Results.Redirect(BoardLinks.Benchmark(dataset.Repository.FullName).Value));
        Map(app, "/leaderboards/{owner}/{name}/{task}", (ReadableRepository dataset, RouteText task, HttpContext http, BoardPages pages, CancellationToken stop) => pages.ShowAsync(dataset, task, http, stop));
        Map(app, "/leaderboards/{owner}/{name}/{task}/compare", CompareAsync);
        Map(app, "/datasets/{owner}/{name}/benchmark", BenchmarkAsync);
    }

    static void Map(IEndpointRouteBuilder app, string pattern, Delegate handler) => app.MapMethods(pattern, ["GET", "HEAD"], handler).WithMetadata(new AddressedKind(RepositoryKind.Dataset));

    static async Task<IResult> ListAsync(Actor actor, HttpContext http, PageFrames frames, BoardReader boards, CancellationToken stop)
    {
        var words = BoardAddress.Text(http.Request.Query, "q");
        var page = Page(http);
        var visible = await boards.LookAsync(actor, stop);
        var found = visible.Snapshot.Benchmarks.Values.Where(visible.Shows)
            .Where(benchmark => (words ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => $"{benchmark.FullName} {benchmark.Row.Title}".Contains(word, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(benchmark => benchmark.FullName, StringComparer.OrdinalIgnoreCase).ToList();
        Href At(int to) => Href.Local($"/leaderboards?page={to}{(words is null ? "" : $"&q={Uri.EscapeDataString(words)}")}");
        return new PageResult<LeaderboardsPage>(new LeaderboardsPageModel(frames.For(http, "leaderboards"),
            [.. found.Skip((page - 1) * BenchmarksPerPage).Take(BenchmarksPerPage).Select(benchmark => new BenchmarkLine(benchmark.FullName, benchmark.Row.Title, Short(benchmark.Row.Description), BoardLinks.Benchmark(benchmark.FullName),
                benchmark.Repository.IsPrivate, benchmark.Tasks.Count, Lines(visible, benchmark, 0, LinesPerBenchmark)))], found.Count)
        {
            Words = words, FirstPage = page > 1 ? At(1) : null, NextPage = page * BenchmarksPerPage < found.Count ? At(page + 1) : null,
        });
    }

    static int Page(HttpContext http) => int.TryParse(http.Request.Query["page"], out var number) ? Math.Clamp(number, 1, 10_000) : 1;

    static string Short(string text) => text.Length > 300 ? text[..300] + "…" : text;

    /// <summary>Suites first: they say most in one line.</summary>
    static List<TaskLine> Lines(VisibleScores visible, BoardBenchmark benchmark, int skip, int most) =>
        [.. benchmark.Tasks.OrderByDescending(task => task.IsSuite).Skip(skip).Take(most).Select(task => task.IsSuite ? SuiteLineOf(visible, benchmark, task) : LineOf(visible, benchmark, task))];

    static TaskLine LineOf(VisibleScores visible, BoardBenchmark benchmark, BenchmarkTaskRow task)
    {
        var view = BoardView.Of(BoardMaker.Get(visible.Snapshot, benchmark, task, null, null), new(), visible);
        var leader = view.Ranked.Count > 0 ? view.Ranked[0].Entry : null;
        return new(task.Title, BoardLinks.Board(benchmark.FullName, task.Id), "task", view.Board.Metric.Name, view.Ranked.Count, leader?.Model.FullName, leader is null ? null : BoardLinks.Value(leader.Value), leader?.Score.Standing.Word());
    }

    static TaskLine SuiteLineOf(VisibleScores visible, BoardBenchmark benchmark, BenchmarkTaskRow suite)
    {
        var view = SuiteView.Of(visible, benchmark, suite, new());
        var leader = view.Rows.FirstOrDefault(row => row.Rank == 1);
        return new(suite.Title, BoardLinks.Board(benchmark.FullName, suite.Id), "suite", $"{suite.Metric ?? BoardMaker.NoMetric}, {suite.Facts.Aggregate}", view.Rows.Count, leader?.Model.FullName, leader?.Aggregate is { } value ? BoardLinks.Value(value) : null,
            leader?.IsVerified == true ? "verified" : null);
    }

    static async Task<IResult> BenchmarkAsync(ReadableRepository dataset, HttpContext http, PageFrames frames, RepositoryPageParts parts, BoardReader boards, BenchmarkStore store, CancellationToken stop)
    {
        var heading = await parts.HeadingAsync(dataset, await parts.FindHeadAsync(dataset, stop), stop);
        var problems = (await store.ProblemsAsync(dataset.Id, stop)).Take(20).Select(problem => new Finding("error", problem.Problem, problem.Place)).ToList();
        var visible = await boards.LookAsync(dataset.Actor, stop);
        var model = new BenchmarkPageModel(frames.For(http, "datasets"), heading with { Revision = null }) { Problems = problems };
        if (visible.Find(dataset.Repository.FullName) is not { } benchmark) return new PageResult<BenchmarkPage>(model);
        var page = Page(http);
        Href At(int to) => Href.Local($"{BoardLinks.Benchmark(benchmark.FullName).Value}?page={to.ToString(CultureInfo.InvariantCulture)}");
        return new PageResult<BenchmarkPage>(model with
        {
            Name = benchmark.Row.Title, Description = benchmark.Row.Description, Framework = benchmark.Row.Framework, Lines = Lines(visible, benchmark, (page - 1) * LinesPerPage, LinesPerPage),
            Submit = Href.Local($"/datasets/{benchmark.FullName}/submit"), FirstPage = page > 1 ? At(1) : null, NextPage = page * LinesPerPage < benchmark.Tasks.Count ? At(page + 1) : null,
        });
    }

    static async Task<IResult> CompareAsync(ReadableRepository dataset, RouteText task, HttpContext http, PageFrames frames, BoardReader boards, Comparisons comparisons, CancellationToken stop)
    {
        var query = http.Request.Query;
        var visible = await boards.LookAsync(dataset.Actor, stop);
        var view = await boards.GetAsync(visible, dataset.Repository.FullName, task, BoardAddress.Text(query, "metric"), BoardAddress.Text(query, "filter"), BoardAddress.Read(query), stop);
        if (view.Ranked.Count < 2) throw Refusal.NotFound("Fewer than two models have a rank on this board.");
        var (first, second) = (Find(view, query["a"]) ?? view.Ranked[0].Entry, Find(view, query["b"]) ?? view.Ranked[1].Entry);
        var comparison = await comparisons.CompareAsync(view.Board, first, second, stop);
        var links = new BoardLinks(view.Board.Benchmark.FullName, view.Board.Task.Id, query);
        var better = (comparison.Difference > 0) == view.Board.HigherIsBetter ? first : second;
        var (verdict, kind) = comparison switch
        {
            { Difference: 0 } => ("They have the same value.", "warn"),
            { P: null } => ($"Nothing can be said. {comparison.Reason}", "warn"),
            { IsSignificant: true } => ($"Yes: {better.Model.FullName} is better (p = {Amount.Plain(comparison.P.Value)}).", "good"),
            _ => ($"Not for certain: {better.Model.FullName} is ahead, but that may be chance (p = {Amount.Plain(comparison.P!.Value)}).", "warn"),
        };
        return new PageResult<DuelPage>(new DuelPageModel(frames.For(http, "leaderboards"), view.Board.Benchmark.FullName, Href.Local(links.Path), view.Board.Task.Title, view.Board.Metric.Name)
        {
            Verdict = verdict, Kind = kind, First = first.Model.FullName, Second = second.Model.FullName, Action = Href.Local(links.Path + "/compare"), Carried = [.. links.Carried("cost")],
            Others = [.. view.Ranked.Take(MostChoices).Select(ranked => ranked.Entry.Model.FullName).Concat([first.Model.FullName, second.Model.FullName]).Distinct()],
            Sides = [.. new[] { first, second }.Select(entry => new DuelSide(entry.Model.FullName, BoardLinks.Scores(entry.Model.FullName, entry.Score.Key), BoardLinks.Value(entry.Value), BoardLinks.PlusMinus(entry.Score), entry.Score.Standing.Word(),
                [.. entry.Marks.Select(mark => mark.Kind).Distinct()], entry.Model.Parameters is { } count ? Quantity.Parameters(count) : ""))],
            Facts = [.. Facts(comparison)],
        });
    }

    static IEnumerable<(string, string)> Facts(Comparison comparison)
    {
        string Signed(double value) => value.ToString("+0.#####;−0.#####;0", CultureInfo.InvariantCulture);
        yield return ("Difference", Signed(comparison.Difference));
        if (comparison is { Low: { } low, High: { } high }) yield return ("95 % interval", $"{Signed(low)} to {Signed(high)}");
        yield return ("Test", comparison.Method switch { "mcnemar" => "McNemar's exact test on the samples that both have", "bootstrap" => "paired bootstrap on the samples that both have", "z" => "z test on the standard errors; there are no samples in common", _ => "none" });
        if (comparison.P is { } p) yield return ("p", Amount.Plain(p));
        if (comparison.Shared > 0) yield return ("Samples in common", Quantity.Exact(comparison.Shared));
        if (comparison.Discordant is var (a, b)) yield return ("Right in only one", $"{Quantity.Exact(a)} only the first, {Quantity.Exact(b)} only the second");
    }

    static BoardEntry? Find(BoardView view, string? name) => string.IsNullOrEmpty(name) ? null : view.Ranked.FirstOrDefault(ranked => string.Equals(ranked.Entry.Model.FullName, name, StringComparison.OrdinalIgnoreCase)).Entry;
}
