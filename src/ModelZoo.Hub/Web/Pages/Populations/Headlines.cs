using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>What analyses left behind, by name; <see cref="FigureNode.Nothing"/> where one has not run.</summary>
sealed record AnalysisFigures(FigureNode Behaviour, FigureNode Weights, FigureNode Lineage, FigureNode Averaging, FigureNode Prediction)
{
    public static readonly AnalysisFigures None = new(FigureNode.Nothing, FigureNode.Nothing, FigureNode.Nothing, FigureNode.Nothing, FigureNode.Nothing);

    /// <summary>The set of predictions that most members share.</summary>
    public FigureNode LargestSet => Largest(Behaviour["sets"]);

    /// <summary>The group of equal shapes with most members.</summary>
    public FigureNode LargestGroup => Largest(Weights["groups"]);

    /// <summary>Analyses that have not run, with what they would say.</summary>
    public IReadOnlyList<MissingAnalysis> Missing
    {
        get
        {
            (FigureNode Node, string Name, string Says)[] all =
            [
                (Weights, "weights", "distances, the map of weight space, how far members moved"), (Behaviour, "behaviour", "agreement and its κ, calibration, what each factor does"),
                (Lineage, "lineage", "whether weights alone tell who descends from whom"), (Averaging, "averaging", "barriers between members, what averaging epochs gains"), (Prediction, "prediction", "what weights alone give away"),
            ];
            return [.. all.Where(each => !each.Node.Exists).Select(each => new MissingAnalysis(each.Name, each.Says))];
        }
    }

    static FigureNode Largest(FigureNode list) => list.Items.OrderByDescending(item => item["members"].Count ?? 0).Cast<FigureNode?>().FirstOrDefault() ?? FigureNode.Nothing;
}

/// <summary>The figures at the top of a population's page. Each stands there only when it was computed.</summary>
static class Headlines
{
    public static IReadOnlyList<FactLine> Of(IReadOnlyList<PopulationMember> members, AnalysisFigures figures)
    {
        var lines = new List<FactLine>();
        foreach (var stage in members.GroupBy(member => member.Card.Stage).OrderByDescending(stage => stage.Count()).Take(3))
        {
            if (PopulationWords.Split(stage) is not { } split) continue;
            var quartiles = PopulationWords.Quartiles(stage.Select(member => PopulationWords.LastAccuracy(member, split)));
            if (quartiles is [var least, var first, var median, var third, var most])
                lines.Add(new($"{Sentence(split)} accuracy, {PopulationWords.Short(stage.Key)}", $"{Score(median)} median", null, "measured", $"least {Score(least)}, quartiles {Score(first)} and {Score(third)}, most {Score(most)}; last epochs of {Quantity.Of(stage.Count(), "member")}"));
        }
        var (set, group) = (figures.LargestSet, figures.LargestGroup);
        Pair(lines, "Agreement of predictions", set["within"]["agreement"], set["across"]["agreement"], $"share of {set["split"].Text ?? "held-out"} samples that two members label alike; {Count(set["within"]["pairs"])} pairs within families, {Count(set["across"]["pairs"])} across");
        Pair(lines, "The same beyond chance (κ)", set["within"]["kappa"], set["across"]["kappa"], "Cohen's κ: agreement less what the labels' frequencies give by chance, over what is left");
        Pair(lines, "Divergence of probabilities (JS)", set["within"]["js"], set["across"]["js"], "mean Jensen-Shannon divergence, in nats");
        Pair(lines, "Distance of weights", group["relative_within"]["mean"], group["relative_across"]["mean"], $"relative L2 of the {Count(group["parameters"])} numbers of the backbone; {Count(group["relative_within"]["pairs"])} pairs within families, {Count(group["relative_across"]["pairs"])} across");
        One(lines, "Between families over within", group["between_over_within"].Number is { } ratio ? Amount.Plain(ratio) : null, "mean squared distance between families over that within them: families are modes where this is large");
        One(lines, "Directions that matter", group["participation_ratio"].Number is { } directions ? Amount.Plain(directions) : null, "participation ratio of the principal directions of all last states");
        One(lines, "All members together", set["ensemble_accuracy"].Number is { } ensemble ? Score(ensemble) : null, $"accuracy of the mean probability of {Count(set["members"])} members");
        var lineage = figures.Lineage;
        One(lines, "Parent found from weights", lineage["nearest_base_is_parent"].Number is { } found && lineage["children"].Count is { } children ? $"{Amount.Whole(found * children)} of {Amount.Whole(children)}" : null, "the nearest of the bases is the recorded parent");
        var siblings = figures.Averaging["barriers"]["siblings, same first head"];
        One(lines, "Siblings that can be averaged", siblings["connected"].Count is { } connected && siblings["pairs"].Count is { } pairs ? $"{Amount.Whole(connected)} of {Amount.Whole(pairs)} pairs" : null, $"siblings that began from the same head, with an accuracy barrier up to {PopulationWords.Value(figures.Averaging["barriers"]["connected_up_to"].Number)} on validation data");
        return lines;
    }

    static void Pair(List<FactLine> lines, string label, FigureNode within, FigureNode across, string how)
    {
        if (within.Number is null && across.Number is null) return;
        var words = (within.Number, across.Number) switch { ({ } a, { } b) => $"{Score(a)} within, {Score(b)} across", ({ } a, null) => $"{Score(a)} within families", (_, var b) => $"{Score(b)} across families" };
        lines.Add(new(label, words, null, null, how));
    }

    static void One(List<FactLine> lines, string label, string? value, string how)
    {
        if (value is not null) lines.Add(new(label, value, null, null, how));
    }

    static string Score(double? value) => PopulationWords.Score(value);

    static string Count(FigureNode node) => node.Count is { } count ? Quantity.Exact(count) : "some";

    static string Sentence(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + PopulationWords.Short(word[1..]).Replace('_', ' ');
}
