using System.CommandLine;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Cli;

/// <summary>What a person names as a model: a folder, a weight file, a bare config.json, an id of the registry, or a repository on a hub.</summary>
static class ModelSource
{
    public static Argument<string> Argument() => new("MODEL") { Description = "A folder, a weight file, a config.json, an id of `zoo workloads`, or owner/name[@revision] on the hub" };

    public static async Task<Profile> ReadAsync(LocalCall call, string text, Reference reference)
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
