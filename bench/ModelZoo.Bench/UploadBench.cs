using System.Diagnostics;

namespace ModelZoo.Bench;

/// <summary>The large file through LFS, beside the two things that it cannot do without: hashing, and a copy that is on the disk.</summary>
static class UploadBench
{
    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var source = Path.Combine(options.Folder, "large.bin");
        RandomFile.Create(source, options.FileBytes);
        var (hashing, copying, uploading, cpu) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        await using var hub = await Hub.StartAsync(Path.Combine(options.Folder, "data"));
        await hub.CreateAsync("large");
        for (var round = 0; round <= options.Rounds; round++)
        {
            RandomFile.Renew(source);
            Run("sync", []);
            var (hashSeconds, output) = Run("openssl", ["dgst", "-sha256", "-r", source]);
            var copySeconds = Run("dd", [$"if={source}", $"of={source}.copy", "bs=1M", "conv=fsync", "status=none"]).Seconds;
            File.Delete(source + ".copy");
            Run("sync", []);

            var cpuBefore = hub.Process.CpuSeconds();
            var watch = Stopwatch.StartNew();
            var digest = output.Split(' ')[0];
            await hub.UploadAsync("large", $"large-{round}.bin", digest, options.FileBytes, connection => connection.SendFile(source));
            var uploadSeconds = watch.Elapsed.TotalSeconds;
            if (round == 0) continue;       // compiles and warms
            hashing.Add(hashSeconds);
            copying.Add(copySeconds);
            uploading.Add(uploadSeconds);
            cpu.Add(hub.Process.CpuSeconds() - cpuBefore);
        }
        var megabytes = options.FileBytes / 1e6;
        double[] inTurn = [.. uploading.Select((seconds, round) => (hashing[round] + copying[round]) / seconds)];
        double[] together = [.. uploading.Select((seconds, round) => Math.Max(hashing[round], copying[round]) / seconds)];
        return new(
            "upload", "Upload of a large file", $"{options.FileBytes / 1e9:0.#} GB through LFS: batch, PUT, commit. Goal: at least 0.8 of what hashing the file and a synced copy of it would allow.",
            ["", "seconds", "MB/s"],
            [
                ["`openssl dgst -sha256`", $"{hashing.Median():F2}", $"{megabytes / hashing.Median():F0}"],
                ["`dd conv=fsync`", $"{copying.Median():F2}", $"{megabytes / copying.Median():F0}"],
                ["hub, whole upload", $"{uploading.Median():F2}", $"{megabytes / uploading.Median():F0}"],
                ["hub / (hash, then copy): median (range)", inTurn.Spread(), ""],
                ["hub / the slower of the two alone: median (range)", together.Spread(), ""],
                ["hub, CPU seconds", $"{cpu.Median():F2}", ""],
            ],
            [
                $"{options.Rounds} rounds, each with new content: hash, copy, upload in turn, after one round to warm up.",
                "The copy reads a warm file; the upload also passes the bytes through a socket, and its client runs on the same cores.",
            ]);
    }

    static (double Seconds, string Output) Run(string program, string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? (watch.Elapsed.TotalSeconds, output) : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }
}
