using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>Loads what the page of a board shows.</summary>
sealed class BoardPages(PageFrames frames, BoardReader boards)
{
    const int PageSize = 40;
    const int ChartDots = 40;
    const int IntervalRows = 12;
    const int MostUnranked = 20;
    const int MostColumns = 12;

    static readonly IReadOnlyList<(CostAxis Axis, string Label, string Words)> s_axes =
        [(CostAxis.Parameters, "Parameters", "parameters"), (CostAxis.Flop, "Work", "FLOP per unit of work"), (CostAxis.Seconds, "Time", "seconds per sample, as measured")];

    public async Task<IResult> ShowAsync(ReadableRepository dataset, string task, HttpContext http, CancellationToken stop)
    {
        var visible = await boards.LookAsync(dataset.Actor, stop);
        var (benchmark, row) = BoardReader.Task(visible, dataset.Repository.FullName, task);
        var frame = frames.For(http, "leaderboards");
        var request = BoardAddress.Read(http.Request.Query);
        var links = new BoardLinks(benchmark.FullName, row.Id, http.Request.Query);
        var page = int.TryParse(http.Request.Query["page"], out var number) ? Math.Clamp(number, 1, 10_000) : 1;
        if (row.IsSuite) return new PageResult<SuitePage>(Suite(frame, SuiteView.Of(visible, benchmark, row, request), links, page));

        var view = await boards.GetAsync(visible, benchmark.FullName, row.Id, BoardAddress.Text(http.Request.Query, "metric"), BoardAddress.Text(http.Request.Query, "filter"), request, stop);
        var axis = BoardCosts.Find(links["cost"]) ?? CostAxis.Parameters;
        var (points, _) = await LeaderboardEndpoints.CostsAsync(view, axis, boards, stop);
        var shown = view.Ranked.Skip((page - 1) * PageSize).Take(PageSize).ToList();
        var flop = await boards.FlopAsync(shown.Select(ranked => ranked.Entry.Model), stop);
        var leader = view.Ranked.Count > 0 ? view.Ranked[0].Entry.Model.FullName : null;
        var (board, address) = (view.Board, Href.Local(links.Path));
        var api = $"/api/zoo{links.Path}";
        return new PageResult<BoardPage>(new BoardPageModel(frame, benchmark.FullName, BoardLinks.Benchmark(benchmark.FullName), row.Title, address)
        {
            Metric = board.Metric.Name, Filter = board.Key.Filter, HigherIsBetter = board.HigherIsBetter, Version = row.Version, TaskHash = view.Setting.TaskHash ?? row.TaskHash, Setting = Words(view.Setting),
            Total = view.Ranked.Count, Lines = [.. shown.Select((ranked, i) => Line(view, ranked, (page - 1) * PageSize + i, links, flop, leader))],
            Unranked = page > 1 ? [] : [.. view.Unranked.Take(MostUnranked).Select(entry => new UnrankedLine(entry.Model.FullName, BoardLinks.Scores(entry.Model.FullName, entry.Score.Key), entry.Score.ValueText, entry.Score.Standing.Word(), MarksOf(entry), entry.Obstacle!, entry.Has(MarkKind.Revoked)))],
            Facets = [links.Facet("size", "Parameters", view.Sizes), links.Facet("licence", "Licence", view.Licences), links.Facet("architecture", "Architecture", view.Architectures)],
            Chosen = [.. links.Chosen()],
            Picks =
            [
                new("All", !request.VerifiedOnly, links.With("verified", null)), new("Verified only", request.VerifiedOnly, links.With("verified", "1")),
                new("Best", !request.Latest, links.With("pick", null)), new("Latest", request.Latest, links.With("pick", "latest")),
            ],
            Metrics = [.. board.Metrics(visible.Snapshot).Select((one, i) => new SortLink(one.Filter == "none" ? one.Metric : $"{one.Metric}, {one.Filter}", one.Metric == board.Key.Metric && one.Filter == board.Key.Filter, Metric(links, one, i == 0)))],
            Settings = [.. board.Settings.Take(10).Select((one, i) => new SortLink(Words(one.Setting) ?? "as stated", one.Setting == view.Setting, links.With("setting", i == 0 ? null : one.Setting.Id)))],
            Carried = [.. links.Carried("q", "as_of")], Words = request.Words, AsOf = links["as_of"], Costs = page > 1 ? null : Costs(view, points, axis),
            CostAxes = [.. s_axes.Select(one => new SortLink(one.Label, one.Axis == axis, links.With("cost", one.Axis == CostAxis.Parameters ? null : one.Axis.Word())))],
            Frontier = page > 1 ? null : OverTime(view, visible, request.VerifiedOnly), Intervals = page > 1 ? null : Intervals(view),
            Json = Href.Local(api + Tail(links)), Csv = Href.Local($"{api}{(Tail(links) is { Length: > 0 } tail ? tail + "&" : "?")}format=csv"),
            Badge = $"[![{row.Title}]({frame.BaseUrl}{links.Path}/badge.svg)]({frame.BaseUrl}{links.Path})", Submit = Href.Local($"/datasets/{benchmark.FullName}/submit?task={Uri.EscapeDataString(row.Id)}"),
            FirstPage = page > 1 ? links.With("page", null) : null, NextPage = page * PageSize < view.Ranked.Count ? links.With("page", (page + 1).ToString(CultureInfo.InvariantCulture)) : null,
        });
    }

    static Href Metric(BoardLinks links, (string Metric, string Filter) one, bool isPrimary)
    {
        var others = links.Carried("metric", "filter", "setting").Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}");
        if (!isPrimary) others = others.Append($"metric={Uri.EscapeDataString(one.Metric)}").Append($"filter={Uri.EscapeDataString(one.Filter)}");
        var query = string.Join('&', others);
        return Href.Local(links.Path + (query.Length > 0 ? "?" + query : ""));
    }

    static string Tail(BoardLinks links)
    {
        var query = string.Join('&', links.Carried("cost").Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"));
        return query.Length > 0 ? "?" + query : "";
    }

    static string? Words(Setting setting)
    {
        var words = new List<string>();
        if (setting.Protocol is { } protocol) words.Add(protocol);
        if (setting.TaskHash is { } hash) words.Add($"task {hash[..Math.Min(8, hash.Length)]}");
        if (setting.DatasetDigest is { } digest) words.Add($"data {digest[..Math.Min(8, digest.Length)]}");
        return words.Count == 0 ? null : string.Join(", ", words);
    }

    static List<string> MarksOf(BoardEntry entry) => [.. entry.Marks.Select(mark => mark.Kind).Distinct()];

    static BoardLine Line(BoardView view, RankedEntry ranked, int at, BoardLinks links, IReadOnlyDictionary<long, double> flop, string? leader)
    {
        var (score, model) = (ranked.Entry.Score, ranked.Entry.Model);
        var range = RankRanges.Find(view, at);
        return new(ranked.Rank, range is var (best, worst) && best != worst ? $"{best}–{worst}" : null, model.FullName, BoardLinks.Scores(model.FullName, score.Key), BoardLinks.Value(ranked.Entry.Value),
            ranked.Entry.Value.ToString("R", CultureInfo.InvariantCulture), BoardLinks.PlusMinus(score), score.Standing.Word(), MarksOf(ranked.Entry))
        {
            IsPrivate = model.Repository.IsPrivate, Remark = score.Remark, Parameters = model.Parameters is { } count ? Quantity.Parameters(count) : "",
            Flop = flop.TryGetValue(model.Repository.Id, out var work) ? Amount.Flop(work) : "", Seconds = score.SecondsPerSample is { } seconds ? Amount.Seconds(seconds) : "",
            At = score.MeasuredAt > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(score.MeasuredAt) : null,
            Compare = leader is null || leader == model.FullName ? null : links.With("a", leader, "/compare") is var half ? Href.Local($"{half.Value}&b={Uri.EscapeDataString(model.FullName)}") : null,
        };
    }

    static CostPlot? Costs(BoardView view, IReadOnlyList<CostPoint> points, CostAxis axis)
    {
        if (points.Count == 0) return null;
        // All that nobody dominates, then the best of the rest.
        var shown = points.Where(point => point.IsOnFront).Concat(points.Where(point => !point.IsOnFront).OrderBy(point => point.Ranked.Rank)).Take(ChartDots).ToList();
        var words = s_axes.First(one => one.Axis == axis).Words;
        var cheapest = points[0];
        var finding = $"{Quantity.Of(points.Count(point => point.IsOnFront), "model is", "models are")} better than everything that costs no more; the cheapest of them, {cheapest.Ranked.Entry.Model.FullName}, reaches {BoardLinks.Value(cheapest.Ranked.Entry.Value)}."
            + (view.Ranked.Count > points.Count ? $" Of {Quantity.Of(view.Ranked.Count - points.Count, "other")} the cost is not known." : "");
        return new(finding, view.Board.Metric.Name, words, view.Board.HigherIsBetter, [.. shown.Select(point => new CostDot(point.Ranked.Entry.Model.FullName, point.Cost, Cost(axis, point.Cost), point.Ranked.Entry.Value,
            BoardLinks.Value(point.Ranked.Entry.Value), BoardLinks.Group(point.Ranked.Entry.Score.Standing), point.IsOnFront))]);
    }

    static string Cost(CostAxis axis, double cost) => axis switch { CostAxis.Parameters => Amount.Parameters(cost), CostAxis.Flop => Amount.Flop(cost), _ => Amount.Seconds(cost) };

    static FrontierPlot? OverTime(BoardView view, VisibleScores visible, bool verifiedOnly)
    {
        var records = BoardRecords.Of(view.Board, view.Setting, visible, verifiedOnly);
        if (records.Count == 0) return null;
        var kept = records.TakeLast(ChartDots / 2).ToList();
        var keys = kept.Select(record => record.Entry).ToHashSet();
        var others = view.Ranked.Select(ranked => ranked.Entry).Where(entry => !keys.Contains(entry) && entry.Score.MeasuredAt > 0).Take(ChartDots - kept.Count);
        var last = kept[^1].Entry;
        var finding = $"{last.Model.FullName} holds the record with {BoardLinks.Value(last.Value)} since {Day(last)}" + (kept.Count > 1 ? $"; before it {kept[^2].Entry.Model.FullName} did with {BoardLinks.Value(kept[^2].Entry.Value)}." : ".");
        return new(finding, view.Board.Metric.Name, view.Board.HigherIsBetter, [.. kept.Select(record => Dot(record.Entry, true)), .. others.Select(entry => Dot(entry, false))]);

        static TimeDot Dot(BoardEntry entry, bool isRecord) => new(entry.Model.FullName, DateTimeOffset.FromUnixTimeMilliseconds(entry.Score.MeasuredAt), entry.Value, BoardLinks.Value(entry.Value), BoardLinks.Group(entry.Score.Standing), isRecord);
        static string Day(BoardEntry entry) => DateTimeOffset.FromUnixTimeMilliseconds(entry.Score.MeasuredAt).UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture);
    }

    static IntervalPlot? Intervals(BoardView view)
    {
        var lines = view.Ranked.Take(IntervalRows).Where(ranked => ranked.Entry.Score is { Low: not null, High: not null } || RankRanges.ErrorOf(view.Board, ranked.Entry) is not null).Select(ranked =>
        {
            var (entry, score) = (ranked.Entry, ranked.Entry.Score);
            var reach = 1.96 * (RankRanges.ErrorOf(view.Board, entry) ?? 0);
            return new IntervalLine(entry.Model.FullName, entry.Value, score.Low ?? entry.Value - reach, score.High ?? entry.Value + reach, BoardLinks.Value(entry.Value), BoardLinks.Group(score.Standing));
        }).ToList();
        if (lines.Count == 0 || view.Ranked.Count == 0) return null;
        var range = RankRanges.Find(view, 0);
        var leader = view.Ranked[0].Entry.Model.FullName;
        var finding = range switch
        {
            null => $"{leader} leads, but states no error, so nothing is certain.",
            (_, 1) => $"{leader} leads, significantly before all others that state an error.",
            var (_, worst) => $"{leader} leads, but not significantly: its rank lies between 1 and {worst}.",
        };
        return new(finding, view.Board.Metric.Name, lines);
    }

    static SuitePageModel Suite(PageFrame frame, SuiteView view, BoardLinks links, int page)
    {
        var dataset = view.Benchmark.FullName;
        var columns = view.Columns.Take(MostColumns).ToList();
        var how = view.Suite.Facts.Aggregate switch { "weighted" => "The aggregate is the mean weighted by samples.", "normalised" => "The aggregate is the mean of what lies above chance.", _ => "The aggregate is the plain mean over the tasks." };
        return new(frame, dataset, BoardLinks.Benchmark(dataset), view.Suite.Title, how)
        {
            Columns = [.. columns.Select(column => new BoardLink(column.Task.Title, BoardLinks.Board(dataset, column.Task.Id), ""))], MoreColumns = view.Columns.Count - columns.Count, Total = view.Rows.Count,
            Lines = [.. view.Rows.Skip((page - 1) * PageSize).Take(PageSize).Select(row => new SuiteLine(row.Rank, row.Model.FullName, BoardLinks.Scores(row.Model.FullName, null), row.Aggregate is { } value ? BoardLinks.Value(value) : null, row.Missing,
                row.WinRate is { } rate ? Amount.Plain(Math.Round(rate, 4)) : null, row.IsVerified, row.Model.Parameters is { } count ? Quantity.Parameters(count) : "", [.. columns.Select(column => column.Values.TryGetValue(row.Model.Repository.Id, out var cell) ? BoardLinks.Value(cell.Value) : null)]))],
            Json = Href.Local($"/api/zoo{links.Path}"), FirstPage = page > 1 ? links.With("page", null) : null, NextPage = page * PageSize < view.Rows.Count ? links.With("page", (page + 1).ToString(CultureInfo.InvariantCulture)) : null,
        };
    }
}
