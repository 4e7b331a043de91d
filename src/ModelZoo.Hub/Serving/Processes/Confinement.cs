using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>
/// The first thing that a worker does: it binds itself, then becomes the real program by exec. Threads that .NET had started before are gone then, so the
/// bonds hold every thread there will be; and they cannot be taken off, neither by it nor by what it starts. Means that a kernel lacks are left out and not named.
/// </summary>
sealed partial record Confinement
{
    /// <summary>The word by which the program knows that it is to bind itself.</summary>
    public const string Command = "--confined";

    /// <summary>How the line begins in which it says which means hold it.</summary>
    public const string Report = "confined by: ";

    public long DataBytes { get; init; }
    public long? CpuSeconds { get; init; }
    public long FileBytes { get; init; }
    public int Niceness { get; init; }
    public bool Network { get; init; }
    public IReadOnlyList<string> Readable { get; init; } = [];
    public IReadOnlyList<string> Writable { get; init; } = [];

    /// <summary>Does not return when all is well.</summary>
    /// <param name="arguments">The bonds as JSON, then program and arguments.</param>
    public static int Enter(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length < 2 || JsonSerializer.Deserialize<Confinement>(arguments[0]) is not { } bonds) return 2;
        Console.Error.WriteLine(Report + string.Join(", ", bonds.Bind()));
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables()) variables.Add($"{variable.Key}={variable.Value}");
        _ = Exec(arguments[1], [.. arguments[1..].ToArray(), null], [.. variables, null]);
        Console.Error.WriteLine($"{arguments[1]} cannot be started: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return 127;
    }

    List<string> Bind()
    {
        var means = new List<string>();
        _ = SetSession();
        Limit(means, 4 /* RLIMIT_CORE */, 0, 0, null);
        Limit(means, 1 /* RLIMIT_FSIZE */, FileBytes, FileBytes, "file size");
        Limit(means, 2 /* RLIMIT_DATA */, DataBytes, DataBytes, "memory");
        if (CpuSeconds is { } seconds) Limit(means, 0 /* RLIMIT_CPU */, seconds, seconds + 5, "processor time");
        _ = SetPriority(0, 0, Niceness);
        if (Control(38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0) != 0) return means;
        if (Landlock.TryRestrict(Readable, Writable, Network) is { } files) means.Add(files);
        if (CallFilter.TryInstall(Network)) means.Add(Network ? "seccomp" : "seccomp without sockets");
        return means;
    }

    static void Limit(List<string> means, int resource, long soft, long hard, string? word)
    {
        // What the administrator set lower stays.
        if (GetLimit(resource, out var now) == 0 && now.Hard < (ulong)hard) (soft, hard) = ((long)Math.Min((ulong)soft, now.Hard), (long)now.Hard);
        if (SetLimit(resource, new() { Soft = (ulong)soft, Hard = (ulong)hard }) == 0 && word is not null) means.Add(word);
    }

    struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSession();

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int value);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Exec(string path, string?[] arguments, string?[] environment);
}
