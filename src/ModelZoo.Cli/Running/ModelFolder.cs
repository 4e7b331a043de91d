using ModelZoo.Client;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Lora;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Serving;

namespace ModelZoo.Cli.Running;

/// <summary>A model that `zoo run` names: a folder, or a repository, whose files are brought into a cache of the user once for each commit.</summary>
sealed record ModelFolder(string Path, string Name, string? Commit)
{
    /// <summary>What no run needs.</summary>
    static readonly string[] s_left = ["*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack", "*.tflite", "*.gguf", "*.md", "*.png", "*.jpg", "*.jpeg", "*.ipynb", "*.pdf"];

    static string Cache => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "modelzoo", "models");

    public static async Task<ModelFolder> FindAsync(HubCall call, string text)
    {
        if (Directory.Exists(text)) return new(System.IO.Path.GetFullPath(text), System.IO.Path.GetFileName(System.IO.Path.GetFullPath(text).TrimEnd('/')), null);
        if (!text.Contains('/', StringComparison.Ordinal)) throw new UsageException($"'{text}' is no folder; a model of a hub is named owner/name[@revision].");
        var address = RepoAddress.Parse(text);
        if (address.Repo.Kind != RepoKind.Model) throw new UsageException($"{address.Repo} is no model.");
        var folder = System.IO.Path.Combine(Cache, Safe($"{call.Endpoint.Host}-{call.Endpoint.Port}"), Safe($"{address.Repo}"), Safe(address.RevisionOrMain));
        var outcome = await TransferDisplay.RunAsync(call.Screen, progress => call.Zoo.DownloadSnapshotAsync(address.Repo, folder,
            new() { Revision = address.RevisionOrMain, Filter = new([], s_left) }, progress, call.Stop));
        return new(folder, $"{address.Repo}", outcome.Commit);

        static string Safe(string part) => part.Replace("/", "--", StringComparison.Ordinal);
    }

    /// <summary>Opens it; an adapter on the base that is named, or that its own configuration names.</summary>
    public async Task<ServedModel> OpenAsync(HubCall call, string? baseModel, string? adapter, bool merges, int threads)
    {
        var (folder, adapters) = (Path, new List<string>());
        if (adapter is not null) adapters.Add((await FindAsync(call, adapter)).Path);
        if (baseModel is not null || IsAdapterAlone())
        {
            adapters.Insert(0, Path);
            var name = baseModel ?? AdapterConfig.Parse(await File.ReadAllBytesAsync(System.IO.Path.Combine(Path, AdapterConfig.FileName), call.Stop)).BaseModel
                ?? throw new UsageException("This is an adapter that does not name its base: give it with --base.");
            folder = (await FindAsync(call, name)).Path;
        }
        var open = new OpenOptions { Settings = SessionSettings.Default with { Threads = threads }, Adapters = adapters, MergesAdapters = merges };
        return await ServedModel.OpenAsync(folder, new() { Open = open, Concurrency = 1 }, call.Stop);
    }

    bool IsAdapterAlone() => File.Exists(System.IO.Path.Combine(Path, AdapterConfig.FileName)) && !File.Exists(System.IO.Path.Combine(Path, "config.json"));
}
