using System.Diagnostics;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Bench;

/// <summary>The same change of 1 % of a file, sent by our client as chunks and whole through LFS, to one hub in one run.</summary>
static class XetUploadBench
{
    const int Parts = 100;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var size = options.FileBytes / 2;
        string chunks = Path.Combine(options.Folder, "chunks.bin"), whole = Path.Combine(options.Folder, "whole.bin"), data = Path.Combine(options.Folder, "data");
        RandomFile.Create(chunks, size);
        RandomFile.Create(whole, size);
        // What came by LFS would be cut into chunks in the background, beside the uploads that are measured next.
        await using var hub = await Hub.StartAsync(data, new Dictionary<string, string> { ["MODELZOO_XET__CHUNKFILESFROMBYTES"] = "-1" });
        await hub.CreateAsync("chunks");
        await hub.CreateAsync("whole");
        var byXet = new Way(hub, "chunks", chunks, data, useXet: true);
        var byLfs = new Way(hub, "whole", whole, data, useXet: false);
        await byXet.UploadAsync();
        await byLfs.UploadAsync();
        for (var round = 0; round < options.Rounds; round++)
        {
            Change(chunks, size, round);
            Change(whole, size, round);
            await byXet.UploadAsync();
            await byLfs.UploadAsync();
        }
        var (xet, lfs) = (byXet.Again, byLfs.Again);
        double[] faster = [.. lfs.Select((one, round) => one.Seconds / xet[round].Seconds)];
        return new(
            "xet-upload", "Sending a change of 1 %", $"A file of {size / 1e9:0.#} GB, of which 1 % (one stretch, elsewhere each time) is replaced, uploaded again by `ModelZoo.Client`: as chunks (Xet) and whole (LFS).",
            ["", "seconds", "MB sent", "MB stored", "hub's CPU seconds"],
            [
                Row("first upload, chunks", [byXet.First]),
                Row("first upload, LFS", [byLfs.First]),
                Row("1 % changed, chunks", xet),
                Row("1 % changed, LFS", lfs),
                ["LFS / chunks, 1 % changed, time: median (range)", faster.Spread(), "", "", ""],
            ],
            [
                $"{options.Rounds} changes; each is uploaded one way, then the other. Stored is how much the hub's data folder grew.",
                "Over loopback, where bytes cost almost nothing: at 1 Gbit/s each 100 MB that is not sent saves 0.8 s more.",
                "Both ways the client reads and hashes the whole file; with chunks the hub also reads the whole file to prove its SHA-256 before it may be committed.",
            ]);

        static IReadOnlyList<string> Row(string name, IReadOnlyList<Sent> sent) =>
            [name, $"{sent.Select(one => one.Seconds).Median():F2}", $"{sent.Select(one => one.SentBytes / 1e6).Median():F1}", $"{sent.Select(one => one.StoredBytes / 1e6).Median():F1}", $"{sent.Select(one => one.CpuSeconds).Median():F2}"];
    }

    static void Change(string path, long size, int round)
    {
        var stretch = new byte[size / Parts];
        Random.Shared.NextBytes(stretch);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, stretch, size / Parts * (7 + 13L * round % (Parts - 10)));
        RandomAccess.FlushToDisk(file);
    }

    sealed record Sent(double Seconds, long SentBytes, long StoredBytes, double CpuSeconds);

    sealed class Way(Hub hub, string name, string path, string dataFolder, bool useXet)
    {
        readonly List<Sent> _sent = [];

        public Sent First => _sent[0];

        public IReadOnlyList<Sent> Again => _sent[1..];

        public async Task UploadAsync()
        {
            using var client = new ZooClient(new() { Endpoint = new($"http://127.0.0.1:{hub.Port}"), Token = hub.Token, UseXet = useXet });
            var (stored, cpu, watch) = (Stored(), hub.Process.CpuSeconds(), Stopwatch.StartNew());
            var outcome = await client.UploadFileAsync(RepoId.Of(RepoKind.Model, Hub.Owner, name), RepoPath.Parse("model.bin"), UploadSource.FromFile(path));
            _sent.Add(new(watch.Elapsed.TotalSeconds, outcome.UploadedBytes, Stored() - stored, hub.Process.CpuSeconds() - cpu));
        }

        long Stored() => Directory.EnumerateFiles(dataFolder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file) is { Exists: true } found ? found.Length : 0);
    }
}
