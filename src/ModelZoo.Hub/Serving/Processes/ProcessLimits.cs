namespace ModelZoo.Hub.Serving.Processes;

/// <summary>What a worker process may use. What a limit does not hold on this machine, the process says at its start.</summary>
sealed record ProcessLimits
{
    /// <summary>
    /// Private memory: the process is killed when more of it is in use. Single allocations far above fail at once, so that a model that asks for a
    /// terabyte is refused by its own runtime.
    /// </summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Time of all its threads on processors.</summary>
    public TimeSpan? Cpu { get; init; }

    public TimeSpan? WallClock { get; init; }

    /// <summary>Processors that .NET and ONNX Runtime believe to have.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>0 to 19: the hub's own requests go first.</summary>
    public int Niceness { get; init; } = 10;

    /// <summary>Largest file that it may write.</summary>
    public long FileBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Folders that it may read, beside the program's own. Everything else is hidden where the kernel has Landlock.</summary>
    public IReadOnlyList<string> Readable { get; init; } = [];

    /// <summary>Folders that it may read and write.</summary>
    public IReadOnlyList<string> Writable { get; init; } = [];

    /// <summary>May open connections. Without it the process cannot make any socket, where the kernel filters calls.</summary>
    public bool Network { get; init; }
}
