namespace ModelZoo.Bench;

/// <summary>docs/benchmarks.md: a section per measurement, each replaced by its own run.</summary>
static class Report
{
    const string Head = """
        # Measurements

        Made by `./dev bench`, each measurement and its peer side by side in one run, rounds interleaved, medians shown.
        CPU seconds are user plus system time of the server process alone, from `/proc/<pid>/stat`. Clients and server
        share the machine and talk over loopback. Wall-clock figures of a busy machine are low for both sides; ratios and
        CPU seconds suffer less. One line under each table says where and when it was made.


        """;

    public static void Write(string name, string section)
    {
        var file = Path.Combine(Repository(), "docs", "benchmarks.md");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var text = File.Exists(file) ? File.ReadAllText(file) : Head;
        var (begin, end) = ($"<!-- {name} -->\n", $"<!-- end of {name} -->\n");
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        text = from >= 0 && to > from
            ? text[..from] + begin + section + text[to..]
            : text + begin + section + end + "\n";
        File.WriteAllText(file, text);
    }

    /// <summary>The project's root: the first folder above this program that holds the solution.</summary>
    public static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ModelZoo.slnx"))) return folder.FullName;
        throw new DirectoryNotFoundException("The measurements run inside the project's folder.");
    }
}
