using System.Text;
using ModelZoo.Hub.Web;
using ModelZoo.Hub.Web.Pages.Populations;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Web;

/// <summary>Members as their files would tell of them, without the files.</summary>
static class SamplePopulations
{
    public static readonly PopulationLinks Links = new(new("model", "ada", "digits"), "main");

    /// <summary>Figures of the 250 digits members as docs/populations.md prints them, in the form in which analyses write them.</summary>
    public static readonly AnalysisFigures Digits = new(
        FigureNode.Parse("""{"sets": [{"split": "val", "members": 7, "within": {"agreement": 0.5}}, {"split": "test", "n": 500, "members": 240, "ensemble_accuracy": 0.928, "within": {"pairs": 2760, "agreement": 0.867, "kappa": 0.852, "js": 0.021}, "across": {"pairs": 25920, "agreement": 0.858, "kappa": 0.842, "js": 0.024}}]}"""),
        FigureNode.Parse("""{"groups": [{"group": 1, "members": 250, "parameters": 34976, "relative_within": {"pairs": 3000, "mean": 0.196748}, "relative_across": {"pairs": 28125, "mean": 1.166905}, "between_over_within": 26.953, "explained": [0.2246, 0.2196, 0.159, 0.115, 0.113, 0.112, 0.006], "participation_ratio": 6.150178}]}"""),
        FigureNode.Parse("""{"children": 240, "bases": 10, "nearest_base_is_parent": 1, "margin": [1.19, 2.12, 5.36, 8.15, 40.3], "adjusted_rand": 1, "families": 10, "base_is_medoid": 10, "attached_directly_to_base": 0.1667, "kurtosis_higher_in_child": 0.975}"""),
        FigureNode.Parse("""{"barriers": {"split": "val", "connected_up_to": 0.02, "siblings, same first head": {"pairs": 24, "accuracy_barrier": 0.172, "loss_barrier": 0.455, "midpoint_accuracy": 0.85, "connected": 11}, "siblings, other first heads": {"pairs": 24, "accuracy_barrier": 0.334, "connected": 0}, "other families": {"pairs": 24, "accuracy_barrier": 0.780, "connected": 0}}, "epochs": [{"members_of": "finetune: optim.lr=0.003", "members": 20, "accuracy_vs_last": 0.0111, "accuracy_vs_mean": 0.0088, "nll_vs_last": -0.0409}, {"members_of": "finetune: optim.lr=0.0001", "members": 20, "accuracy_vs_last": -0.0407, "accuracy_vs_mean": 0.008, "nll_vs_last": 0.1425}]}"""),
        FigureNode.Parse("""{"method": "ridge on statistics of each tensor", "tasks": [{"stage": "finetune", "head": "linear", "members": 120, "features": 392, "epochs": [1, 10], "test_accuracy": {"all_epochs": {"r2": 0.4357, "kendall": 0.5008, "alpha": 1000, "train_rows": 415, "test_rows": 105}, "within_epoch": {"10": {"r2": 0.0290, "kendall": 0.0719, "alpha": 100, "train_rows": 83, "test_rows": 21}}, "leaky_split_by_state": {"r2": 0.7472, "kendall": 0.643, "alpha": 10, "train_rows": 422, "test_rows": 86}}, "classification": {"optim.lr": {"classes": 5, "accuracy": 0.47}}}]}"""));

    /// <param name="accuracies">On the test split, from epoch 0 on.</param>
    public static PopulationMember Member(string id, string? parent, (string Name, object? Value)[] factors, double[] accuracies, MemberStatus? ending = MemberStatus.Done, long headSeed = 1) => new(
        new MemberCard { Id = id, Stage = parent is null ? "base" : "finetune", Factors = [.. factors.Select(factor => new MemberFactor(factor.Name, factor.Value))], ParentId = parent, ParentEpoch = parent is null ? null : 8, RootId = parent ?? id, Split = "train", Seed = 1, HeadSeed = headSeed },
        [.. accuracies.Select((accuracy, epoch) => new EpochRecord(epoch, 1 - accuracy / 2, accuracy, [new("test", "d", 1000, (int)Math.Round(accuracy * 1000), 1 - accuracy)], null, null))],
        ending is { } status ? new(status, accuracies.Length - 1, null) : null, [.. Enumerable.Range(0, accuracies.Length)]);

    /// <summary>As many families as told, each with so many children of six learning rates and two heads.</summary>
    public static IReadOnlyList<PopulationMember> Families(int families, int children) =>
    [
        .. Enumerable.Range(0, families).SelectMany(f => Enumerable.Range(0, children).Select(c => Member($"finetune-{f:x2}{c:x10}", $"base-{f:x12}", [("optim.lr", Math.Pow(10, -1 - c % 6)), ("head.kind", c % 2 == 0 ? "linear" : "mlp"), ("seed", (long)c)], [.. Enumerable.Range(0, 11).Select(e => 0.1 + 0.08 * e * (1 - 0.01 * (c % 7)))]))
            .Prepend(Member($"base-{f:x12}", null, [("seed", (long)f)], [0.1, 0.9]))),
    ];

    public static async Task<T> FoldAsync<T>(T into, string csv) where T : class, IFolded
    {
        await foreach (var row in CsvRows.ReadAsync(new MemoryByteSource(Encoding.UTF8.GetBytes(csv)), 100_000, default))
            if (!into.Add(row)) break;
        return into;
    }
}
