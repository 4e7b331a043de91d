using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Pages.Populations.Figures;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>How well a property is told from weights, under one way of splitting.</summary>
/// <param name="IsLeaky">States of one member are on both sides: shown so that nobody does it.</param>
public sealed record PredictionLine(string Method, string Split, string RSquared, string Kendall, string Rows, string Penalty, bool IsLeaky);

/// <summary>A property of one group of members.</summary>
public sealed record PredictionTarget(string Name, IntervalPlot? Plot, IReadOnlyList<PredictionLine> Lines);

/// <summary>Members of equal shapes, and what their weights give away.</summary>
public sealed record PredictionTask(string Title, string Says, IReadOnlyList<PredictionTarget> Targets, IReadOnlyList<(string Factor, string Classes, string Accuracy, string Chance)> Classes);

/// <summary>What weights alone give away: the rows that a new method has to beat.</summary>
public sealed record PredictionView(string? Method, IReadOnlyList<PredictionTask> Tasks, IReadOnlyList<(string Says, string Value)> Lineage)
{
    const string Baseline = "ridge";

    static readonly string[] s_groups = ["all epochs", "other", "within one epoch", "leaky"];

    internal static PredictionView Of(FigureNode prediction, FigureNode lineage) => new(prediction["method"].Text, [.. prediction["tasks"].Items.Take(6).Select(Task)], [.. Recovery(lineage)]);

    static PredictionTask Task(FigureNode task)
    {
        var head = task["head"].Text;
        var epochs = task["epochs"].Numbers;
        var title = $"{PopulationWords.Short(task["stage"].Text ?? "members")}{(head is null ? "" : $", {PopulationWords.Short(head)} head")}";
        var says = $"{Count(task["members"])} members, {Count(task["features"])} numbers of each state{(epochs.Count > 0 ? $", epochs {string.Join(", ", epochs.Take(12).Select(Amount.Plain))}" : "")}.";
        var targets = ((string Key, string Name)[])[("test_accuracy", "Test accuracy"), ("gap", "Generalisation gap"), ("epoch", "Epoch")];
        return new(title, says, [.. targets.Where(target => task[target.Key].Exists).Select(target => Target(target.Name, task[target.Key]))],
            [.. task["classification"].Fields.Take(20).Where(field => field.Value["accuracy"].Number is not null).Select(field => (PopulationWords.Short(field.Name), Count(field.Value["classes"]), PopulationWords.Score(field.Value["accuracy"].Number), field.Value["classes"].Count is > 0 and var classes ? PopulationWords.Score(1.0 / classes) : "–"))]);
    }

    static PredictionTarget Target(string name, FigureNode target)
    {
        var lines = new List<PredictionLine>();
        var marks = new List<IntervalLine>();
        Method(Baseline, target);
        Method("boosted trees", target["trees"]);
        var plot = marks.Count == 0 ? null : new IntervalPlot($"{name} from weights: R² of the test members; 0 is as good as their mean, 1 is exact.", "R²", marks) { Groups = s_groups };
        return new(name, plot, lines);

        void Method(string method, FigureNode figures)
        {
            Add(method, "all epochs together", figures["all_epochs"], 0, false);
            foreach (var (epoch, score) in figures["within_epoch"].Fields.Take(8)) Add(method, $"within epoch {PopulationWords.Short(epoch)}", score, 2, false);
            Add(method, "split by state: leaky", figures["leaky_split_by_state"], 3, true);
        }

        void Add(string method, string split, FigureNode score, int group, bool isLeaky)
        {
            if (score["r2"].Number is not { } value) return;
            lines.Add(new(PopulationWords.Short(method), split, PopulationWords.Score(value), PopulationWords.Score(score["kendall"].Number), $"{Count(score["train_rows"])} / {Count(score["test_rows"])}", score["alpha"].Number is { } alpha ? Amount.Plain(alpha) : "–", isLeaky));
            marks.Add(new($"{PopulationWords.Short(method)}, {split}", Math.Max(-1, Math.Min(1, value)), null, null, PopulationWords.Score(value), group));
        }
    }

    static IEnumerable<(string Says, string Value)> Recovery(FigureNode lineage)
    {
        if (lineage["nearest_base_is_parent"].Number is { } found) yield return ("The nearest base is the recorded parent", lineage["children"].Count is { } children ? $"{Amount.Whole(found * children)} of {Amount.Whole(children)}" : PopulationWords.Score(found));
        if (lineage["margin"].Numbers is [var least, _, var median, ..]) yield return ("The runner-up is farther by: least, median", $"{Amount.Plain(least)} ×, {Amount.Plain(median)} ×");
        if (lineage["adjusted_rand"].Number is { } rand) yield return ("Families found without the record (adjusted Rand)", PopulationWords.Score(rand));
        if (lineage["base_is_medoid"].Count is { } medoids && lineage["families"].Count is { } families) yield return ("The base lies in the middle of its family", $"{medoids} of {families}");
        if (lineage["kurtosis_higher_in_child"].Number is { } kurtosis) yield return ("Direction: kurtosis is higher in the child", Amount.Percent(kurtosis));
        if (lineage["attached_directly_to_base"].Number is { } direct) yield return ("Siblings that a tree of least distance puts right below their base", Amount.Percent(direct));
    }

    static string Count(FigureNode node) => node.Count is { } count ? Amount.Whole(count) : "–";
}
