using System.Globalization;
using ModelZoo.Bench.TrainingGraphs;

namespace ModelZoo.Bench;

static class Program
{
    static readonly (string Name, Func<BenchOptions, Task<Section>> Run)[] s_benches =
    [
        ("download", DownloadBench.RunAsync),
        ("upload", UploadBench.RunAsync),
        ("requests", RequestBench.RunAsync),
        ("memory", MemoryBench.RunAsync),
        ("commit", CommitBench.RunAsync),
        ("git", GitBench.RunAsync),
        ("xet-chunks", XetChunksBench.RunAsync),
        ("xet-upload", XetUploadBench.RunAsync),
        ("cluster", ClusterBench.RunAsync),
        ("profile", ProfileBench.RunAsync),
        ("convert", ConvertBench.RunAsync),
        ("soups", SoupBench.RunAsync),
        ("inference", InferenceBench.RunAsync),
        ("evaluation", EvaluationBench.RunAsync),
        ("leaderboards", BoardBench.RunAsync),
        ("ranking", LeaderboardBench.RunAsync),
        ("deltas", DeltaBench.RunAsync),
        ("learning", LearningBench.RunAsync),
        ("graph", GraphBench.RunAsync),
        ("population", PopulationBench.RunAsync),
    ];

    static async Task<int> Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (args is ["load", ..]) return LoadWorker.Run(args[1..]);
        var names = args.Where(arg => arg != BenchOptions.Quick).ToList();
        if (names.Except(s_benches.Select(bench => bench.Name)).FirstOrDefault() is { } unknown)
        {
            await Console.Error.WriteLineAsync($"There is no measurement '{unknown}': {string.Join(", ", s_benches.Select(b => b.Name))}, {BenchOptions.Quick}.");
            return 2;
        }
        var options = BenchOptions.Read(args);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RemoveFolder(options);
        foreach (var (name, run) in s_benches.Where(bench => names.Count == 0 || names.Contains(bench.Name)))
        {
            Directory.CreateDirectory(options.Folder);
            try
            {
                var before = Machine.Load();
                var section = await run(options);
                var text = section.ToMarkdown(options, before);
                Console.WriteLine(text);
                if (!options.IsQuick) Report.Write(name, text);
            }
            finally
            {
                RemoveFolder(options);
            }
        }
        return 0;
    }

    static void RemoveFolder(BenchOptions options)
    {
        if (Directory.Exists(options.Folder)) Directory.Delete(options.Folder, recursive: true);
    }
}
