namespace ModelZoo.Bench;

/// <summary>The large file from the hub and from nginx: the same inode, the same requests, one after the other.</summary>
static class DownloadBench
{
    const long RangeBytes = 64 << 20;

    static readonly (string Name, int Connections, bool InRanges)[] s_shapes =
    [
        ("whole, 1 connection", 1, false),
        ("whole, 4 connections", 4, false),
        ("64 MiB ranges, 1 connection", 1, true),
        ("64 MiB ranges, 4 connections", 4, true),
    ];

    sealed record Sample(double MegabytesPerSecond, double MegabytesPerCpuSecond);

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = Path.Combine(options.Folder, "data");
        await using var hub = await Hub.StartAsync(data);
        var digest = await PutLargeFileAsync(hub, options);
        var files = Directory.CreateDirectory(Path.Combine(options.Folder, "files")).FullName;
        var stored = Directory.EnumerateFiles(data, digest, SearchOption.AllDirectories).Single();
        File.CreateSymbolicLink(Path.Combine(files, "large.bin"), stored);
        _ = RandomFile.Digest(stored);
        await using var nginx = await Nginx.StartAsync(options.Folder, files);

        var target = $"/{Hub.Owner}/large/resolve/main/large.bin";
        var rows = new List<IReadOnlyList<string>>();
        foreach (var shape in s_shapes)
        {
            var (theirs, ours) = (new List<Sample>(), new List<Sample>());
            for (var round = 0; round <= options.Rounds; round++)
            {
                var their = Measure(nginx.Process, nginx.Port, "/large.bin", null, shape.Connections, shape.InRanges, options.FileBytes);
                var our = Measure(hub.Process, hub.Port, target, hub.Token, shape.Connections, shape.InRanges, options.FileBytes);
                if (round == 0) continue;       // compiles and warms
                theirs.Add(their);
                ours.Add(our);
            }
            double[] ratios = [.. ours.Zip(theirs, (our, their) => our.MegabytesPerCpuSecond / their.MegabytesPerCpuSecond)];
            rows.Add(
            [
                shape.Name,
                $"{theirs.Select(s => s.MegabytesPerSecond).Median():F0}", $"{ours.Select(s => s.MegabytesPerSecond).Median():F0}",
                $"{theirs.Select(s => s.MegabytesPerCpuSecond).Median():F0}", $"{ours.Select(s => s.MegabytesPerCpuSecond).Median():F0}",
                ratios.Spread(),
            ]);
        }
        return new(
            "download", "Download of a large file", $"{options.FileBytes / 1e9:0.#} GB over loopback. Goal: at least 0.8 of nginx's throughput per CPU-second.",
            ["", "nginx MB/s", "hub MB/s", "nginx MB per CPU-s", "hub MB per CPU-s", "hub / nginx per CPU-s: median (range)"], rows,
            [
                $"{options.Rounds} rounds, nginx and hub in turn, after one round to warm up. With 4 connections each fetches the whole file, or a quarter of the ranges.",
                "nginx: Debian's, sendfile on, one process. The hub checks a token and access on each request. Both send the same file, page cache warm.",
            ]);
    }

    static async Task<string> PutLargeFileAsync(Hub hub, BenchOptions options)
    {
        var source = Path.Combine(options.Folder, "large.bin");
        RandomFile.Create(source, options.FileBytes);
        var digest = RandomFile.Digest(source);
        await hub.CreateAsync("large");
        await hub.UploadAsync("large", "large.bin", digest, options.FileBytes, connection => connection.SendFile(source));
        File.Delete(source);
        return digest;
    }

    static Sample Measure(ServerProcess server, int port, string target, string? token, int connections, bool inRanges, long fileBytes)
    {
        var ranges = (int)((fileBytes + RangeBytes - 1) / RangeBytes);
        long received = 0;
        var cpu = server.CpuSeconds();
        var seconds = Clients.Run(connections, client =>
        {
            using var connection = new RawConnection(port);
            for (var range = inRanges ? client : 0; range < (inRanges ? ranges : 1); range += connections)
            {
                var header = inRanges ? $"Range: bytes={range * RangeBytes}-{Math.Min(fileBytes, (range + 1) * RangeBytes) - 1}\r\n" : "";
                var (status, bytes) = connection.Exchange(RawConnection.Request("GET", target, token, header));
                if (status is not (200 or 206)) throw new InvalidOperationException($"{target} was answered with {status}.");
                Interlocked.Add(ref received, bytes);
            }
        });
        var megabytes = received / 1e6;
        return new(megabytes / seconds, megabytes / Math.Max(0.01, server.CpuSeconds() - cpu));
    }
}
