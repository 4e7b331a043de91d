using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Boards over the API: which there are, who leads, at what cost, since when, and whether that is certain.</summary>
static class LeaderboardEndpoints
{
    const string Base = $"{ZooRoutes.Base}/leaderboards";
    const string Benchmark = $"{Base}/{{owner}}/{{name}}";

    const int StandardEntries = 100;
    const int MostEntries = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Base, ListAsync).WithMetadata(new Public("the list shows each viewer what he may see"))
            .Describe<JsonObject>("listLeaderboards", "leaderboards", "Benchmarks with their tasks and suites");
        Map(app, "", BenchmarkAsync, "getBenchmark", "A benchmark: its tasks and suites");
        Map(app, "/{task}", BoardAsync, "getLeaderboard", "The scores of a task or suite; ?metric=, filter=, verified=1, pick=latest, base=1, size=, licence=, architecture=, q=, setting=, as_of=, offset=, limit=, format=csv");
        Map(app, "/{task}/frontier", FrontierAsync, "getFrontier", "The records of a task in their order, all reported and verified alone");
        Map(app, "/{task}/pareto", ParetoAsync, "getPareto", "Quality beside cost; ?cost=parameters, flop or seconds");
        Map(app, "/{task}/compare", CompareAsync, "compareScores", "Whether ?a=owner/name is really better than ?b=owner/name on a task");
        app.MapGet("/leaderboards/{owner}/{name}/{task}/badge.svg", BadgeAsync).WithMetadata(new AddressedKind(RepositoryKind.Dataset)).ExcludeFromDescription();
    }

    static void Map(IEndpointRouteBuilder app, string tail, Delegate handler, string name, string summary) =>
        app.MapGet(Benchmark + tail, handler).WithMetadata(new AddressedKind(RepositoryKind.Dataset)).Describe<JsonObject>(name, "leaderboards", summary).ProducesProblem(404);

    static async Task<IResult> ListAsync(Actor actor, BoardReader boards, CancellationToken stop)
    {
        var visible = await boards.LookAsync(actor, stop);
        var shown = visible.Snapshot.Benchmarks.Values.Where(visible.Shows).OrderBy(benchmark => benchmark.FullName, StringComparer.OrdinalIgnoreCase);
        return Results.Json(new JsonObject { ["items"] = new JsonArray([.. shown.Take(MostEntries).Select(benchmark => (JsonNode)BoardJson.Of(benchmark))]) });
    }

    static async Task<IResult> BenchmarkAsync(ReadableRepository dataset, BoardReader boards, Evaluations.Scores.BenchmarkStore store, CancellationToken stop)
    {
        var visible = await boards.LookAsync(dataset.Actor, stop);
        var problems = await store.ProblemsAsync(dataset.Id, stop);
        if (visible.Find(dataset.Repository.FullName) is not { } benchmark)
            throw Refusal.NotFound(problems.Count > 0 ? $"eval.yaml cannot be read: {problems[0].Problem}" : "This dataset is no benchmark: it has no eval.yaml.");
        var json = BoardJson.Of(benchmark);
        json["problems"] = new JsonArray([.. problems.Select(problem => (JsonNode)new JsonObject { ["path"] = problem.Place, ["problem"] = problem.Problem })]);
        return Results.Json(json);
    }

    static async Task<IResult> BoardAsync(ReadableRepository dataset, RouteText task, HttpContext http, BoardReader boards, CancellationToken stop)
    {
        var query = http.Request.Query;
        var request = BoardAddress.Read(query);
        var limit = Query.Limit(query["limit"], StandardEntries, MostEntries);
        var offset = int.TryParse(query["offset"], out var from) ? Math.Max(0, from) : 0;
        var visible = await boards.LookAsync(dataset.Actor, stop);
        var (benchmark, row) = BoardReader.Task(visible, dataset.Repository.FullName, task);
        if (row.IsSuite) return JsonLines.Object(BoardJson.Of(BoardReader.Suite(visible, benchmark, row, request), offset, limit));
        var view = await boards.GetAsync(visible, dataset.Repository.FullName, task, BoardAddress.Text(query, "metric"), BoardAddress.Text(query, "filter"), request, stop);
        var shown = query["format"] == "csv" ? view.Ranked : view.Ranked.Skip(offset).Take(limit);
        var flop = await boards.FlopAsync(shown.Select(ranked => ranked.Entry.Model), stop);
        return query["format"] == "csv" ? Results.Text(BoardJson.Csv(view, flop), "text/csv; charset=utf-8") : JsonLines.Object(BoardJson.Of(view, offset, limit, flop));
    }

    static async Task<(VisibleScores Visible, BoardView View)> ViewAsync(ReadableRepository dataset, string task, HttpContext http, BoardReader boards, CancellationToken stop)
    {
        var query = http.Request.Query;
        var visible = await boards.LookAsync(dataset.Actor, stop);
        return (visible, await boards.GetAsync(visible, dataset.Repository.FullName, task, BoardAddress.Text(query, "metric"), BoardAddress.Text(query, "filter"), BoardAddress.Read(query), stop));
    }

    static async Task<IResult> FrontierAsync(ReadableRepository dataset, RouteText task, HttpContext http, BoardReader boards, CancellationToken stop)
    {
        var (visible, view) = await ViewAsync(dataset, task, http, boards, stop);
        return JsonLines.Object(new JsonObject { ["reported"] = Records(verifiedOnly: false), ["verified"] = Records(verifiedOnly: true) });

        JsonArray Records(bool verifiedOnly) => new([.. BoardRecords.Of(view.Board, view.Setting, visible, verifiedOnly).Select(record => (JsonNode)BoardJson.Of(record.Entry, s_noFlop))]);
    }

    static readonly Dictionary<long, double> s_noFlop = [];

    static async Task<IResult> ParetoAsync(ReadableRepository dataset, RouteText task, HttpContext http, BoardReader boards, CancellationToken stop)
    {
        var axis = BoardCosts.Find(http.Request.Query["cost"]) ?? throw Refusal.Invalid("\"cost\" must be one of [parameters, flop, seconds].");
        var (_, view) = await ViewAsync(dataset, task, http, boards, stop);
        var (points, _) = await CostsAsync(view, axis, boards, stop);
        return JsonLines.Object(new JsonObject
        {
            ["cost"] = axis.Word(), ["front"] = new JsonArray([.. points.Where(point => point.IsOnFront).Take(MostEntries).Select(Point)]),
            ["others"] = new JsonArray([.. points.Where(point => !point.IsOnFront).Take(MostEntries).Select(Point)]), ["unknown"] = view.Ranked.Count - points.Count,
        });

        JsonNode Point(CostPoint point) => new JsonObject { ["rank"] = point.Ranked.Rank, ["model"] = point.Ranked.Entry.Model.FullName, ["value"] = point.Ranked.Entry.Value, ["cost"] = point.Cost };
    }

    /// <summary>The points of a board on an axis. Work is known of the best models only, since each profile has to be read.</summary>
    public static async Task<(IReadOnlyList<CostPoint> Points, IReadOnlyDictionary<long, double> Flop)> CostsAsync(BoardView view, CostAxis axis, BoardReader boards, CancellationToken stop)
    {
        IReadOnlyDictionary<long, double> flop = axis == CostAxis.Flop ? await boards.FlopAsync(view.Ranked.Select(ranked => ranked.Entry.Model), stop) : s_noFlop;
        return (BoardCosts.Points(view.Ranked, view.Board.HigherIsBetter, entry => axis switch
        {
            CostAxis.Parameters => entry.Model.Parameters,
            CostAxis.Flop => flop.TryGetValue(entry.Model.Repository.Id, out var work) ? work : null,
            _ => entry.Score.SecondsPerSample,
        }), flop);
    }

    static async Task<IResult> CompareAsync(ReadableRepository dataset, RouteText task, HttpContext http, BoardReader boards, Comparisons comparisons, CancellationToken stop)
    {
        var (_, view) = await ViewAsync(dataset, task, http, boards, stop);
        return Results.Json(BoardJson.Of(await comparisons.CompareAsync(view.Board, Find(view, http, "a"), Find(view, http, "b"), stop)));
    }

    static BoardEntry Find(BoardView view, HttpContext http, string field)
    {
        var name = BoardAddress.Text(http.Request.Query, field) ?? throw Refusal.Invalid($"\"{field}\" must name a model as owner/name.");
        return view.Ranked.FirstOrDefault(ranked => string.Equals(ranked.Entry.Model.FullName, name, StringComparison.OrdinalIgnoreCase)).Entry ?? throw Refusal.NotFound($"{name} has no rank on this board.");
    }

    static async Task<IResult> BadgeAsync(ReadableRepository dataset, RouteText task, HttpContext http, BoardReader boards, CancellationToken stop)
    {
        var (_, view) = await ViewAsync(dataset, task, http, boards, stop);
        http.Response.Headers.CacheControl = "no-cache";
        return Results.Text(BoardBadge.Draw(view, BoardAddress.Text(http.Request.Query, "model")), "image/svg+xml; charset=utf-8");
    }
}
