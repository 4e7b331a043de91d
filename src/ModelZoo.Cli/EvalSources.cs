using System.Text.RegularExpressions;
using ModelZoo.Client;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Cli;

/// <summary>A model or dataset as a local folder.</summary>
sealed record LocalSource(string Folder, string? Repo, string? Revision);

/// <summary>Finds what `zoo eval` is told: tasks by name or file, models and data in folders or on the hub. What is on the hub is brought once for each commit.</summary>
static partial class EvalSources
{
    public static (IReadOnlyList<TaskDefinition> Tasks, TaskGroup? Group) FindTasks(IReadOnlyList<string> names)
    {
        var tasks = new List<TaskDefinition>();
        TaskGroup? group = null;
        foreach (var name in names)
        {
            var (library, own) = File.Exists(name) ? OfFile(name) : (SuiteCatalogue.Library, name);
            if (library.FindGroup(own) is { } found)
            {
                if (names.Count > 1) throw new UsageException($"'{name}' is a group: run it by itself.");
                group = found;
                tasks.AddRange(found.Tasks);
            }
            else tasks.AddRange(library.GetTasks(own));
        }
        return ([.. tasks.DistinctBy(task => task.Name)], group);
    }

    /// <summary>A file may include others that lie beside it.</summary>
    static (TaskLibrary Library, string Name) OfFile(string path)
    {
        if (new FileInfo(path).Length > 1 << 20) throw new UsageException($"'{path}' is too long for a task file.");
        var match = Named().Match(File.ReadAllText(path));
        return match.Success ? (new TaskLibrary(new TaskFolder(Path.GetDirectoryName(Path.GetFullPath(path))!)), match.Groups[1].Value)
            : throw new UsageException($"'{path}' names neither a task nor a group.");
    }

    [GeneratedRegex(@"^(?:task|group):[ \t]*[""']?([^\s""'#\[]+)", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Named();

    public static async Task<LocalSource> FindModelAsync(LocalCall call, string text) => Directory.Exists(text) ? new(text, null, null) : await PullAsync(call, text, RepoKind.Model);

    public static async Task<DatasetSource> FindDatasetAsync(LocalCall call, string text)
    {
        if (Directory.Exists(text)) return new(text);
        var source = await PullAsync(call, text, RepoKind.Dataset);
        return new(source.Folder, source.Repo, source.Revision);
    }

    /// <summary>The datasets that tasks name, from the hub.</summary>
    public static async Task<IReadOnlyDictionary<string, DatasetSource>> FindDatasetsAsync(LocalCall call, IReadOnlyList<TaskDefinition> tasks)
    {
        var found = new Dictionary<string, DatasetSource>(StringComparer.Ordinal);
        foreach (var path in tasks.Select(task => task.DatasetPath).OfType<string>().Distinct(StringComparer.Ordinal))
            found[path] = path.Contains('/', StringComparison.Ordinal) || Directory.Exists(path) ? await FindDatasetAsync(call, path)
                : throw new UsageException($"The data of '{path}' must be named: pass --data.");
        return found;
    }

    /// <summary>A snapshot of a repository, kept in the cache by its commit.</summary>
    public static async Task<LocalSource> PullAsync(LocalCall call, string text, RepoKind kind)
    {
        if (!text.Contains('/', StringComparison.Ordinal)) throw new UsageException($"'{text}' is no folder and no repository (owner/name).");
        LocalSource? source = null;
        await HubCall.RunAsync(call.Parse, async hub =>
        {
            var address = RepoAddress.Parse(text, kind);
            var commit = (await hub.Zoo.GetRepositoryAsync(address.Repo, address.RevisionOrMain, stop: hub.Stop)).Sha ?? throw new UsageException($"The hub does not say which commit '{text}' is.");
            var folder = Path.Combine(CacheFolder(), kind.ToString().ToLowerInvariant(), SafeName(address.Repo.ToString()), commit);
            await TransferDisplay.RunAsync(call.Screen, progress => hub.Zoo.DownloadSnapshotAsync(address.Repo, folder, new() { Revision = commit }, progress, hub.Stop));
            source = new(folder, address.Repo.ToString(), commit);
        }, call.Stop);
        return source!;
    }

    /// <summary>$MODELZOO_CACHE, else the user's cache.</summary>
    static string CacheFolder()
    {
        if (Environment.GetEnvironmentVariable("MODELZOO_CACHE") is { Length: > 0 } named) return named;
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");      // the specification says: absolute, or ignored
        return Path.Combine(home is { Length: > 0 } && Path.IsPathRooted(home) ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "modelzoo", "repositories");
    }

    public static string SafeName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
}
