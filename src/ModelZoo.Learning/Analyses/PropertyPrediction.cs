namespace ModelZoo.Learning.Analyses;

/// <summary>A checkpoint as weight-space learning sees it.</summary>
/// <param name="Split">train, val or test, of the member and never of the checkpoint.</param>
public sealed record PropertySample(string Member, int Epoch, string Split, double[] Features, double Target);

/// <summary>How well a property is predicted from weights, on members that were not trained on.</summary>
/// <param name="RSquared">Against the mean of the test rows; may be negative. Null when they are all equal.</param>
/// <param name="KendallTau">τ_b; null when either side has no order.</param>
/// <param name="Alpha">The penalty of a ridge; null for trees.</param>
public sealed record PredictionScore(double? RSquared, double? KendallTau, double? Alpha, int TrainRows, int TestRows);

/// <summary>What predicts: a line with a penalty, or <see cref="BoostedTrees"/>, which also find what is no line.</summary>
public enum PropertyModel { Ridge, Trees }

/// <summary>
/// The standard baseline: ridge on per-tensor statistics, its penalty chosen on the validation members. Told with all epochs together, where training
/// progress explains most, and within each epoch, where it does not.
/// </summary>
/// <param name="All">All rows.</param>
/// <param name="WithinEpoch">By epoch, those with enough members in each split.</param>
public sealed record PropertyPrediction(PredictionScore? All, IReadOnlyDictionary<int, PredictionScore> WithinEpoch)
{
    static readonly double[] s_alphas = [0.01, 0.1, 1, 10, 100, 1000];

    public static PropertyPrediction Run(IReadOnlyList<PropertySample> samples, PropertyModel kind = PropertyModel.Ridge)
    {
        var usable = samples.Where(sample => double.IsFinite(sample.Target) && sample.Features.All(double.IsFinite)).ToList();
        return new(Score(usable, kind), usable.GroupBy(sample => sample.Epoch).OrderBy(group => group.Key)
            .Select(group => (group.Key, Score: Score([.. group], kind))).Where(pair => pair.Score is not null).ToDictionary(pair => pair.Key, pair => pair.Score!));
    }

    /// <summary>Share of right classes of a ridge on one-hot targets; null when a split is empty.</summary>
    public static double? Classify(IReadOnlyList<(string Split, double[] Features, string Class)> samples, double alpha)
    {
        var (train, test) = (samples.Where(each => each.Split == "train").ToList(), samples.Where(each => each.Split == "test").ToList());
        if (train.Count < 2 || test.Count == 0) return null;
        var classes = train.Select(each => each.Class).Distinct().Order(StringComparer.Ordinal).ToList();
        var models = classes.Select(name => Ridge.Fit([.. train.Select(each => each.Features)], [.. train.Select(each => each.Class == name ? 1.0 : 0)], alpha)).ToList();
        return test.Average(each => classes[Enumerable.Range(0, classes.Count).MaxBy(c => models[c].Predict(each.Features))] == each.Class ? 1.0 : 0);
    }

    static PredictionScore? Score(List<PropertySample> samples, PropertyModel kind)
    {
        List<PropertySample> Of(string split) => [.. samples.Where(sample => sample.Split == split)];
        var (train, val, test) = (Of("train"), Of("val"), Of("test"));
        if (train.Count < 3 || test.Count < 3) return null;
        if (kind == PropertyModel.Trees)
        {
            var trees = BoostedTrees.Fit([.. train.Select(s => s.Features)], [.. train.Select(s => s.Target)]);
            return Judge(null, trees.Predict);
        }
        var fits = s_alphas.Select(alpha => (alpha, Ridge.Fit([.. train.Select(s => s.Features)], [.. train.Select(s => s.Target)], alpha))).ToList();
        // Without validation members the penalty of the reference.
        var (best, model) = val.Count > 0 ? fits.MinBy(fit => val.Sum(s => Math.Pow(s.Target - fit.Item2.Predict(s.Features), 2))) : fits.First(fit => fit.alpha == 10);
        return Judge(best, model.Predict);

        PredictionScore Judge(double? alpha, Func<double[], double> predict)
        {
            var (targets, predicted) = (test.Select(s => s.Target).ToArray(), test.Select(s => predict(s.Features)).ToArray());
            return new(RSquaredOf(targets, predicted), Kendall(targets, predicted), alpha, train.Count, test.Count);
        }
    }

    public static double? RSquaredOf(IReadOnlyList<double> targets, IReadOnlyList<double> predicted)
    {
        var mean = targets.Average();
        var total = targets.Sum(y => (y - mean) * (y - mean));
        return total > 0 ? 1 - targets.Zip(predicted, (y, p) => (y - p) * (y - p)).Sum() / total : null;
    }

    /// <summary>(concordant − discordant)/√((n₀ − ties of x)(n₀ − ties of y)).</summary>
    public static double? Kendall(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        long balance = 0, tiesX = 0, tiesY = 0, pairs = 0;
        for (var i = 0; i < x.Count; i++)
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (x[i].CompareTo(x[j]), y[i].CompareTo(y[j]));
                balance += Math.Sign(a) * Math.Sign(b);
                tiesX += a == 0 ? 1 : 0;
                tiesY += b == 0 ? 1 : 0;
                pairs++;
            }
        return pairs > tiesX && pairs > tiesY ? balance / Math.Sqrt((double)(pairs - tiesX) * (pairs - tiesY)) : null;
    }
}
