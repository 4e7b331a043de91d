namespace ModelZoo.Bench;

/// <summary>How large and how long; from the environment and `--quick`.</summary>
sealed record BenchOptions
{
    public const string Quick = "--quick";

    public bool IsQuick { get; init; }

    /// <summary>Length of the large file.</summary>
    public long FileBytes { get; init; }

    public int Rounds { get; init; }

    /// <summary>How long one load of small requests runs.</summary>
    public double Seconds { get; init; }

    /// <summary>How many repositories the hub holds, one measurement each.</summary>
    public IReadOnlyList<int> Repositories { get; init; } = [];

    /// <summary>Where files and data folders are made; removed afterwards.</summary>
    public string Folder { get; init; } = "";

    public static BenchOptions Read(string[] args)
    {
        var quick = args.Contains(Quick);
        return new()
        {
            IsQuick = quick,
            FileBytes = long.Parse(Text("BENCH_BYTES", quick ? "200000000" : "2000000000")),
            Rounds = int.Parse(Text("BENCH_ROUNDS", quick ? "3" : "5")),
            Seconds = double.Parse(Text("BENCH_SECONDS", quick ? "2" : "5")),
            Repositories = [.. Text("BENCH_REPOSITORIES", quick ? "100,1000" : "100,10000,100000").Split(',').Select(int.Parse)],
            Folder = Path.GetFullPath(Text("BENCH_FOLDER", Path.Combine(Path.GetTempPath(), $"modelzoo-bench-{Environment.ProcessId}"))),
        };
    }

    static string Text(string name, string otherwise) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : otherwise;
}
