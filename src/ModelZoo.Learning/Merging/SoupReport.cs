using System.Globalization;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Merging;

/// <summary>A soup of members beside what it was made of, on every split but the one that was trained on.</summary>
/// <param name="Scores">By split: n, soup, standard_error, mean, best, last and ensemble.</param>
/// <param name="Verdict">For epochs of one member: whether the soup is worth keeping, by validation loss; null for others.</param>
public sealed record SoupReport(JsonObject Scores, string? Verdict)
{
    /// <param name="sources">In the order given.</param>
    /// <param name="isOneMember">They are epochs of one member.</param>
    public static SoupReport Make(MemberScorer scorer, float[] soup, IReadOnlyList<float[]> sources, bool isOneMember, CancellationToken stop)
    {
        var scores = new JsonObject();
        foreach (var split in scorer.Splits)
        {
            var labels = scorer.Labels(split);
            var each = sources.Select(values => new Predictions(scorer.Run(values, split, stop)!.Logits, labels, scorer.Head.Out)).ToList();
            var own = new Predictions(scorer.Run(soup, split, stop)!.Logits, labels, scorer.Head.Out);
            scores[split] = new JsonObject
            {
                ["n"] = own.Count, ["soup"] = Of(own.Accuracy, own.NegativeLogLikelihood), ["standard_error"] = Math.Sqrt(own.Accuracy * (1 - own.Accuracy) / own.Count),
                ["mean"] = Of(each.Average(one => one.Accuracy), each.Average(one => one.NegativeLogLikelihood)), ["best"] = Of(each.Max(one => one.Accuracy), each.Min(one => one.NegativeLogLikelihood)), ["last"] = Of(each[^1].Accuracy, each[^1].NegativeLogLikelihood),
                ["ensemble"] = new JsonObject { ["accuracy"] = Predictions.EnsembleAccuracy(each) },
            };
        }
        // Averaging over epochs helps after a plateau and harms before; the validation loss tells which.
        if (!isOneMember || sources.Count < 2 || scores["val"] is not { } val) return new(scores, null);
        var (with, without) = (Loss(val["soup"]), Loss(val["last"]));
        return new(scores, with < without
            ? $"Keep it: its validation loss {Number(with)} is below that of the last epoch, {Number(without)}."
            : $"Do not keep it: its validation loss {Number(with)} is not below that of the last epoch, {Number(without)}.");
    }

    static double Loss(JsonNode? scores) => scores?["nll"] is JsonValue value && value.TryGetValue(out double loss) ? loss : double.NaN;

    static JsonObject Of(double accuracy, double loss) => new() { ["accuracy"] = accuracy, ["nll"] = double.IsFinite(loss) ? loss : null };

    static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
