using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;

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

    /// <summary>Looks at each pair before anything is averaged. Each model is read once.</summary>
    /// <param name="barrier">Measures the accuracy barrier of a pair; null leaves it to the distances.</param>
    /// <param name="mostBytes">Of each model; of larger ones, tensors taken evenly from first to last are looked at.</param>
    public static async Task<IReadOnlyList<MergeAdvice>> AssessAsync(IReadOnlyList<MergeInput> models, Func<MergeInput, MergeInput, CancellationToken, ValueTask<double>>? barrier, CancellationToken stop, long mostBytes = long.MaxValue)
    {
        var (backbones, heads) = (await ShapeTables.MakeAsync(models, Scope.Backbone, mostBytes, stop), await ShapeTables.MakeAsync(models, Scope.Head, mostBytes, stop));
        var advice = new List<MergeAdvice>();
        for (var i = 0; i < models.Count; i++)
            for (var j = i + 1; j < models.Count; j++)
            {
                var measured = barrier is not null && backbones.Find(i, j) is not null ? await barrier(models[i], models[j], stop) : (double?)null;
                advice.Add(Assess(models[i], models[j], backbones.Find(i, j), heads.Find(i, j), measured));
            }
        return advice;
    }

    /// <summary>As requests and recipes say it.</summary>
    public JsonObject ToJson() => new()
    {
        ["first"] = First, ["second"] = Second, ["verdict"] = Word(Verdict), ["backbone"] = Finite(Backbone), ["headCosine"] = Finite(HeadCosine), ["accuracyBarrier"] = Finite(AccuracyBarrier),
        ["reasons"] = new JsonArray([.. Reasons.Select(reason => (JsonNode)reason)]),
    };

    public static string Word(Averageability verdict) => verdict switch { Averageability.Likely => "can be averaged", Averageability.Doubtful => "doubtful", _ => "cannot be averaged" };

    static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    static MergeAdvice Assess(MergeInput a, MergeInput b, (DistanceTable Table, int I, int J)? backbone, (DistanceTable Table, int I, int J)? heads, double? measured)
    {
        if (backbone is not { } pair) return new(a.Name, b.Name, Averageability.No, null, null, null, ["Their tensors have different names or shapes."]);
        var reasons = new List<string>();
        var distance = pair.Table.Relative(pair.I, pair.J);
        var head = heads is { } both ? both.Table.Cosine(both.I, both.J) : null;
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
}
