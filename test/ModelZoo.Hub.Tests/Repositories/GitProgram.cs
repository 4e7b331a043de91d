using System.Diagnostics;
using System.Text;

namespace ModelZoo.Hub.Tests.Repositories;

/// <summary>The git program on a repository of its own: the reference that object ids are compared with.</summary>
public sealed class GitProgram : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("zoo-git-").FullName;

    public GitProgram() => Run(null, [], "init", "-q", "--bare", ".");

    /// <summary>False where git is not installed; then there is nothing to compare with.</summary>
    public static bool IsPresent { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "git")));

    public string Blob(byte[] content) => Run(content, [], "hash-object", "-w", "--stdin");

    /// <summary>The tree that an index of these paths makes: git sorts and nests.</summary>
    /// <param name="files">Path to mode and blob.</param>
    public string Tree(IEnumerable<(string Path, string Mode, string Blob)> files)
    {
        File.Delete(Path.Combine(_folder, "index"));
        var lines = string.Concat(files.Select(f => $"{f.Mode} {f.Blob}\t{f.Path}\0"));
        Run(Encoding.UTF8.GetBytes(lines), [], "update-index", "-z", "--index-info");
        return Run(null, [], "write-tree");
    }

    public string Commit(string tree, string? parent, string message, string name, string email, DateTimeOffset when)
    {
        var date = $"{when.ToUnixTimeSeconds()} +0000";
        return Run(Encoding.UTF8.GetBytes(message),
            [("GIT_AUTHOR_NAME", name), ("GIT_AUTHOR_EMAIL", email), ("GIT_AUTHOR_DATE", date), ("GIT_COMMITTER_NAME", name), ("GIT_COMMITTER_EMAIL", email), ("GIT_COMMITTER_DATE", date)],
            parent is null ? ["commit-tree", tree] : ["commit-tree", tree, "-p", parent]);
    }

    string Run(byte[]? input, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "core.protectNTFS=false", .. arguments])
        {
            WorkingDirectory = _folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["GIT_DIR"] = _folder;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var git = Process.Start(start)!;
        if (input is not null) git.StandardInput.BaseStream.Write(input);
        git.StandardInput.Close();
        var output = git.StandardOutput.ReadToEnd();
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)}: {error}");
        return output.Trim();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
