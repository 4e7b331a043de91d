using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Tests.Evaluation;

public class StatisticsVectorTests
{
    internal static readonly IReadOnlyDictionary<string, Func<MetricVectors.Vector, JsonNode?>> Claimed = new Dictionary<string, Func<MetricVectors.Vector, JsonNode?>>
    {
        ["mean_stderr"] = vector =>
        {
            var values = MetricVectors.Numbers(vector.Inputs.GetProperty("values"));
            return new JsonObject { ["mean"] = Uncertainty.Mean(values), ["stderr"] = Uncertainty.StandardErrorOfMean(values) };
        },
        ["proportion_ci"] = vector =>
        {
            var (hits, n) = (vector.Inputs.GetProperty("successes").GetInt64(), vector.Inputs.GetProperty("n").GetInt64());
            var confidence = vector.Parameters!.Value.GetProperty("confidence").GetDouble();
            return new JsonObject { ["wilson"] = Pair(Uncertainty.Wilson(hits, n, confidence)), ["clopper_pearson"] = Pair(Uncertainty.ClopperPearson(hits, n, confidence)) };
        },
        ["mcnemar"] = vector =>
        {
            var result = PairedTests.McNemar(vector.Inputs.GetProperty("b").GetInt64(), vector.Inputs.GetProperty("c").GetInt64());
            return new JsonObject { ["exact_p"] = result.Exact, ["chi2_cc"] = result.ChiSquared, ["chi2_cc_p"] = result.ChiSquaredP };
        },
        ["paired_t"] = vector =>
        {
            var result = PairedTests.Student(MetricVectors.Numbers(vector.Inputs.GetProperty("a")), MetricVectors.Numbers(vector.Inputs.GetProperty("b")))!;
            return new JsonObject { ["t"] = result.T, ["p"] = result.P, ["mean_diff"] = result.MeanDifference };
        },
        ["holm"] = vector => List(Corrections.Holm(MetricVectors.Numbers(vector.Inputs.GetProperty("p")))),
        ["benjamini_hochberg"] = vector => List(Corrections.BenjaminiHochberg(MetricVectors.Numbers(vector.Inputs.GetProperty("p")))),
        ["bootstrap_stderr"] = vector => Bootstrap.StandardErrorOfMean(MetricVectors.Numbers(vector.Inputs.GetProperty("values")), vector.Inputs.GetProperty("iters").GetInt32()),
        ["early_stopping_min_passing"] = vector => EarlyStopping.MinPassing(
            vector.Inputs.GetProperty("overlatency").GetInt64(), vector.Inputs.GetProperty("percentile").GetDouble(), vector.Parameters!.Value.GetProperty("confidence").GetDouble()),
        ["latency_percentiles"] = Latencies,
        ["python_random"] = Draws,
    };

    public static TheoryData<string> Vectors => MetricVectors.Of([.. Claimed.Keys]);

    [Theory, MemberData(nameof(Vectors))]
    public void Every_vector_is_met(string id)
    {
        var vector = MetricVectors.All[id];
        MetricVectors.Same(vector.Expected, Claimed[vector.Metric](vector), vector.Tolerance);
    }

    static JsonObject Latencies(MetricVectors.Vector vector)
    {
        var values = MetricVectors.Numbers(vector.Inputs.GetProperty("latencies_ns"));
        var mean = Uncertainty.Mean(values);
        Array.Sort(values);
        JsonObject Each(string name, Func<double, double> percentile)
        {
            var result = new JsonObject();
            foreach (var member in vector.Expected.GetProperty(name).EnumerateObject()) result[member.Name] = percentile(double.Parse(member.Name));
            return result;
        }
        return new JsonObject
        {
            ["loadgen"] = Each("loadgen", share => Percentiles.LoadGen<double>(values, share)), ["linear"] = Each("linear", share => Percentiles.Linear(values, share)), ["mean"] = mean,
        };
    }

    static JsonObject Draws(MetricVectors.Vector vector)
    {
        PythonRandom Fresh() => new(vector.Inputs.GetProperty("seed").GetInt64());
        var (shuffled, random) = (Enumerable.Range(0, 10).ToList(), Fresh());
        Fresh().Shuffle(shuffled);
        return new JsonObject
        {
            ["sample_range100_5"] = List(Fresh().Sample(100, 5)), ["choices_range100_5"] = List(Fresh().Choices(100, 5)), ["shuffle_range10"] = List(shuffled),
            ["random_3"] = List(new[] { random.Random(), random.Random(), random.Random() }), ["getrandbits32"] = Fresh().GetRandBits(32), ["sample_range10_8"] = List(Fresh().Sample(10, 8)),
        };
    }

    static JsonArray List<T>(IEnumerable<T> items) => [.. items.Select(item => (JsonNode?)JsonSerializer.SerializeToNode(item))];
    static JsonArray Pair(Interval interval) => [interval.Low, interval.High];
}
