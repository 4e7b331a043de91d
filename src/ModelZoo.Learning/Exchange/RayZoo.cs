using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// The layout in which the published model zoos lie: folders of trials, each with its configuration, its results, and checkpoints. Only names and
/// configurations are read here; states and results are opened by whoever wants them, without running what they contain.
/// </summary>
/// <param name="Factors">Configuration keys whose value differs between trials, without those that only describe a machine.</param>
/// <param name="Skipped">Folders that look like trials and are none, and why.</param>
public sealed partial record RayZoo(IReadOnlyList<RayTrial> Trials, IReadOnlyList<string> Factors, IReadOnlyDictionary<string, JsonElement> Constants, IReadOnlyList<string> Skipped)
{
    const int MaxConfigBytes = 1 << 20;

    /// <summary>The first found counts: Ray's own trainables of these zoos, then what newer ones call theirs.</summary>
    static readonly string[] s_states = ["checkpoints", "model.safetensors", "checkpoint.pt", "checkpoint.pth", "model.pt", "model.pth", "pytorch_model.bin"];

    static readonly string[] s_parentPaths = ["pretraining::model::path", "pretrained::model::path"];
    static readonly string[] s_parentNames = ["pretraining::model", "pretrained::model"];

    /// <summary>Sparsified twins: the folder of the dense model, and which of its states they began from.</summary>
    const string DensePath = "training::init_checkpoint_path", DenseEpoch = "training::sample_epoch", DenseNumber = "training::sample_number";

    public static async Task<RayZoo> ReadAsync(IModelFiles files, CancellationToken stop)
    {
        var byFolder = files.Files.ToLookup(file => FolderOf(file.Path), StringComparer.Ordinal);
        var states = new Dictionary<string, SortedDictionary<int, (int Rank, string Path)>>(StringComparer.Ordinal);
        var (optimizers, twice) = (new Dictionary<string, Dictionary<int, string>>(StringComparer.Ordinal), new List<string>());
        var (full, empty) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var file in files.Files) (Place(file.Path, states, optimizers, twice) is { } isState ? isState ? full : empty : null)?.Add(FolderOf(file.Path));
        empty.ExceptWith(full);
        var (trials, skipped) = (new List<RayTrial>(), new List<string>(twice));
        var folders = byFolder.Select(group => group.Key).Concat(states.Keys).Distinct().Order(StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            var here = byFolder[folder].ToDictionary(file => file.Path[(folder.Length > 0 ? folder.Length + 1 : 0)..], StringComparer.Ordinal);
            var (config, json, csv) = (here.GetValueOrDefault("params.json") ?? here.GetValueOrDefault("config.json"), here.GetValueOrDefault("result.json"), here.GetValueOrDefault("progress.csv"));
            var own = states.GetValueOrDefault(folder);
            if (json is null && csv is null && own is null) continue;
            if (config is null && json is null)
            {
                skipped.Add($"'{folder}' was left out: without params.json, config.json or result.json nothing says what made {(own is null ? "its results" : "its checkpoints")}; --pattern takes checkpoints by their names.");
                continue;
            }
            trials.Add(await ReadTrialAsync(files, folder, config, json, csv, own?.ToDictionary(pair => pair.Key, pair => pair.Value.Path) ?? [], optimizers.GetValueOrDefault(folder) ?? [],
                here.ContainsKey("error.txt") || here.ContainsKey("error.pkl"), here.GetValueOrDefault("member.json")?.Path, stop));
        }
        foreach (var folder in empty.Order(StringComparer.Ordinal)) skipped.Add($"'{folder}' holds no state that is read here.");
        trials = WithParents(trials);
        var keys = trials.SelectMany(trial => trial.Config.Keys).Distinct().Where(key => !IsMachine(key)).Order(StringComparer.Ordinal).ToList();
        // Stages have keys of their own; what is the same wherever it stands made no difference.
        var factors = keys.Where(key => trials.Where(trial => trial.Config.ContainsKey(key)).Select(trial => trial.Config[key].GetRawText()).Distinct().Skip(1).Any()).ToList();
        return new(trials, factors, keys.Except(factors).ToDictionary(key => key, key => trials.Find(trial => trial.Config.ContainsKey(key))!.Config[key]), skipped);
    }

    /// <summary>Whose state a path is: <c>checkpoint_000010/checkpoints</c>, or <c>checkpoint_10.pt</c> without a folder.</summary>
    /// <returns>Whether it is a state; null when it does not lie in a folder of a checkpoint.</returns>
    static bool? Place(string path, Dictionary<string, SortedDictionary<int, (int Rank, string Path)>> states, Dictionary<string, Dictionary<int, string>> optimizers, List<string> twice)
    {
        if (InFolder().Match(path) is { Success: true } match)
        {
            var (folder, number, name) = (match.Groups[1].Value.TrimEnd('/'), int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture), match.Groups[3].Value);
            var rank = Array.IndexOf(s_states, name);
            if (rank >= 0) Add(folder, number, rank);
            else if (name is "optimizer" or "optimizer.pt") (optimizers.TryGetValue(folder, out var known) ? known : optimizers[folder] = [])[number] = path;
            return rank >= 0;
        }
        if (Alone().Match(path) is { Success: true } alone) Add(alone.Groups[1].Value.TrimEnd('/'), int.Parse(alone.Groups[2].ValueSpan, CultureInfo.InvariantCulture), s_states.Length);
        return null;

        void Add(string folder, int number, int rank)
        {
            if (!states.TryGetValue(folder, out var known)) states[folder] = known = [];
            if (!known.TryGetValue(number, out var other)) known[number] = (rank, path);
            else
            {
                // Another file of the same folder is the same state in another format; another folder is not.
                if (FolderOf(other.Path) != FolderOf(path)) twice.Add($"'{(rank < other.Rank ? other.Path : path)}' was left out: checkpoint {number} of '{folder}' is there twice.");
                if (rank < other.Rank) known[number] = (rank, path);
            }
        }
    }

    static async Task<RayTrial> ReadTrialAsync(IModelFiles files, string folder, ModelFile? config, ModelFile? json, ModelFile? csv, Dictionary<int, string> states, Dictionary<int, string> optimizers, bool hasFailed, string? card, CancellationToken stop)
    {
        var warnings = new List<string>();
        IReadOnlyDictionary<string, JsonElement>? settings = null;
        try
        {
            if (config is not null) settings = await ReadConfigAsync(files, config, stop);
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException)
        {
            warnings.Add($"'{config!.Path}' cannot be read: {problem.Message}");
        }
        if (settings is null && json is not null && (settings = await RayResults.FindConfigAsync(files, json.Path, stop)) is not null) warnings.Add($"The settings of '{folder}' were taken from its results.");
        settings ??= new Dictionary<string, JsonElement>();
        return new(folder, StageOf(folder, settings), settings, (json?.Path, csv?.Path), states, optimizers, null, hasFailed, card, warnings);
    }

    static async Task<IReadOnlyDictionary<string, JsonElement>> ReadConfigAsync(IModelFiles files, ModelFile config, CancellationToken stop)
    {
        if (config.SizeBytes > MaxConfigBytes) throw new InvalidDataException($"it has {config.SizeBytes} bytes; at most {MaxConfigBytes} are read");
        var source = await files.OpenAsync(config.Path, stop);
        using var _ = source as IDisposable;
        var bytes = new byte[Math.Min(source.Length, MaxConfigBytes)];
        var done = 0;
        for (int read; done < bytes.Length && (read = await source.ReadAsync(done, bytes.AsMemory(done), stop)) > 0;) done += read;
        using var json = JsonDocument.Parse(RayResults.Unbare(Encoding.UTF8.GetString(bytes.AsSpan(0, done)).TrimStart('\uFEFF')), new() { MaxDepth = 32 });
        if (json.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("it holds no object");
        var settings = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in json.RootElement.EnumerateObject()) settings[property.Name] = property.Value.Clone();
        return settings;
    }

    static string StageOf(string folder, IReadOnlyDictionary<string, JsonElement> config) =>
        config.ContainsKey(DensePath) || Text(config, "model::type")?.EndsWith("_ARD", StringComparison.Ordinal) == true ? "prune"
        : s_parentPaths.Concat(s_parentNames).Any(key => Text(config, key) is not null) || folder.Split('/').SkipLast(1).Any(part => part.StartsWith("finetun", StringComparison.Ordinal)) || folder.StartsWith("finetun", StringComparison.Ordinal) ? "finetune" : "pretrain";

    static List<RayTrial> WithParents(List<RayTrial> trials)
    {
        var byName = trials.ToLookup(trial => NameOf(trial.Folder), StringComparer.Ordinal);
        return [.. trials.Select(trial => FindParent(trial, byName) is { } parent ? trial with { Parent = parent, Stage = trial.Stage == "pretrain" ? "finetune" : trial.Stage } : trial)];
    }

    /// <summary>By the path in the configuration, by the name there, or by the folder that fine-tuned models of one parent share.</summary>
    static RayParent? FindParent(RayTrial trial, ILookup<string, RayTrial> byName)
    {
        if (s_parentPaths.Select(key => Text(trial.Config, key)).FirstOrDefault(text => text is not null) is { } path && ParentPath().Match(path) is { Success: true } match)
            return Of(match.Groups[1].Value, path[..(match.Groups[1].Index + match.Groups[1].Length)], int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
        if (Text(trial.Config, DensePath)?.TrimEnd('/') is { Length: > 0 } dense)
            return Of(NameOf(dense), dense, Whole(trial.Config, DenseEpoch) ?? Whole(trial.Config, DenseNumber));
        if (s_parentNames.Select(key => Text(trial.Config, key)).FirstOrDefault(text => text is { Length: > 0 }) is { } name) return Of(NameOf(name), name, null);
        return trial.Stage == "finetune" && trial.Folder.Split('/') is [.., var folder, _] && byName[folder].Any() ? Of(folder, folder, null) : null;

        RayParent Of(string name, string path, int? epoch)
        {
            var candidates = byName[name].Where(other => other.Folder != trial.Folder).ToList();
            // Of several with one name, the one whose folder ends as the path does.
            var found = candidates.Count <= 1 ? candidates.FirstOrDefault() : candidates.FindAll(other => path.EndsWith(other.Folder, StringComparison.Ordinal)) is [var only] ? only : null;
            return new(name, found?.Folder, epoch ?? (found is { Checkpoints.Count: > 0 } ? found.Checkpoints.Keys.Max() : null));
        }
    }

    internal static string? Text(IReadOnlyDictionary<string, JsonElement> config, string key) => config.TryGetValue(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static int? Whole(IReadOnlyDictionary<string, JsonElement> config, string key) => config.TryGetValue(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number : null;

    /// <summary>Keys that say where a model came from; the parent says it.</summary>
    internal static bool IsOrigin(string key) => key.StartsWith("pretraining::model", StringComparison.Ordinal) || key.StartsWith("pretrained::model", StringComparison.Ordinal) || key == DensePath;

    static bool IsMachine(string key) => key == "cuda" || key == "scheduler::steps_per_epoch" || key.Contains("num_workers", StringComparison.Ordinal)
        || key.EndsWith("::workers", StringComparison.Ordinal) || key.Contains("device", StringComparison.Ordinal) || key.EndsWith("dump", StringComparison.Ordinal);

    internal static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    static string FolderOf(string path) => path.LastIndexOf('/') is var at and >= 0 ? path[..at] : "";

    [GeneratedRegex(@"^(.*/|)checkpoint_(\d{1,9})/([^/]+)$")]
    private static partial Regex InFolder();

    [GeneratedRegex(@"^(.*/|)checkpoint_(\d{1,9})\.(?:pt|pth|safetensors)$")]
    private static partial Regex Alone();

    [GeneratedRegex(@"([^/]+)/checkpoint_(\d{1,9})(?:/|\.pt|$)")]
    private static partial Regex ParentPath();
}
