using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// What a trial reported, by training iteration: <c>result.json</c>, an object a line, and <c>progress.csv</c>, the same as a table, which fills in what the
/// first lacks. Metrics of the machine are left out, nested ones are named by the path to them, as Ray names columns.
/// </summary>
public static partial class RayResults
{
    const int MaxLineBytes = 1 << 20;
    const int MaxMetrics = 1000;
    const int MaxIterations = 1_000_000;
    const int MaxDepth = 4;
    const int MostWarnings = 5;

    static readonly HashSet<string> s_machine = new(StringComparer.Ordinal) { "hostname", "node_ip", "pid", "timestamp", "date", "trial_id", "experiment_id", "experiment_tag", "done", "config", "training_iteration", "timesteps_total" };

    /// <param name="warnings">Gets what was left out, in sentences.</param>
    public static async Task<SortedDictionary<int, IReadOnlyDictionary<string, double>>> ReadAsync(IModelFiles files, RayTrial trial, List<string> warnings, CancellationToken stop)
    {
        var reported = new SortedDictionary<int, IReadOnlyDictionary<string, double>>();
        if (trial.Results.Json is { } json) await ReadLinesAsync(files, json, reported, warnings, stop);
        if (trial.Results.Csv is { } csv) await ReadTableAsync(files, csv, reported, trial.Results.Json is null ? warnings : [], stop);
        return reported;
    }

    /// <summary>The configuration that each report repeats, for trials whose own file is missing or torn.</summary>
    internal static async Task<IReadOnlyDictionary<string, JsonElement>?> FindConfigAsync(IModelFiles files, string path, CancellationToken stop)
    {
        await foreach (var line in BoundedLines.ReadAsync(files, path, MaxLineBytes, stop))
        {
            if (line.Number > 3) break;
            if (line.Text is null) continue;
            try
            {
                using var json = JsonDocument.Parse(Unbare(line.Text), new() { MaxDepth = 32 });
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object)
                    return config.EnumerateObject().GroupBy(property => property.Name).ToDictionary(group => group.Key, group => group.Last().Value.Clone(), StringComparer.Ordinal);
            }
            catch (JsonException)
            {
                // The next line may be whole; what is torn is told of where results are read.
            }
        }
        return null;
    }

    static async Task ReadLinesAsync(IModelFiles files, string path, SortedDictionary<int, IReadOnlyDictionary<string, double>> reported, List<string> warnings, CancellationToken stop)
    {
        var (torn, twice, lastNumber) = (new List<(int Number, string Problem, bool IsLast)>(), 0, 0);
        await foreach (var line in BoundedLines.ReadAsync(files, path, MaxLineBytes, stop))
        {
            if (line.Text is { Length: 0 }) continue;
            lastNumber = line.Number;
            try
            {
                using var json = JsonDocument.Parse(Unbare(line.Text ?? throw new JsonException("the line is too long")), new() { MaxDepth = 32 });
                if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("training_iteration", out var at) || FindIteration(Number(at)) is not { } iteration) throw new JsonException("it has no training_iteration");
                if (reported.Count >= MaxIterations && !reported.ContainsKey(iteration)) throw new JsonException($"more than {MaxIterations} iterations are not read");
                var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
                Collect(json.RootElement, "", metrics, 0);
                if (reported.ContainsKey(iteration)) twice++;
                reported[iteration] = metrics;
            }
            catch (JsonException problem)
            {
                torn.Add((line.Number, problem.Message, line.IsLast));
            }
        }
        // Also a last line that was ended: a later run may have gone on behind the tear.
        foreach (var (number, problem, isLast) in torn.Take(MostWarnings)) warnings.Add($"Line {number} of '{path}' was left out{(isLast || number == lastNumber ? ", torn as runs that were killed leave it" : "")}: {problem}");
        if (torn.Count > MostWarnings) warnings.Add($"{torn.Count - MostWarnings} more lines of '{path}' were left out.");
        if (twice > 0) warnings.Add($"'{path}' reports {twice} iterations again, as runs do that were taken up; the later reports count.");
    }

    static async Task ReadTableAsync(IModelFiles files, string path, SortedDictionary<int, IReadOnlyDictionary<string, double>> reported, List<string> warnings, CancellationToken stop)
    {
        List<string>? names = null;
        var (at, torn) = (-1, 0);
        var own = new HashSet<int>();
        await foreach (var line in BoundedLines.ReadAsync(files, path, MaxLineBytes, stop))
        {
            if (line.Text is { Length: 0 }) continue;
            var cells = line.Text is null ? [] : Cells(line.Text);
            if (names is null)
            {
                (names, at) = (cells, cells.IndexOf("training_iteration"));
                if (at >= 0) continue;
                warnings.Add($"'{path}' was left out: it has no column training_iteration.");
                return;
            }
            if (cells.Count != names.Count || FindIteration(Real(cells[at])) is not { } iteration || own.Count >= MaxIterations)
            {
                torn++;
                continue;
            }
            // What the lines of JSON say counts; rows of this table replace one another.
            if (reported.ContainsKey(iteration) && !own.Contains(iteration)) continue;
            own.Add(iteration);
            var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
            for (var i = 0; i < names.Count && metrics.Count < MaxMetrics; i++)
                if (!s_machine.Contains(names[i]) && !names[i].StartsWith("config/", StringComparison.Ordinal) && Real(cells[i]) is { } value) metrics[names[i]] = value;
            reported[iteration] = metrics;
        }
        if (torn > 0) warnings.Add($"{torn} rows of '{path}' were left out: torn, or without training_iteration.");
    }

    static void Collect(JsonElement element, string path, Dictionary<string, double> metrics, int depth)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (metrics.Count >= MaxMetrics) return;
            if (depth == 0 && s_machine.Contains(property.Name)) continue;
            if (Number(property.Value) is { } value) metrics[path + property.Name] = value;
            else if (property.Value.ValueKind == JsonValueKind.Object && depth < MaxDepth) Collect(property.Value, $"{path}{property.Name}/", metrics, depth + 1);
        }
    }

    static int? FindIteration(double? number) => number is >= 0 and <= 999_999_999 and var at && at == Math.Floor(at) ? (int)at : null;

    /// <summary>Cells of one line of comma-separated values; quotes as RFC 4180 has them.</summary>
    internal static List<string> Cells(string line)
    {
        var (cells, cell) = (new List<string>(), new StringBuilder());
        for (var (i, quoted) = (0, false); i <= line.Length; i++)
        {
            if (i == line.Length || (line[i] == ',' && !quoted))
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else if (line[i] != '"') cell.Append(line[i]);
            else if (quoted && i + 1 < line.Length && line[i + 1] == '"') cell.Append(line[i++]);
            else quoted = !quoted;
        }
        return cells;
    }

    /// <summary>A number as Python writes it; null for what is none.</summary>
    internal static double? Real(string text) => text.ToLowerInvariant() switch
    {
        "nan" => double.NaN,
        "inf" or "infinity" => double.PositiveInfinity,
        "-inf" or "-infinity" => double.NegativeInfinity,
        var word => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null,
    };

    internal static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString() switch { "\u0001NaN" => double.NaN, "\u0001Infinity" => double.PositiveInfinity, "\u0001-Infinity" => double.NegativeInfinity, _ => null },
        _ => null,
    };

    /// <summary>Python writes NaN and Infinity as bare words, which JSON has not; quoted with a mark they pass.</summary>
    internal static string Unbare(string json) => BareNumber().Replace(json, match => match.Groups[1].Success ? $"\"\\u0001{match.Groups[1].Value}\"" : match.Value);

    /// <summary>Strings are matched first, so that words inside them stay as they are.</summary>
    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|(-?Infinity|NaN)")]
    private static partial Regex BareNumber();
}
