using System.CommandLine;
using System.Text.Json;
using ModelZoo.Client;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo snippet REPO[@revision]`: files that use a model, pinned to the commit.</summary>
static class SnippetCommand
{
    /// <summary>What people call a topic.</summary>
    static readonly Dictionary<string, string> s_words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["py"] = "python", ["js"] = "javascript", ["node"] = "javascript", ["cs"] = "csharp", ["c#"] = "csharp", ["dotnet"] = "csharp", ["sh"] = "shell", ["bash"] = "shell",
    };

    public static Command Build()
    {
        var repo = RepoAddress.Argument("MODEL[@revision]", "owner/name");
        var wanted = new Option<string?>("--for") { Description = "A file such as batch.py, a tool such as curl or vLLM, or a language: python, js, csharp, shell, docker", HelpName = "WHAT" };
        var target = new Option<string?>("--out") { Description = "Write the file there instead of printing it; into a folder: all that --for means", HelpName = "FILE|FOLDER" };
        return HubCall.On(new Command("snippet", "Write a file that uses a model") { repo, wanted, target, HubCall.Json }, async call =>
        {
            var model = RepoAddress.From(call, repo);
            var all = await call.Zoo.GetSnippetsAsync(model.Repo, model.Revision, call.Stop);
            if (all.Files.Count == 0) throw new UsageException($"{model.Repo} holds no files at that revision.");
            var files = call.Get(wanted) is { Length: > 0 } word ? Choose(all.Files, word) : all.Files;
            if (call.Get(target) is { } path) await WriteAsync(call, files, path, named: call.Get(wanted) is not null);
            else if (call.Screen.IsJson) call.Screen.Json(new { repository = all.Repository, commit = all.Commit, files });
            else if (call.Get(wanted) is null) call.Screen.Table(["file", "for", "what it does"], [.. files.Select(file => new[] { file.Name, file.Tool, file.About })]);
            else call.Parse.InvocationConfiguration.Output.Write(files[0].Text);
        });
    }

    /// <summary>A file of that name before a tool, a tool before a language; the first is what most people want.</summary>
    static List<SnippetText> Choose(IReadOnlyList<SnippetText> files, string word)
    {
        var topic = s_words.GetValueOrDefault(word, word);
        List<SnippetText> found = [.. files.Where(file => file.Name == word)];
        if (found.Count == 0) found = [.. files.Where(file => string.Equals(file.Tool, word, StringComparison.OrdinalIgnoreCase))];
        if (found.Count == 0) found = [.. files.Where(file => string.Equals(file.Topic, topic, StringComparison.OrdinalIgnoreCase))];
        return found.Count > 0 ? found : throw new UsageException($"There is nothing for '{word}'; there are {string.Join(", ", files.Select(file => file.Name))}.");
    }

    static async Task WriteAsync(HubCall call, IReadOnlyList<SnippetText> files, string path, bool named)
    {
        var isFolder = Directory.Exists(path) || path.EndsWith('/');
        if (!isFolder && !named) throw new UsageException("--out with a file needs --for: which of them? To have all, name a folder.");
        if (isFolder) Directory.CreateDirectory(path);
        foreach (var file in isFolder ? files : files.Take(1))
        {
            // The hub's names come from outside: only the last part counts.
            var target = isFolder ? Path.Combine(path, Path.GetFileName(file.Name)) : path;
            await File.WriteAllTextAsync(target, file.Text, call.Stop);
            if (file.Text.StartsWith("#!", StringComparison.Ordinal) && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(target, File.GetUnixFileMode(target) | UnixFileMode.UserExecute);
            call.Screen.Line($"{target}: {file.About}");
        }
    }
}
