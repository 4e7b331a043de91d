using System.Text.Json;
using ModelZoo.Weights;

namespace ModelZoo.Profiling;

/// <summary>Chooses which files of a model say what it is, reads their headers, and makes the profile. A broken file is named and the rest still counts.</summary>
public static class ModelReader
{
    /// <summary>Headers read at the same time: enough to hide the latency of a remote store.</summary>
    const int FilesAtOnce = 8;

    static readonly string[] s_endings = [".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".keras", ".tflite", ".npz", ".pb"];

    static readonly string[] s_descriptions = ["config.json", "adapter_config.json", "model_index.json"];

    /// <summary>Defects that a profile lists one by one.</summary>
    const int MaxDefects = 20;

    /// <summary>Whether a profile can depend on a file of this path: it is a weight file by its ending, or a configuration.</summary>
    public static bool Reads(string path) => (IsWeight(path) && !IsKeptState(path)) || s_descriptions.Contains(path[(path.LastIndexOf('/') + 1)..]);

    /// <summary>A state of a population's member (docs/populations.md): many of them are no model, and while one is trained there are new ones every second.</summary>
    static bool IsKeptState(string path) =>
        path.StartsWith("members/", StringComparison.Ordinal) && path.Split('/') is [_, _, "checkpoints" or "logits" or "averages" or "optimizer", var name] && name.StartsWith("epoch-", StringComparison.Ordinal);

    public static async Task<Profile> ReadAsync(IModelFiles files, string? name, CancellationToken stop) => (await ReadAllAsync(files, name, stop)).Profile;

    /// <summary>The profile, with the headers it was made from and what was wrong with the files.</summary>
    public static async Task<ModelReading> ReadAllAsync(IModelFiles files, string? name, CancellationToken stop)
    {
        var tally = new HeaderTally();
        var profile = files.Files.Any(file => file.Path == "model_index.json")
            ? await ReadComponentsAsync(files, name, tally, stop) : await ReadOneAsync(files, "", name, tally, stop);
        return new(profile, tally.Headers, tally.Defects);
    }

    static async Task<Profile> ReadOneAsync(IModelFiles files, string folder, string? name, HeaderTally tally, CancellationToken stop)
    {
        var (config, defect) = await ReadConfigAsync(files, folder + "config.json", stop);
        var (isAdapter, adapterDefect) = await ReadConfigAsync(files, folder + "adapter_config.json", stop) is var (adapter, problem) && adapter is not null ? (true, problem) : (false, null);
        var (chosen, remarks) = Choose(files.Files, folder);
        var read = new WeightFile?[chosen.Count];
        var broken = new string?[chosen.Count];
        try
        {
            await Parallel.ForAsync(0, chosen.Count, new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = stop }, async (i, halt) =>
            {
                try
                {
                    var source = await files.OpenAsync(chosen[i].Path, halt);
                    using var _ = source as IDisposable;
                    read[i] = await WeightReader.ReadHeaderAsync(source, halt);
                }
                catch (Exception error) when (error is WeightFormatException or OverflowException)
                {
                    broken[i] = $"{chosen[i].Path}: {error.Message}";
                    return;
                }
                tally.Count(read[i]!);
            });
        }
        catch (ProfileException tooMuch)
        {
            tally.Defects.Add(tooMuch.Message);
            return new() { Name = name, ModelType = config?.ModelType, NotMeasured = Profiler.Missing(tooMuch.Message, "parameters", "weightBytes", "flopPerUnit"), Notices = remarks };
        }
        var weights = read.OfType<WeightFile>().ToList();
        tally.Headers.AddRange(chosen.Zip(read).Where(pair => pair.Second is not null).Select(pair => new ReadHeader(pair.First.Path, pair.Second!)));
        var defects = broken.OfType<string>().ToList();
        if (defects.Count > MaxDefects) defects = [.. defects.Take(MaxDefects), $"{defects.Count - MaxDefects} more files cannot be read."];
        remarks.AddRange(defects);
        tally.Defects.AddRange(defects);
        if (defect is not null) tally.Defects.Add(defect);
        if (weights.Count == 0 && config is null && defect is null && remarks.Count == 0)
            return new() { Name = name, NotMeasured = Profiler.Missing("there is no configuration and no weight file that is read", "parameters", "weightBytes", "flopPerUnit") };
        Profile profile;
        try
        {
            profile = weights.Count > 0 ? Profiler.OfTensors(weights, isAdapter ? null : config, name, defect)
                : config is not null ? Profiler.OfConfig(config, name)
                : new() { Name = name, NotMeasured = Profiler.Missing(defect ?? "no weight file could be read", "parameters", "weightBytes", "flopPerUnit") };
        }
        catch (Exception error) when (error is ProfileException or OverflowException)
        {
            profile = new() { Name = name, ModelType = config?.ModelType, NotMeasured = Profiler.Missing(error.Message, "parameters", "weightBytes", "flopPerUnit") };
        }
        if (weights.Count == 1 && weights[0] is { Format: WeightFormat.Onnx } && config?.ModelType is null)
            profile = await OnnxProfiler.RefineAsync(profile, files, chosen[0].Path, stop);
        if (isAdapter)
        {
            profile = profile with { Family = ModelFamily.Adapter, Work = null, Notices = [.. profile.Notices, AdapterOf(adapter!)], NotMeasured = Profiler.Missing("an adapter works only on its base model", "flopPerUnit", "kvCacheBytesPerToken") };
            if (adapterDefect is not null) remarks.Add(adapterDefect);
        }
        profile = profile with { Companions = Companions(files.Files, folder, chosen) };
        return remarks.Count > 0 ? profile with { Notices = [.. profile.Notices, .. remarks] } : profile;
    }

    /// <summary>What adapter_config.json says: the base model's own figures are to be added.</summary>
    static string AdapterOf(ModelConfig adapter) =>
        $"An adapter{(adapter.FindText("peft_type") is { } type ? $" ({type}{(adapter.FindWhole("r") is { } rank ? $", rank {rank}" : "")})" : "")}{(adapter.FindTexts("target_modules") is { Count: > 0 } modules ? $" of {string.Join(", ", modules.Take(8))}" : "")} for "
        + $"{adapter.FindText("base_model_name_or_path") ?? "a base model that it does not name"}: to load it, the base model is needed as well.";

    /// <summary>A pipeline of diffusers: <c>model_index.json</c> lists components, each a folder with its own configuration and weights.</summary>
    static async Task<Profile> ReadComponentsAsync(IModelFiles files, string? name, HeaderTally tally, CancellationToken stop)
    {
        var (index, defect) = await ReadConfigAsync(files, "model_index.json", stop);
        if (defect is not null) tally.Defects.Add(defect);
        if (index is null) return new() { Name = name, NotMeasured = Profiler.Missing(defect ?? "model_index.json cannot be read", "parameters", "weightBytes", "flopPerUnit") };
        var parts = new List<ProfilePart>();
        foreach (var component in index.Entries.Where(entry => entry.Value.ValueKind == JsonValueKind.Array && entry.Key.Length < 100).Select(entry => entry.Key).Take(50))
            if (files.Files.Any(file => file.Path == $"{component}/config.json" || (file.Path.StartsWith(component + "/", StringComparison.Ordinal) && IsWeight(file.Path))))
                parts.Add(new(component, await ReadOneAsync(files, component + "/", component, tally, stop)));
        if (parts.Count == 0) return new() { Name = name, ModelType = index.ModelType, NotMeasured = Profiler.Missing("no component of the pipeline has a configuration or weights", "parameters", "weightBytes", "flopPerUnit") };
        var main = (parts.Find(part => part.Name is "unet" or "transformer" or "prior") ?? parts[0]).Profile;
        return main with
        {
            Name = name, Parts = parts, Work = main.Work is { Unit: WorkUnit.Call } work ? WithOthers(work, main, parts) : main.Work,
            Parameters = Sum(parts, part => part.Parameters, "all components"), ActiveParameters = Sum(parts, part => part.ActiveParameters, "all components"),
            WeightBytes = Sum(parts, part => part.WeightBytes, "all components"), EmbeddingAndHead = parts.Sum(part => part.Profile.EmbeddingAndHead),
            Components = [], TensorCount = parts.Sum(part => part.Profile.TensorCount),
            DTypes = [.. parts.SelectMany(part => part.Profile.DTypes).GroupBy(share => share.DType).Select(g => new DTypeShare(g.Key, g.Sum(s => s.Tensors), g.Sum(s => s.Parameters), g.Sum(s => s.Bytes)))],
            Notices = [.. main.Notices, $"{parts.Count} components are loaded together: {string.Join(", ", parts.Select(part => part.Name))}. Time is that of the denoiser's calls; text encoders and decoder run once."],
        };
    }

    /// <summary>Text encoders and decoders run once per result: a prompt is 77 tokens for CLIP, 512 for T5.</summary>
    static WorkModel WithOthers(WorkModel work, Profile main, List<ProfilePart> parts)
    {
        double flop = 0, weights = 0;
        foreach (var (name, part) in parts.Select(part => (part.Name, part.Profile)))
        {
            if (ReferenceEquals(part, main) || part.Work is not { } other || name.Contains("safety", StringComparison.Ordinal) || name.Contains("image_encoder", StringComparison.Ordinal)) continue;
            var isWhole = other.HasDecoder && other.EncoderWeights > 0;
            flop += isWhole || other.IsEncoder ? other.EncoderFlop(512) - 2 * other.CrossWeights * 512 : other.FlopPerUnit;
            weights += isWhole || other.IsEncoder ? other.EncoderWeights : part.MatrixWeights?.Value ?? part.Parameters?.Value ?? 0;
        }
        return work with { OnceFlop = flop, OnceWeights = weights, CallWeights = main.Parameters?.Value ?? 0 };
    }

    /// <summary>Null when a part is missing: a sum of some parts would mislead.</summary>
    static Figure? Sum(List<ProfilePart> parts, Func<Profile, Figure?> of, string how) =>
        parts.TrueForAll(part => of(part.Profile) is not null) ? new(parts.Sum(part => of(part.Profile)!.Value.Value), parts.Max(part => of(part.Profile)!.Value.Origin), $"sum of {how}") : null;

    static async Task<(ModelConfig? Config, string? Defect)> ReadConfigAsync(IModelFiles files, string path, CancellationToken stop)
    {
        if (files.Files.FirstOrDefault(file => file.Path == path) is not { } file) return (null, null);
        if (file.SizeBytes > ProfileLimits.MaxConfigBytes) return (null, $"{path} has {file.SizeBytes} bytes; at most {ProfileLimits.MaxConfigBytes} are read.");
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        var content = new byte[Math.Min(source.Length, ProfileLimits.MaxConfigBytes)];
        var filled = 0;
        while (filled < content.Length && await source.ReadAsync(filled, content.AsMemory(filled), stop) is > 0 and var read) filled += read;
        try
        {
            return (ModelConfig.Parse(content.AsSpan(0, filled)), null);
        }
        catch (ProfileException problem)
        {
            return (null, $"{path}: {problem.Message}");
        }
    }

    /// <summary>Files that runtimes load beside the model, told by how they are named.</summary>
    static List<Companion> Companions(IReadOnlyList<ModelFile> files, string folder, IReadOnlyList<ModelFile> chosen)
    {
        var found = new List<Companion>();
        foreach (var file in files)
        {
            if (!file.Path.StartsWith(folder, StringComparison.Ordinal) || file.Path.IndexOf('/', folder.Length) >= 0 || !IsWeight(file.Path) || chosen.Contains(file)) continue;
            var name = Name(file);
            var kind = name.Contains("mmproj", StringComparison.OrdinalIgnoreCase) ? "projector" : name.Contains("draft", StringComparison.OrdinalIgnoreCase) ? "draft model"
                : name.Contains("lora", StringComparison.OrdinalIgnoreCase) || name.StartsWith("adapter_", StringComparison.Ordinal) ? "adapter" : name.Contains("vae", StringComparison.OrdinalIgnoreCase) ? "autoencoder" : null;
            if (kind is not null && found.Count < 100) found.Add(new(file.Path, kind, file.SizeBytes));
        }
        return found;
    }

    /// <summary>The main weights of a folder: one format, one file or all its shards. Others are copies of the same model.</summary>
    static (List<ModelFile> Files, List<string> Remarks) Choose(IReadOnlyList<ModelFile> files, string folder)
    {
        var remarks = new List<string>();
        // A file that someone names is read whatever it is called.
        if (files is [var only] && !only.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return ([only], remarks);
        var own = files.Where(file => file.Path.StartsWith(folder, StringComparison.Ordinal) && file.Path.IndexOf('/', folder.Length) < 0 && IsWeight(file.Path)).ToList();
        if (own.Count == 0 && folder.Length == 0) own = [.. files.Where(file => file.Path.StartsWith("onnx/", StringComparison.Ordinal) && file.Path.EndsWith(".onnx", StringComparison.Ordinal))];
        foreach (var ending in s_endings)
        {
            var candidates = own.Where(file => file.Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
            if (ending == ".safetensors" && candidates.Count > 1) candidates = [.. candidates.Where(file => !Name(file).Contains("consolidated", StringComparison.Ordinal)).DefaultIfEmpty(candidates[0])];
            if (ending == ".gguf") candidates = [.. candidates.OrderBy(file => Name(file).StartsWith("mmproj", StringComparison.Ordinal))];
            if (candidates.Count == 0) continue;
            var main = candidates.Find(file => Stem(file, ending) is "model" or "diffusion_pytorch_model" or "pytorch_model" or "adapter_model" or "adapter_pytorch_model");
            var first = main ?? candidates.Find(file => Shard(Name(file)) is not null) ?? candidates[0];
            var chosen = Shard(Name(first)) is { } shard ? candidates.Where(file => Shard(Name(file)) is { } other && other.Stem == shard.Stem && other.Count == shard.Count).Take(ProfileLimits.MaxShards).ToList() : [first];
            if (Shard(Name(first)) is { } set && chosen.Count < set.Count) remarks.Add($"{set.Count - chosen.Count} of {set.Count} shards are missing: counts are too low.");
            var others = own.Except(chosen).Select(Name).ToList();
            if (others.Count > 0) remarks.Add($"Read: {(chosen.Count == 1 ? Name(chosen[0]) : $"{chosen.Count} shards")}. Beside them lie {string.Join(", ", others.Take(8))}{(others.Count > 8 ? " …" : "")}.");
            return (chosen, remarks);
        }
        return ([], remarks);
    }

    static bool IsWeight(string path) => s_endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) && !path.EndsWith("training_args.bin", StringComparison.Ordinal)
        && !path.EndsWith("optimizer.bin", StringComparison.Ordinal) && !path.EndsWith("optimizer.pt", StringComparison.Ordinal) && !path.EndsWith("scheduler.pt", StringComparison.Ordinal);

    static string Name(ModelFile file) => file.Path[(file.Path.LastIndexOf('/') + 1)..];

    static string Stem(ModelFile file, string ending) => Name(file)[..^ending.Length];

    /// <summary><c>stem-00001-of-00030.ending</c>.</summary>
    static (string Stem, int Count)? Shard(string name)
    {
        var of = name.LastIndexOf("-of-", StringComparison.Ordinal);
        if (of < 6) return null;
        var digits = 0;
        while (of + 4 + digits < name.Length && char.IsAsciiDigit(name[of + 4 + digits]) && digits < 6) digits++;
        var dash = name.LastIndexOf('-', of - 1);
        return digits > 0 && dash > 0 && int.TryParse(name.AsSpan(of + 4, digits), out var count) && count is >= 1 and <= ProfileLimits.MaxShards ? (name[..dash], count) : null;
    }
}
