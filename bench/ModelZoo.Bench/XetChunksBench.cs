using System.Diagnostics;
using ModelZoo.Xet;

namespace ModelZoo.Bench;

/// <summary>What an upload by Xet computes for every byte, on one core: cutting, hashing chunks, looking each up. Beside it SHA-256 of the same file.</summary>
static class XetChunksBench
{
    public static Task<Section> RunAsync(BenchOptions options)
    {
        var source = Path.Combine(options.Folder, "large.bin");
        RandomFile.Create(source, options.FileBytes);
        var (coreutils, openssl, all, cutting, hashing) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var coreutilsSeconds = Run("sha256sum", [source]);
            var opensslSeconds = Run("openssl", ["dgst", "-sha256", source]);
            var allSeconds = Scan(source, cuts: true, hashes: true);
            var cuttingSeconds = Scan(source, cuts: true, hashes: false);
            var hashingSeconds = Scan(source, cuts: false, hashes: true);
            if (round == 0) continue;       // compiles and warms
            coreutils.Add(coreutilsSeconds);
            openssl.Add(opensslSeconds);
            all.Add(allSeconds);
            cutting.Add(cuttingSeconds);
            hashing.Add(hashingSeconds);
        }
        var megabytes = options.FileBytes / 1e6;
        double[] toCoreutils = [.. all.Select((seconds, round) => coreutils[round] / seconds)];
        double[] toOpenssl = [.. all.Select((seconds, round) => openssl[round] / seconds)];
        return Task.FromResult(new Section(
            "xet-chunks", "Cutting a file into chunks", $"{options.FileBytes / 1e9:0.#} GB of noise on one core: cut by content, hash each chunk with BLAKE3, look it up among those seen. Beside it SHA-256 of the same file.",
            ["", "seconds", "MB/s"],
            [
                Row("`sha256sum`", coreutils),
                Row("`openssl dgst -sha256`", openssl),
                Row("cut, hash and look up", all),
                Row("cut alone", cutting),
                Row("hash alone (64 KiB pieces)", hashing),
                ["cut, hash and look up / `sha256sum`: median (range)", toCoreutils.Spread(), ""],
                ["cut, hash and look up / `openssl`: median (range)", toOpenssl.Spread(), ""],
            ],
            [
                $"{options.Rounds} rounds in turn, after one round to warm up; every row reads the file from the page cache, on one thread.",
                "Debian's `sha256sum` does not use the processor's SHA instructions; `openssl` does.",
            ]));

        IReadOnlyList<string> Row(string name, List<double> seconds) => [name, $"{seconds.Median():F2}", $"{megabytes / seconds.Median():F0}"];
    }

    static double Scan(string source, bool cuts, bool hashes)
    {
        var watch = Stopwatch.StartNew();
        using var file = File.OpenHandle(source, options: FileOptions.SequentialScan);
        var buffer = new byte[1 << 20];
        var seen = new Dictionary<XetHash, int>();
        var chunker = new GearChunker();
        long position = 0;
        var kept = 0;
        while (true)
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(kept), position);
            position += read;
            var filled = kept + read;
            int start = 0, at = kept;
            while (at < filled)
            {
                int taken;
                if (cuts)
                {
                    if (!chunker.TryCut(buffer.AsSpan(at, filled - at), out taken)) break;
                }
                else
                {
                    taken = Math.Min(XetLimits.TargetChunkBytes, filled - at);
                }
                at += taken;
                if (hashes) seen.TryAdd(XetHashes.OfChunk(buffer.AsSpan(start, at - start)), seen.Count);
                start = at;
            }
            kept = filled - start;
            if (read == 0)
            {
                if (kept > 0 && hashes) seen.TryAdd(XetHashes.OfChunk(buffer.AsSpan(start, kept)), seen.Count);
                return watch.Elapsed.TotalSeconds;
            }
            buffer.AsSpan(start, kept).CopyTo(buffer);
        }
    }

    static double Run(string program, string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }
}
