using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Tests.Evaluation;

/// <summary>The reference values of <c>vectors/visible.json</c>: made with scikit-learn, SciPy, sacreBLEU, CPython and direct formulas.</summary>
static class MetricVectors
{
    public sealed record Vector(string Id, string Metric, JsonElement Inputs, JsonElement? Parameters, JsonElement Expected, double Tolerance);

    public static IReadOnlyDictionary<string, Vector> All { get; } = Read();

    static Dictionary<string, Vector> Read()
    {
        var text = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Evaluation", "vectors", "visible.json"));
        return JsonDocument.Parse(text).RootElement.EnumerateArray().ToDictionary(
            entry => entry.GetProperty("id").GetString()!,
            entry => new Vector(
                entry.GetProperty("id").GetString()!, entry.GetProperty("metric").GetString()!, entry.GetProperty("inputs"),
                entry.TryGetProperty("params", out var parameters) ? parameters : null, entry.GetProperty("expected"), entry.GetProperty("tol").GetDouble()));
    }

    public static TheoryData<string> Of(IReadOnlyCollection<string> metrics) => [.. All.Values.Where(vector => metrics.Contains(vector.Metric)).Select(vector => vector.Id)];

    public static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetDouble())];
    public static int[] Whole(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt32())];
    public static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(text => text.GetString()!)];

    /// <summary>Everything that is expected is there, each number within the tolerance; more may be there.</summary>
    public static void Same(JsonElement expected, JsonNode? actual, double tolerance, string path = "$")
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in expected.EnumerateObject()) Same(member.Value, Assert.IsType<JsonObject>(actual)[member.Name], tolerance, $"{path}.{member.Name}");
                break;
            case JsonValueKind.Array:
                var items = Assert.IsType<JsonArray>(actual);
                Assert.True(expected.GetArrayLength() == items.Count, $"{path}: {items.Count} items");
                for (var i = 0; i < items.Count; i++) Same(expected[i], items[i], tolerance, $"{path}[{i}]");
                break;
            case JsonValueKind.Null:
                Assert.True(actual is null, $"{path}: {actual} where nothing is defined");
                break;
            case JsonValueKind.Number:
                Assert.True(actual is not null, $"{path}: nothing");
                var number = actual.Deserialize<double>();
                Assert.True(Math.Abs(number - expected.GetDouble()) <= tolerance * Math.Max(1, Math.Abs(expected.GetDouble())), $"{path}: {number} instead of {expected}");
                break;
            default:
                Assert.Equal(expected.GetString(), actual?.ToString());
                break;
        }
    }
}
