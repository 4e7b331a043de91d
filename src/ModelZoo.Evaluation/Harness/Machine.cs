namespace ModelZoo.Evaluation.Harness;

/// <summary>The machine that a run was made on.</summary>
static class Machine
{
    /// <summary>As Linux names it; null elsewhere.</summary>
    public static string? Processor { get; } = Find();

    static string? Find()
    {
        const string path = "/proc/cpuinfo";
        if (!File.Exists(path)) return null;
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
