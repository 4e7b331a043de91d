using System.Diagnostics;
using System.Text;

namespace ModelZoo.Hub.Tests.GitHttp;

/// <summary>A folder in which somebody works with the real git, with a home and a configuration of its own.</summary>
public sealed class WorkFolder : IDisposable
{
    readonly string _home;

    /// <param name="lfs">Large files go through git-lfs, which is set up for this home.</param>
    public WorkFolder(bool lfs = false)
    {
        _home = Directory.CreateTempSubdirectory("zoo-work-").FullName;
        Path = System.IO.Path.Combine(_home, "repo");
        try
        {
            Run(_home, "config", "--global", "user.name", "Grace");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("git is not installed: nothing was cloned or pushed.");
        }
        Run(_home, "config", "--global", "user.email", "grace@example.org");
        Run(_home, "config", "--global", "init.defaultBranch", "main");
        Run(_home, "config", "--global", "advice.detachedHead", "false");
        if (!lfs) return;
        if (Try(_home, "lfs", "version").Code != 0) Assert.Skip("git-lfs is not installed: no large file was pushed.");
        Run(_home, "lfs", "install");
    }

    public string Path { get; private set; }

    /// <summary>The address with the actor's token in it, as git users write it.</summary>
    public static string Address(TestHub hub, TestActor actor, string repo) =>
        actor.Token is null ? $"{hub.Url}/{repo}" : $"{hub.Url.Replace("://", $"://user:{actor.Token}@")}/{repo}";

    public void Clone(TestHub hub, TestActor actor, string repo, params string[] options) => Run(_home, ["clone", "-q", .. options, Address(hub, actor, repo), Path]);

    public (int Code, string Output, string Errors) TryClone(TestHub hub, TestActor actor, string repo, params string[] options) =>
        Try(_home, ["clone", "-q", .. options, Address(hub, actor, repo), Path]);

    public string Git(params string[] arguments) => Run(Path, arguments);

    public (int Code, string Output, string Errors) TryGit(params string[] arguments) => Try(Path, arguments);

    public void Write(string path, string content) => Write(path, Encoding.UTF8.GetBytes(content));

    public void Write(string path, byte[] content)
    {
        var target = System.IO.Path.Combine(Path, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        File.WriteAllBytes(target, content);
    }

    public string Read(string path) => File.ReadAllText(System.IO.Path.Combine(Path, path));

    /// <returns>The commit's id.</returns>
    public string Commit(string message, params (string Path, string Content)[] files)
    {
        foreach (var (path, content) in files) Write(path, content);
        Git("add", "-A");
        Git("commit", "-q", "--allow-empty", "-m", message);
        return Git("rev-parse", "HEAD").Trim();
    }

    static string Shown(IEnumerable<string> arguments) => string.Join(' ', arguments);

    string Run(string folder, params string[] arguments)
    {
        var (code, output, errors) = Try(folder, arguments);
        Assert.True(code == 0, $"git {Shown(arguments)} ended with {code}:\n{errors}\n{output}");
        return output;
    }

    (int Code, string Output, string Errors) Try(string folder, params string[] arguments)
    {
        using var process = Start(folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Close();
        if (!process.WaitForExit(120_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"git {Shown(arguments)} did not end");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }

    public Process Start(params string[] arguments) => Start(Path, arguments);

    Process Start(string folder, string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("GIT_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        start.Environment["HOME"] = _home;
        start.Environment["XDG_CONFIG_HOME"] = _home;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_ASKPASS"] = "true";
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);
}
