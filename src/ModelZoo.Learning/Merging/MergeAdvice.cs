using ModelZoo.Learning.Analyses;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

public enum Averageability { Likely, Doubtful, No }

/// <summary>Whether two models can be averaged, and why.</summary>
/// <param name="Backbone">Relative distance without the head; null when the two are of different shapes.</param>
/// <param name="HeadCosine">Null when heads are missing or of different shapes.</param>
/// <param name="AccuracyBarrier">Null when it was not measured.</param>
public sealed record MergeAdvice(string First, string Second, Averageability Verdict, double? Backbone, double? HeadCosine, double? AccuracyBarrier, IReadOnlyList<string> Reasons)
{
    /// <summary>
    /// Relative backbone distance above which models do not share a training: members of one fine-tuning family lie at 0.20 on average and at most
    /// 0.56, members of different families at 1.17 (digits-250, measured 2026).
    /// </summary>
    const double Unrelated = 0.7;

    /// <summary>Heads that began from other first values point in other directions; those that began alike stay near.</summary>
    const double SameHead = 0.5;

    /// <summary>Looks at each pair before anything is averaged.</summary>
    /// <param name="barrier">Measures the accuracy barrier of a pair; null leaves it to the distances.</param>
    public static async Task<IReadOnlyList<MergeAdvice>> AssessAsync(IReadOnlyList<MergeInput> models, Func<MergeInput, MergeInput, CancellationToken, ValueTask<double>>? barrier, CancellationToken stop)
    {
        var advice = new List<MergeAdvice>();
        for (var i = 0; i < models.Count; i++)
            for (var j = i + 1; j < models.Count; j++) advice.Add(await AssessAsync(models[i], models[j], barrier, stop));
        return advice;
    }

    static async Task<MergeAdvice> AssessAsync(MergeInput a, MergeInput b, Func<MergeInput, MergeInput, CancellationToken, ValueTask<double>>? barrier, CancellationToken stop)
    {
        var (first, second) = (new Checkpoint(a.Name, a.Tensors, Scope.Backbone), new Checkpoint(b.Name, b.Tensors, Scope.Backbone));
        if (first.ShapeGroup != second.ShapeGroup)
            return new(a.Name, b.Name, Averageability.No, null, null, null, ["Their tensors have different names or shapes."]);
        var reasons = new List<string>();
        var distance = (await DistanceTable.ComputeAsync([first, second], stop)).Relative(0, 1);
        var head = await HeadCosineAsync(a.Tensors, b.Tensors, stop);
        double? measured = barrier is null ? null : await barrier(a, b, stop);
        if (distance is not { } far || !double.IsFinite(far)) return new(a.Name, b.Name, Averageability.No, null, head, measured, ["A model holds numbers that are none, infinite or all zero."]);
        if (far > Unrelated) reasons.Add($"Their backbones are {far:0.00} apart, as models that were not trained from a common start are; their average would be noise.");
        if (head is < SameHead) reasons.Add($"Their heads point in different directions (cosine {head:0.00}): they did not begin from the same head, and averages of such siblings fail.");
        if (head is null && a.Tensors.Any(tensor => Scope.IsHead(tensor.Name))) reasons.Add("Their heads have different shapes; only the backbones can be averaged.");
        if (measured is { } height) reasons.Add(height <= LinearPath.ConnectedBelow ? $"The accuracy barrier between them is {height:0.000}: they are connected." : $"The accuracy barrier between them is {height:0.000}, above {LinearPath.ConnectedBelow}.");
        var verdict = measured is { } known ? known <= LinearPath.ConnectedBelow ? Averageability.Likely : Averageability.No
            : far > Unrelated ? Averageability.No
            : head is < SameHead ? Averageability.Doubtful
            : Averageability.Likely;
        if (reasons.Count == 0) reasons.Add($"Their backbones are {far:0.00} apart, as siblings are.");
        return new(a.Name, b.Name, verdict, far, head, measured, reasons);
    }

    static async Task<double?> HeadCosineAsync(IReadOnlyList<TensorContent> a, IReadOnlyList<TensorContent> b, CancellationToken stop)
    {
        var (first, second) = (new Checkpoint("a", a, Scope.Head), new Checkpoint("b", b, Scope.Head));
        return first.Count == 0 || first.ShapeGroup != second.ShapeGroup ? null : (await DistanceTable.ComputeAsync([first, second], stop)).Cosine(0, 1);
    }
}
