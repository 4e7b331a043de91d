using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// The layout in which the published model zoos lie: folders of trials, each with its configuration, its results as JSON lines, and checkpoints. Only names
/// and small texts are read here; states are opened by whoever wants them, without running what they contain.
/// </summary>
/// <param name="Factors">Configuration keys that differ between trials, without those that only describe a machine.</param>
public sealed partial record RayZoo(IReadOnlyList<RayTrial> Trials, IReadOnlyList<string> Factors, IReadOnlyDictionary<string, JsonElement> Constants)
{
    const int MaxConfigBytes = 1 << 20;
    const int MaxResultBytes = 256 << 20;
    const int MaxLineBytes = 1 << 20;

    static readonly HashSet<string> s_machine = new(StringComparer.Ordinal) { "hostname", "node_ip", "pid", "timestamp", "date", "trial_id", "experiment_id", "done", "config", "training_iteration", "timesteps_total" };

    public static async Task<RayZoo> ReadAsync(IModelFiles files, CancellationToken stop)
    {
        var byFolder = files.Files.ToLookup(file => FolderOf(file.Path), StringComparer.Ordinal);
        var checkpoints = files.Files.Select(file => (file.Path, Match: CheckpointPath().Match(file.Path))).Where(pair => pair.Match.Success)
            .ToLookup(pair => pair.Match.Groups[1].Value.TrimEnd('/'), pair => (Number: int.Parse(pair.Match.Groups[2].ValueSpan, CultureInfo.InvariantCulture), pair.Path), StringComparer.Ordinal);
        var trials = new List<RayTrial>();
        foreach (var folder in byFolder.Select(group => group.Key).Order(StringComparer.Ordinal))
        {
            var here = byFolder[folder].ToDictionary(file => file.Path[(folder.Length > 0 ? folder.Length + 1 : 0)..], StringComparer.Ordinal);
            var config = here.GetValueOrDefault("params.json") ?? here.GetValueOrDefault("config.json");
            var results = here.GetValueOrDefault("result.json");
            if (config is null || (results is null && !checkpoints[folder].Any())) continue;
            trials.Add(await ReadTrialAsync(files, folder, config, results, checkpoints[folder], here.ContainsKey("error.txt") || here.ContainsKey("error.pkl"), stop));
        }
        trials = [.. trials.Select(trial => trial with { Parent = FindParent(trial, trials) })];
        var keys = trials.SelectMany(trial => trial.Config.Keys).Distinct().Where(key => !IsMachine(key)).Order(StringComparer.Ordinal).ToList();
        var factors = keys.Where(key => trials.Select(trial => trial.Config.TryGetValue(key, out var value) ? value.GetRawText() : "").Distinct().Count() > 1).ToList();
        return new(trials, factors, keys.Except(factors).ToDictionary(key => key, key => trials[0].Config[key]));
    }

    static async Task<RayTrial> ReadTrialAsync(IModelFiles files, string folder, ModelFile config, ModelFile? results, IEnumerable<(int Number, string Path)> checkpoints, bool hasFailed, CancellationToken stop)
    {
        var warnings = new List<string>();
        var settings = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(Unbare(Encoding.UTF8.GetString(await ReadAllAsync(files, config, MaxConfigBytes, stop))), new() { MaxDepth = 32 });
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                foreach (var property in json.RootElement.EnumerateObject()) settings[property.Name] = property.Value.Clone();
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException)
        {
            warnings.Add($"'{config.Path}' cannot be read: {problem.Message}");
        }
        var reported = new Dictionary<int, IReadOnlyDictionary<string, double>>();
        if (results is not null) ReadResults(Encoding.UTF8.GetString(await ReadAllAsync(files, results, MaxResultBytes, stop)), results.Path, reported, warnings);
        var states = new SortedDictionary<int, string>();
        foreach (var (number, path) in checkpoints)
            if (!states.TryAdd(number, path)) warnings.Add($"Checkpoint {number} of '{folder}' is there twice.");
        return new(folder, settings, reported, states, null, hasFailed, warnings);
    }

    static void ReadResults(string text, string path, Dictionary<int, IReadOnlyDictionary<string, double>> reported, List<string> warnings)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (var i = 0; i < lines.Length; i++)
        {
            try
            {
                if (lines[i].Length > MaxLineBytes) throw new JsonException("the line is too long");
                using var json = JsonDocument.Parse(Unbare(lines[i]), new() { MaxDepth = 32 });
                if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("training_iteration", out var at) || !at.TryGetInt32(out var iteration)) throw new JsonException("it has no training_iteration");
                reported[iteration] = json.RootElement.EnumerateObject().Where(property => !s_machine.Contains(property.Name) && Number(property.Value) is not null)
                    .GroupBy(property => property.Name).ToDictionary(group => group.Key, group => Number(group.Last().Value)!.Value);
            }
            catch (JsonException problem)
            {
                warnings.Add($"Line {i + 1} of '{path}' was left out{(i == lines.Length - 1 ? ", torn as runs that were killed leave it" : "")}: {problem.Message}");
            }
        }
    }

    static (string, int)? FindParent(RayTrial trial, List<RayTrial> trials)
    {
        if (!trial.Config.TryGetValue("pretraining::model::path", out var path) || path.ValueKind != JsonValueKind.String || ParentPath().Match(path.GetString()!) is not { Success: true } match) return null;
        return trials.Find(other => other.Folder == match.Groups[1].Value || other.Folder.EndsWith("/" + match.Groups[1].Value, StringComparison.Ordinal)) is { } parent
            ? (parent.Folder, int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture)) : null;
    }

    static bool IsMachine(string key) => key == "cuda" || key == "scheduler::steps_per_epoch" || key.Contains("num_workers", StringComparison.Ordinal)
        || key.EndsWith("::workers", StringComparison.Ordinal) || key.Contains("device", StringComparison.Ordinal) || key.EndsWith("dump", StringComparison.Ordinal);

    internal static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString() switch { "\u0001NaN" => double.NaN, "\u0001Infinity" => double.PositiveInfinity, "\u0001-Infinity" => double.NegativeInfinity, _ => null },
        _ => null,
    };

    /// <summary>Python writes NaN and Infinity as bare words, which JSON has not; quoted with a mark they pass.</summary>
    internal static string Unbare(string json) => BareNumber().Replace(json, match => match.Groups[1].Success ? $"\"\\u0001{match.Groups[1].Value}\"" : match.Value);

    static async Task<byte[]> ReadAllAsync(IModelFiles files, ModelFile file, int limit, CancellationToken stop)
    {
        if (file.SizeBytes > limit) throw new InvalidDataException($"'{file.Path}' has {file.SizeBytes} bytes; at most {limit} are read.");
        var source = await files.OpenAsync(file.Path, stop);
        using var _ = source as IDisposable;
        var bytes = new byte[Math.Min(source.Length, limit)];
        for (var done = 0; done < bytes.Length;)
        {
            var read = await source.ReadAsync(done, bytes.AsMemory(done), stop);
            if (read <= 0) return bytes[..done];
            done += read;
        }
        return bytes;
    }

    static string FolderOf(string path) => path.LastIndexOf('/') is var at and >= 0 ? path[..at] : "";

    [GeneratedRegex(@"^(.*/|)checkpoint_(\d{1,9})/(?:checkpoints|model\.safetensors)$")]
    private static partial Regex CheckpointPath();

    [GeneratedRegex(@"([^/]+)/checkpoint_(\d{1,9})(?:/|$)")]
    private static partial Regex ParentPath();

    /// <summary>Strings are matched first, so that words inside them stay as they are.</summary>
    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|(-?Infinity|NaN)")]
    private static partial Regex BareNumber();
}
