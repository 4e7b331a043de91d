using System.Diagnostics;

namespace ModelZoo.Hub.Tests;

/// <summary>
/// A throw-away server that a script of test/servers starts: once per test run, when the first test asks, and ended with the
/// process. Where its Debian packages are missing its tests are skipped and say so; with CI=true or
/// MODELZOO_REQUIRE_SERVERS=1 they fail instead.
/// </summary>
sealed class ServerScript
{
    readonly string _script;
    readonly string _packages;
    readonly Lazy<Task<IReadOnlyDictionary<string, string>>> _settings;
    string? _missing;

    public ServerScript(string script, string packages)
    {
        _script = script;
        _packages = packages;
        _settings = new(() => Task.Run(StartAsync));
    }

    /// <summary>What the script printed: the settings to connect with.</summary>
    public async Task<IReadOnlyDictionary<string, string>> GetSettingsAsync()
    {
        var settings = await _settings.Value;
        if (_missing is not null)
        {
            if (IsRequired) throw new InvalidOperationException(_missing);
            Assert.Skip(_missing);
        }
        return settings;
    }

    static bool IsRequired =>
        Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("MODELZOO_REQUIRE_SERVERS") == "1";

    async Task<IReadOnlyDictionary<string, string>> StartAsync()
    {
        EndThoseOfDeadRuns();
        var folder = $"{FolderStart}{Environment.ProcessId}";
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End(folder);
        var (code, output, errors) = await RunAsync(folder);
        if (code != 0 && errors.Contains("not found (apt-get install", StringComparison.Ordinal))
        {
            _missing = $"{_script}: skipped, {errors.Trim()}. Install Debian's packages {_packages}.";
            return new Dictionary<string, string>();
        }
        // The storage daemon of the object store now and then loses a race with itself at start.
        if (code != 0) (code, output, errors) = await RunAsync(folder);
        if (code != 0) throw new InvalidOperationException($"{_script} failed twice: {errors}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains('=')).ToDictionary(line => line[..line.IndexOf('=')], line => line[(line.IndexOf('=') + 1)..]);
    }

    async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        // Through files and not pipes: the servers inherit them, so a pipe would stay open as long as they run.
        var log = Path.Combine(Path.GetTempPath(), $"zoo-{Guid.NewGuid():n}");
        try
        {
            var start = new ProcessStartInfo("bash", ["-c", """script=$1; log=$2; shift 2; exec "$script" "$@" >"$log.out" 2>"$log.err" </dev/null""", "bash", ScriptPath, log, .. arguments]);
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync();
            return (process.ExitCode, await File.ReadAllTextAsync($"{log}.out"), await File.ReadAllTextAsync($"{log}.err"));
        }
        finally
        {
            File.Delete($"{log}.out");
            File.Delete($"{log}.err");
        }
    }

    /// <summary>Does not wait: the test runner gives whoever ends with the process ten seconds, and a busy machine needs more.</summary>
    void End(string folder)
    {
        using var stop = Process.Start("bash", ["-c", """setsid bash -c '"$0" stop "$1"; rm -rf "$1"' "$1" "$2" >/dev/null 2>&1 </dev/null &""", "bash", ScriptPath, folder]);
    }

    /// <summary>A test run that was killed could not end its servers.</summary>
    void EndThoseOfDeadRuns()
    {
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), $"{Path.GetFileName(FolderStart)}*"))
            if (int.TryParse(folder[FolderStart.Length..], out var process) && !Directory.Exists($"/proc/{process}")) End(folder);
    }

    string FolderStart => Path.Combine(Path.GetTempPath(), $"modelzoo-{Path.GetFileNameWithoutExtension(_script)}-");

    string ScriptPath => Path.Combine(Root(), "test", "servers", _script);

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run below the solution's folder.");
    }
}
