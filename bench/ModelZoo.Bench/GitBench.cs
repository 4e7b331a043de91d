using System.Diagnostics;

namespace ModelZoo.Bench;

/// <summary>Clone and push of a repository with 1,000 commits, beside git's own server program behind nginx.</summary>
static class GitBench
{
    const int Commits = 1_000;
    const int Files = 300;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var source = Path.Combine(options.Folder, "source");
        MakeHistory(source, options.IsQuick ? 200 : Commits);
        await using var hub = await Hub.StartAsync(Path.Combine(options.Folder, "data"));
        await using var backend = await GitBackend.StartAsync(options.Folder);
        var (ours, theirs) = (new Rounds(), new Rounds());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var name = $"round{round}";
            await hub.CreateAsync(name);
            await hub.AllowForcePushAsync(name);      // a new repository has a first commit, which this history replaces
            Git(options.Folder, "init", "-q", "--bare", Path.Combine(backend.Repositories, name + ".git"));
            Git(Path.Combine(backend.Repositories, name + ".git"), "config", "http.receivepack", "true");
            var (at, beside) = ($"http://x:{hub.Token}@127.0.0.1:{hub.Port}/{Hub.Owner}/{name}", $"http://127.0.0.1:{backend.Port}/{name}.git");

            var pushed = (Git(source, "push", "-q", "-f", at, "main"), Git(source, "push", "-q", beside, "main"));
            var cold = (Clone(options, at), Clone(options, beside));
            var warm = (Clone(options, at), Clone(options, beside));
            if (round == 0) continue;       // compiles and warms
            ours.Add(pushed.Item1, cold.Item1, warm.Item1);
            theirs.Add(pushed.Item2, cold.Item2, warm.Item2);
        }
        return new(
            "git", "git clone and push", $"A repository with {(options.IsQuick ? 200 : Commits):N0} commits that touch 1 to 5 of {Files} small files, over HTTP. Peer: `git http-backend` behind nginx and fcgiwrap.",
            ["", "hub, s", "git http-backend, s", "http-backend / hub: median (range)"],
            [
                Row("push of everything", ours.Push, theirs.Push),
                Row("first clone (no mirror on the node yet)", ours.Cold, theirs.Cold),
                Row("second clone", ours.Warm, theirs.Warm),
            ],
            [
                $"{options.Rounds} rounds, each into a new repository: push to both, clone from both, clone from both again, after one round to warm up. A ratio above 1 means that the hub is faster.",
                "The hub checks each pushed object like a commit through its API and writes rows for it; http-backend indexes the pack and keeps it. What was pushed comes back undeltified from the hub's first mirror, until it is packed anew in the background.",
            ]);
    }

    static string[] Row(string what, List<double> ours, List<double> theirs) =>
        [what, $"{ours.Median():F2}", $"{theirs.Median():F2}", theirs.Select((seconds, round) => seconds / ours[round]).ToList().Spread()];

    static double Clone(BenchOptions options, string address)
    {
        var target = Path.Combine(options.Folder, "clone");
        var seconds = Git(options.Folder, "clone", "-q", "--bare", address, target);
        Directory.Delete(target, recursive: true);
        return seconds;
    }

    /// <summary>Through fast-import, with the same random numbers each time.</summary>
    static void MakeHistory(string folder, int commits)
    {
        Git(Path.GetDirectoryName(folder)!, "init", "-q", "-b", "main", folder);
        var random = new Random(7);
        var lines = Enumerable.Range(0, Files).Select(_ => Enumerable.Range(0, random.Next(5, 120)).Select(_ => $"{random.Next()} {random.Next()}").ToList()).ToList();
        var import = Path.Combine(folder, ".git", "import");
        using (var output = new StreamWriter(import) { NewLine = "\n" })
        {
            for (var i = 0; i < commits; i++)
            {
                output.Write($"commit refs/heads/main\ncommitter Bench <bench@example.org> {1_700_000_000 + i * 60} +0000\ndata <<END\ncommit {i}\nEND\n\n");
                foreach (var file in i == 0 ? Enumerable.Range(0, Files) : Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(Files)).Distinct())
                {
                    lines[file][random.Next(lines[file].Count)] = $"{random.Next()} changed in {i}";
                    output.Write($"M 100644 inline folder{file % 20}/file{file}.txt\ndata <<END\n{string.Join('\n', lines[file])}\nEND\n\n");
                }
            }
        }
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "git fast-import --quiet < .git/import && git repack -adq"]) { WorkingDirectory = folder })!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException("git fast-import failed.");
        File.Delete(import);
    }

    static double Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException($"git {arguments[0]}: {errors}");
    }

    sealed class Rounds
    {
        public List<double> Push { get; } = [];
        public List<double> Cold { get; } = [];
        public List<double> Warm { get; } = [];

        public void Add(double push, double cold, double warm)
        {
            Push.Add(push);
            Cold.Add(cold);
            Warm.Add(warm);
        }
    }
}
