using System.Diagnostics;
using System.Text.Json;

namespace ModelZoo.Bench;

/// <summary>Small requests against hubs of different sizes: how many a second, how late the latest, and whether size matters.</summary>
static class RequestBench
{
    const int Connections = 8;

    /// <summary>Addresses that one load asks for in turn; on a smaller hub, all there are.</summary>
    const int MostTargets = 5_000;

    sealed record Sample(double PerSecond, double MedianMs, double LateMs, double CpuMicroseconds);

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = Path.Combine(options.Folder, "data");
        await using (var hub = await Hub.StartAsync(data)) await Seeder.AddTemplatesAsync(hub);
        var results = new Dictionary<(string Load, int Size), Sample>();
        var loads = new List<string>();
        foreach (var size in options.Repositories)
        {
            Seeder.Grow(data, size);
            await using var hub = await Hub.StartAsync(data);
            var skipped = new List<string>();
            foreach (var (name, token, targets) in Loads(size, hub.Token))
            {
                if (!targets[0].StartsWith("HEAD", StringComparison.Ordinal) && await hub.StatusAsync(targets[0].Split(' ')[1]) != 200) continue;
                if (!loads.Contains(name)) loads.Add(name);
                var list = Path.Combine(options.Folder, "targets");
                await File.WriteAllLinesAsync(list, targets);
                Measure(hub, token, Math.Max(1, options.Seconds / 2), list);      // compiles and warms
                var samples = Enumerable.Range(0, Math.Max(1, options.Rounds / 2)).Select(_ => Measure(hub, token, options.Seconds, list)).ToList();
                results[(name, size)] = new(
                    samples.Select(s => s.PerSecond).Median(), samples.Select(s => s.MedianMs).Median(),
                    samples.Select(s => s.LateMs).Median(), samples.Select(s => s.CpuMicroseconds).Median());
            }
        }
        return ToSection(options, loads, results);
    }

    static Section ToSection(BenchOptions options, List<string> loads, Dictionary<(string Load, int Size), Sample> results)
    {
        var (least, most) = (options.Repositories[0], options.Repositories[^1]);
        return new(
            "requests", "Small requests, by the number of repositories",
            $"{Connections} connections in a closed loop, from one process of their own. Aim: figures that do not change from {least:N0} to {most:N0} repositories.",
            ["", .. options.Repositories.SelectMany(size => new[] { $"{size:N0}: requests/s", "p50 / p99 ms", "CPU µs" }), $"CPU {most:N0} / {least:N0}"],
            [
                .. loads.Select(load => (IReadOnlyList<string>)
                [
                    load,
                    .. options.Repositories.SelectMany(size => results.TryGetValue((load, size), out var sample)
                        ? new[] { $"{sample.PerSecond:F0}", $"{sample.MedianMs:F2} / {sample.LateMs:F2}", $"{sample.CpuMicroseconds:F0}" }
                        : ["", "", ""]),
                    results.TryGetValue((load, most), out var last) && results.TryGetValue((load, least), out var first)
                        ? $"{last.CpuMicroseconds / first.CpuMicroseconds:F2}" : "",
                ]),
            ],
            [
                $"{Math.Max(1, options.Rounds / 2)} rounds of {options.Seconds:0.#} s each after a warm-up; CPU is the hub's per request. Loads go over up to {MostTargets:N0} repositories in turn.",
                $"Repositories are copies of {Seeder.Templates} templates that were committed through the hub: card, config.json, an LFS pointer; tasks, libraries, licences and languages differ.",
            ]);
    }

    static List<(string Name, string? Token, List<string> Targets)> Loads(int size, string token)
    {
        var names = Seeder.Names(size, MostTargets);
        List<string> searches = [.. names.Select((name, index) =>
            $"GET /api/models?search={Seeder.Words[index % Seeder.Words.Length]}&filter={Seeder.Tasks[index % Seeder.Tasks.Length]}&sort=downloads&limit=30")];
        List<string> facets = [.. names.Select((name, index) =>
            $"GET /api/models?filter={Seeder.Libraries[index % Seeder.Libraries.Length]}&filter=license:{Seeder.Licences[index % Seeder.Licences.Length]}&sort=likes&limit=30")];
        return
        [
            ("health (nothing to look up)", null, ["GET /health"]),
            ("resolve HEAD, nobody, git file", null, [.. names.Select(name => $"HEAD /{name}/resolve/main/config.json")]),
            ("resolve HEAD, nobody, LFS file", null, [.. names.Select(name => $"HEAD /{name}/resolve/main/model.safetensors")]),
            ("resolve HEAD, token, LFS file", token, [.. names.Select(name => $"HEAD /{name}/resolve/main/model.safetensors")]),
            ("model info", null, [.. names.Select(name => $"GET /api/models/{name}")]),
            ("tree of 1,000 files", null, [$"GET /api/models/{Hub.Owner}/{Seeder.LargeTree}/tree/main"]),
            ("search, word and task, by downloads", null, searches),
            ("list, library and licence, by likes", null, facets),
            ("page /models", null, ["GET /models"]),
            ("page of a model", null, [.. names.Select(name => $"GET /{name}")]),
        ];
    }

    static Sample Measure(Hub hub, string? token, double seconds, string list)
    {
        var cpu = hub.Process.CpuSeconds();
        using var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [typeof(Program).Assembly.Location, "load", hub.Port.ToString(), token ?? "-", Connections.ToString(), seconds.ToString(), list])
        { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The load ended with {process.ExitCode}.");
        var result = JsonSerializer.Deserialize<LoadResult>(output)!;
        if (result.Failures > 0) throw new InvalidOperationException($"{result.Failures} of {result.Requests} requests failed ({File.ReadLines(list).First()}).");
        return new(result.Requests / result.Seconds, result.MedianMs, result.LateMs, (hub.Process.CpuSeconds() - cpu) * 1e6 / result.Requests);
    }
}
