using System.CommandLine;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Cli;

/// <summary>What a person names as a model: a folder, a weight file, a bare config.json, an id of the registry, or a repository on a hub.</summary>
static class ModelSource
{
    public static Argument<string> Argument() => new("MODEL") { Description = "A folder, a weight file, a config.json, an id of `zoo workloads`, or owner/name[@revision] on the hub" };

    /// <summary>Sizes of axes that an ONNX file leaves open.</summary>
    public static readonly Option<string[]> Axes = new("--axis") { Description = "Size of an open axis of an ONNX file: height=320, width=240, sequence=256, or the file's own name for it", HelpName = "NAME=N" };

    public static async Task<Profile> ReadAsync(LocalCall call, string text, Reference reference)
    {
        var profile = await ReadPlainAsync(call, text, reference);
        if (call.Parse.GetResult(Axes) is null || call.Get(Axes) is not { Length: > 0 } axes) return profile;
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var axis in axes)
        {
            var cut = axis.LastIndexOf('=');
            sizes[cut > 0 && long.TryParse(axis.AsSpan(cut + 1), System.Globalization.NumberStyles.None, null, out var size) ? axis[..cut] : throw new UsageException($"'{axis}' is no axis: write height=320.")] = size;
        }
        if (!File.Exists(text) || !text.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)) throw new UsageException("--axis sizes the graph of an ONNX file: name the file itself.");
        return await OnnxProfiler.ResizeAsync(profile, new FolderFiles(text), Path.GetFileName(text), sizes, call.Stop);
    }

    static async Task<Profile> ReadPlainAsync(LocalCall call, string text, Reference reference)
    {
        if (Directory.Exists(text)) return await ModelReader.ReadAsync(new FolderFiles(text), Path.GetFileName(Path.GetFullPath(text)), call.Stop);
        if (File.Exists(text))
        {
            if (!text.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return await ModelReader.ReadAsync(new FolderFiles(text), Path.GetFileName(text), call.Stop);
            if (new FileInfo(text).Length > ProfileLimits.MaxConfigBytes) throw new UsageException($"'{text}' is longer than any configuration.");
            return Profiler.OfConfig(ModelConfig.Parse(await File.ReadAllBytesAsync(text, call.Stop)), Path.GetFileName(text));
        }
        if (reference.FindWorkload(text) is { } workload) return Profiler.OfReference(workload);
        if (!text.Contains('/', StringComparison.Ordinal))
        {
            var near = reference.SuggestWorkloads(text);
            throw new UsageException($"'{text}' is no file, no folder and no workload of the registry{(near.Count > 0 ? $"; near it: {string.Join(", ", near)}" : "")}. See `zoo workloads`.");
        }
        return await HubFiles.ReadAsync(call, text);
    }
}
