using System.Diagnostics;
using System.Text;

namespace ModelZoo.Tests.Git;

/// <summary>The reference implementation, in a fresh repository. Tests that need it are skipped where git is missing.</summary>
sealed class GitBinary : IDisposable
{
    public GitBinary()
    {
        Folder = Directory.CreateTempSubdirectory("zoo-git-").FullName;
        try { Run("init", "-q"); }
        catch (System.ComponentModel.Win32Exception) { Assert.Skip("git is not installed: nothing was compared with it."); }
    }

    public string Folder { get; }

    public string Run(params string[] arguments) => RunWith("", null, arguments);

    public string RunWith(string input, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var (code, output, errors) = Try(input, environment, arguments);
        return code == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {code} {errors}");
    }

    public (int Code, string Output, string Errors) Try(string input, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var utf8 = new UTF8Encoding(false);
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardInputEncoding = utf8, StandardOutputEncoding = utf8, StandardErrorEncoding = utf8,
        };
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("GIT_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["HOME"] = Folder;
        start.Environment["XDG_CONFIG_HOME"] = Folder;
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>For packs and other things that are not text.</summary>
    public byte[] RunBytes(byte[] input, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var process = Process.Start(start)!;
        var output = new MemoryStream();
        var copied = process.StandardOutput.BaseStream.CopyToAsync(output);
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        copied.Wait();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.ToArray() : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {process.ExitCode} {errors.Result}");
    }

    public void Write(string path, string content)
    {
        var target = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, content);
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}
