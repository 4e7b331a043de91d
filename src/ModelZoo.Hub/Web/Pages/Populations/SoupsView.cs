using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Pairs of one kind in numbers.</summary>
public sealed record BarrierKindLine(string Kind, string Pairs, string Connected, string Barrier, string Loss, string Midway);

/// <summary>Two members and what lies between them.</summary>
public sealed record BarrierPairLine(string A, string B, Href First, Href Second, string Kind, string Barrier, string Midway, bool IsConnected, Href Choose);

/// <summary>What averaging the last epochs of members gained.</summary>
public sealed record EpochSoupLine(string Members, string Count, string VsLast, string VsMean, string Loss);

/// <summary>Members somebody wants to average: what is known of them, and the command that does it.</summary>
/// <param name="Kind">good, warn or bad: whether it is likely to work.</param>
public sealed record SoupAdvice(string Kind, string Sentence, IReadOnlyList<string> Reasons, string Command);

/// <summary>The soup bench.</summary>
public sealed record SoupsView
{
    const int MostPairs = 15;

    /// <summary>Methods of `zoo soup`.</summary>
    public static readonly IReadOnlyList<Choice> Methods = [new("uniform", "uniform: all count the same"), new("greedy", "greedy: only who helps on validation data"), new("karcher", "Karcher: the mean on the sphere"), new("ema", "moving average, the last counts most")];

    public BarrierPlot? Plot { get; init; }
    public IReadOnlyList<BarrierKindLine> Kinds { get; init; } = [];
    public IReadOnlyList<BarrierPairLine> Best { get; init; } = [];
    public IReadOnlyList<BarrierPairLine> Worst { get; init; } = [];
    public IReadOnlyList<EpochSoupLine> Epochs { get; init; } = [];
    public string Members { get; init; } = "";
    public string Method { get; init; } = "uniform";
    public SoupAdvice? Advice { get; init; }
    public string? Problem { get; init; }

    internal static SoupsView Of(PopulationLinks links, Population population, BarrierTable? barriers, FigureNode averaging, string members, string? chosen)
    {
        var limit = averaging["barriers"]["connected_up_to"].Number is > 0 and < 1 and var told ? told : 0.02;
        var rows = barriers?.Rows ?? [];
        var sorted = rows.OrderBy(row => row.AccuracyBarrier).ToList();
        var text = members.Length <= 2_000 ? members.Trim() : "";
        var method = Methods.FirstOrDefault(choice => choice.Value == chosen)?.Value ?? "uniform";
        var (advice, problem) = text.Length == 0 ? (null, null) : SoupAdvisor.Of(links, population, rows, limit, text, method);
        return new()
        {
            Plot = rows.Count == 0 ? null : new(Finding(rows, limit), limit, [.. rows.GroupBy(row => row.Kind).Take(6).Select(kind => new BarrierRowPlot(PopulationWords.Short(kind.Key), [.. PopulationWords.Evenly([.. kind.Select(row => row.AccuracyBarrier)], 100)]))]),
            Kinds = [.. averaging["barriers"].Fields.Where(field => field.Value["pairs"].Count is not null).Take(10).Select(field => new BarrierKindLine(PopulationWords.Short(field.Name), Amount.Whole(field.Value["pairs"].Count!.Value), field.Value["connected"].Count is { } connected ? Amount.Whole(connected) : "–",
                PopulationWords.Score(field.Value["accuracy_barrier"].Number), PopulationWords.Score(field.Value["loss_barrier"].Number), PopulationWords.Score(field.Value["midpoint_accuracy"].Number)))],
            Best = [.. sorted.Take(MostPairs).Select(Line)], Worst = sorted.Count > MostPairs ? [.. sorted.Skip(Math.Max(MostPairs, sorted.Count - 5)).Reverse().Select(Line)] : [],
            Epochs = [.. averaging["epochs"].Items.Take(30).Select(item => new EpochSoupLine(item["members_of"].Text ?? "", item["members"].Count is { } count ? Amount.Whole(count) : "–", PopulationWords.Change(item["accuracy_vs_last"].Number), PopulationWords.Change(item["accuracy_vs_mean"].Number), PopulationWords.Change(item["nll_vs_last"].Number)))],
            Members = text, Method = method, Advice = advice, Problem = problem,
        };

        BarrierPairLine Line(BarrierRow row) => new(PopulationWords.Short(row.A), PopulationWords.Short(row.B), links.Member(row.A), links.Member(row.B), PopulationWords.Short(row.Kind), PopulationWords.Score(row.AccuracyBarrier), PopulationWords.Score(row.MidpointAccuracy), row.AccuracyBarrier <= limit, links.Page("soups", ("members", $"{row.A} {row.B}")));
    }

    static string Finding(IReadOnlyList<BarrierRow> rows, double limit)
    {
        var connected = rows.Count(row => row.AccuracyBarrier <= limit);
        return $"{connected} of {Quantity.Of(rows.Count, "pair")} lose at most {PopulationWords.Value(limit)} of accuracy on the straight line between them, left of the dashed line: these can be averaged.";
    }
}
