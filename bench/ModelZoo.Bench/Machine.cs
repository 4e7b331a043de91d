using System.Runtime.InteropServices;

namespace ModelZoo.Bench;

/// <summary>What figures depend on.</summary>
static class Machine
{
    public static string Describe() =>
        $"{Environment.ProcessorCount} cores of {Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString()}, "
        + $"{Gibibytes():F0} GiB of memory, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    /// <summary>Processes that wanted to run in the last minute: above the number of cores, the machine was busy with something else too.</summary>
    public static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    static double Gibibytes() => Field("/proc/meminfo", "MemTotal") is { } text ? long.Parse(text.Split(' ')[0]) / 1024.0 / 1024.0 : 0;

    public static string? Field(string file, string name) => File.ReadLines(file)
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(':') + 1)..].Trim())
        .FirstOrDefault();
}
