using System.Diagnostics;
using System.Globalization;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Bench;

/// <summary>A population from its blueprint to its analyses, by the command line: the 250 members of digits-250 where the digits are at hand.</summary>
static class PopulationBench
{
    /// <summary>
    /// What PyTorch takes for digits-250 on one thread of an AMD EPYC, summed from its measured epochs and evaluations: "about 29 CPU-minutes, 14.5 minutes
    /// on two cores" (the specification of populations, section 10.7).
    /// </summary>
    const double ReferenceCpuMinutes = 29;

    const string Large = "digits-250";

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var digits = FindDigits();
        var blueprint = digits is null ? "shapes-14" : options.IsQuick ? "digits-14" : Large;
        var workers = Environment.ProcessorCount;
        var folder = Path.Combine(options.Folder, blueprint);
        var made = await ZooAsync(digits, "generate", blueprint, "--out", folder, "--workers", $"{workers}");
        var population = await Population.OpenAsync(new FolderFiles(folder), CancellationToken.None);
        var states = population.Members.Sum(member => member.Checkpoints.Count);
        var unfinished = population.Members.Count(member => !member.IsDone);
        if (population.Members.Count == 0 || unfinished > 0) throw new InvalidOperationException($"{unfinished} of {population.Members.Count} members did not end well.");
        var bytes = population.SizeBytes;
        var rows = new List<IReadOnlyList<string>> { Row($"training {population.Members.Count} members with evaluation and saving, {workers} workers", made) };
        var (seconds, processor) = (0.0, 0.0);
        foreach (var analysis in PopulationAnalysis.Names)
        {
            var taken = await ZooAsync(digits, "analyse", folder, "--only", analysis);
            (seconds, processor) = (seconds + taken.Seconds, processor + taken.Processor);
            rows.Add(Row($"analysis: {analysis}", taken));
        }
        rows.Add(Row("all analyses", (seconds, processor)));
        List<string> notes =
        [
            $"{population.Members.Count} members, {states} states of {population.Record.Population}, {bytes / 1e6:F0} MB with logits and records before the analyses. One run of `zoo population generate`, then one of `zoo population analyse` for each analysis; starting the program is in every row.",
            "Seconds on the clock count what else the machine did; processor seconds are those of the program, user and system, of all threads.",
        ];
        if (blueprint == Large) notes.Add(string.Create(CultureInfo.InvariantCulture, $"Reference: PyTorch needs about {ReferenceCpuMinutes} processor minutes for the same blueprint, computed from its measured epochs on one thread; ours / reference {made.Processor / 60 / ReferenceCpuMinutes:F2}, {ReferenceCpuMinutes * 60 / made.Processor:F1} times as fast."));
        else notes.Add(digits is null ? "The digits are not at hand (MODELZOO_SHARED or MODELZOO_DIGITS): a smaller population of procedural pictures instead." : "Quick: a smaller population.");
        return new("population", "A population end to end", "From the blueprint to trained, evaluated, saved and analysed members, by the command line.", ["", "seconds on the clock", "processor seconds"], rows, notes);
    }

    static string[] Row(string name, (double Seconds, double Processor) taken) => [name, $"{taken.Seconds:F1}", $"{taken.Processor:F1}"];

    /// <summary>Runs `zoo population …`; bash says what it took, children and all.</summary>
    static async Task<(double Seconds, double Processor)> ZooAsync(string? digits, params string[] arguments)
    {
        var program = Path.Combine(Report.Repository(), "artifacts", "bin", "ModelZoo.Cli", "release", "zoo.dll");
        var start = new ProcessStartInfo("bash", ["-c", "TIMEFORMAT='taken %R %U %S'; time dotnet exec \"$@\" >/dev/null", "zoo", program, "population", .. arguments]) { RedirectStandardError = true };
        if (digits is not null) start.Environment["MODELZOO_DIGITS"] = digits;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var taken = errors.Split('\n').LastOrDefault(line => line.StartsWith("taken ", StringComparison.Ordinal));
        if (process.ExitCode != 0 || taken is null) throw new InvalidOperationException($"zoo population {string.Join(' ', arguments)} failed: {errors}");
        var numbers = taken.Split(' ')[1..].Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], numbers[1] + numbers[2]);
    }

    /// <summary>Null where nobody has the file.</summary>
    static string? FindDigits()
    {
        if (Environment.GetEnvironmentVariable("MODELZOO_DIGITS") is { Length: > 0 } named) return File.Exists(named) ? named : null;
        List<string> roots = Environment.GetEnvironmentVariable("MODELZOO_SHARED") is { Length: > 0 } shared ? [shared] : [];
        for (var folder = new DirectoryInfo(Report.Repository()); folder is not null; folder = folder.Parent) roots.Add(Path.Combine(folder.FullName, "shared"));
        return roots.Select(root => Path.Combine(root, "data", "digits", "digits.csv.gz")).FirstOrDefault(File.Exists);
    }
}
