using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>
/// Starts this very program as a worker, with limits and without anything that the hub knows: no variable of the hub's environment, no database, no
/// stored file beside those named.
/// </summary>
sealed class LimitedProcesses(HubOptions options, ILogger<LimitedProcesses> log)
{
    /// <summary>What the runtime, its threads' stacks and untouched allocations may take in address space beside what counts as memory.</summary>
    const long AddressSlack = 512L << 20;

    readonly string[] _program = FindProgram(options.Serving.Program);

    /// <param name="command">A command of zoo with its arguments, such as <c>eval-worker plan.json</c>.</param>
    /// <param name="folder">Its working folder, home and place for temporary files; writable.</param>
    /// <param name="environment">Variables beside those that every worker gets. Secrets only where the worker itself must have them.</param>
    public LimitedProcess Start(IReadOnlyList<string> command, string folder, ProcessLimits limits, IReadOnlyDictionary<string, string>? environment = null) =>
        StartProgram([.. _program, .. command], folder, limits, environment);

    /// <summary>Another program under the same limits, such as an interpreter. Without the means of Linux it runs with the watch alone.</summary>
    /// <param name="program">Its full path, then its arguments.</param>
    public LimitedProcess StartProgram(IReadOnlyList<string> program, string folder, ProcessLimits limits, IReadOnlyDictionary<string, string>? environment = null)
    {
        folder = Path.GetFullPath(folder);
        var confinement = new Confinement
        {
            DataBytes = limits.MemoryBytes + AddressSlack, CpuSeconds = limits.Cpu is { } cpu ? (long)Math.Ceiling(cpu.TotalSeconds) : null,
            FileBytes = limits.FileBytes, Niceness = limits.Niceness, Network = limits.Network,
            Readable = [.. limits.Readable.Concat(Places()).Select(Path.GetFullPath)], Writable = [folder, .. limits.Writable.Select(Path.GetFullPath)],
        };
        IReadOnlyList<string> words = OperatingSystem.IsLinux() ? [.. _program, Confinement.Command, JsonSerializer.Serialize(confinement), .. program] : program;
        var start = new ProcessStartInfo(words[0])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder, UseShellExecute = false,
        };
        foreach (var word in words.Skip(1)) start.ArgumentList.Add(word);
        start.Environment.Clear();
        foreach (var (name, value) in Environment(folder, limits)) start.Environment[name] = value;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new LimitedProcess(Process.Start(start)!, limits, log);
    }

    static IEnumerable<(string Name, string Value)> Environment(string folder, ProcessLimits limits)
    {
        yield return ("PATH", "/usr/bin:/bin");
        yield return ("HOME", folder);
        yield return ("TMPDIR", folder);
        yield return ("LANG", "C.UTF-8");
        yield return ("DOTNET_ROOT", RuntimeRoot ?? "");
        yield return ("DOTNET_NOLOGO", "1");
        yield return ("DOTNET_EnableDiagnostics", "0");
        yield return ("DOTNET_gcServer", "0");
        yield return ("DOTNET_gcConcurrent", "0");
        yield return ("DOTNET_PROCESSOR_COUNT", limits.Threads.ToString(CultureInfo.InvariantCulture));
        // Most memory of a model is not the collector's; with a limit of its own it collects before the process is ended.
        yield return ("DOTNET_GCHeapHardLimit", (limits.MemoryBytes * 3 / 4).ToString("x", CultureInfo.InvariantCulture));
        // glibc gives each thread an arena of its own otherwise.
        yield return ("MALLOC_ARENA_MAX", "2");
        if (System.Environment.GetEnvironmentVariable("MODELZOO_ORT_PATH") is { Length: > 0 } named) yield return ("MODELZOO_ORT_PATH", Path.GetFullPath(named));
        if (OnnxRuntime.CacheFolder is { } cache) yield return ("MODELZOO_NATIVE_CACHE", cache);
    }

    /// <summary>What the program itself is made of.</summary>
    static IEnumerable<string> Places()
    {
        yield return AppContext.BaseDirectory;
        if (RuntimeRoot is { } root) yield return root;
        if (OnnxRuntime.CacheFolder is { } cache) yield return cache;
        if (System.Environment.GetEnvironmentVariable("MODELZOO_ORT_PATH") is { Length: > 0 } named) yield return Path.GetFullPath(named);
    }

    /// <summary>Where dotnet and its shared runtime lie; null for a program that brings its own.</summary>
    static string? RuntimeRoot { get; } = typeof(object).Assembly.Location is { Length: > 0 } core
        && Path.GetFullPath(Path.Combine(Path.GetDirectoryName(core)!, "..", "..", "..")) is var root && File.Exists(Path.Combine(root, "dotnet")) ? root : null;

    /// <summary>zoo.dll beside what runs (which may be a test), started by the runtime that runs it; else this executable.</summary>
    static string[] FindProgram(string? chosen)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "zoo.dll");
        var program = chosen is not null ? Path.GetFullPath(chosen) : File.Exists(beside) ? beside : System.Environment.ProcessPath!;
        return program.EndsWith(".dll", StringComparison.Ordinal) ? [RuntimeRoot is { } root ? Path.Combine(root, "dotnet") : "dotnet", "exec", program] : [program];
    }
}
