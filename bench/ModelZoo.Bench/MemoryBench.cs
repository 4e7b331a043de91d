using System.Security.Cryptography;

namespace ModelZoo.Bench;

/// <summary>What the hub's process holds while eight clients send large files and eight others fetch them.</summary>
static class MemoryBench
{
    const int Senders = 8, Receivers = 8;

    sealed record Reading(long ResidentBytes, long AnonymousBytes);

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        await using var hub = await Hub.StartAsync(Path.Combine(options.Folder, "data"));
        var before = Read(hub);
        var seeds = Enumerable.Range(0, Senders + 1).ToArray();
        var digests = new string[seeds.Length];
        var next = -1;
        Clients.Run(Environment.ProcessorCount, _ =>
        {
            for (int at; (at = Interlocked.Increment(ref next)) < seeds.Length;) digests[at] = DigestOf(seeds[at], options.FileBytes);
        });
        await hub.CreateAsync("shared");
        await hub.UploadAsync("shared", "large.bin", digests[Senders], options.FileBytes, connection => Send(connection, Senders, options.FileBytes));
        for (var sender = 0; sender < Senders; sender++) await hub.CreateAsync($"sender-{sender}");

        var readings = new List<Reading>();
        using var done = new CancellationTokenSource();
        var sampling = SampleAsync(hub, readings, done.Token);
        var sendersLeft = Senders;
        long received = 0;
        var seconds = Clients.Run(Senders + Receivers, client =>
        {
            if (client < Senders)
            {
                try
                {
                    hub.UploadAsync($"sender-{client}", "large.bin", digests[client], options.FileBytes, connection => Send(connection, client, options.FileBytes)).GetAwaiter().GetResult();
                }
                finally
                {
                    Interlocked.Decrement(ref sendersLeft);
                }
                return;
            }
            // Once at least, and again as long as somebody sends: all sixteen are busy to the end.
            using var connection = new RawConnection(hub.Port);
            var request = RawConnection.Request("GET", $"/{Hub.Owner}/shared/resolve/main/large.bin", hub.Token);
            do
            {
                var (status, bytes) = connection.Exchange(request);
                if (status != 200) throw new InvalidOperationException($"A download was answered with {status}.");
                Interlocked.Add(ref received, bytes);
            }
            while (Volatile.Read(ref sendersLeft) > 0);
        });
        await done.CancelAsync();
        await sampling;
        var peak = hub.Process.StatusBytes("VmHWM");
        await Task.Delay(TimeSpan.FromSeconds(5));
        var after = Read(hub);
        return new(
            "memory", "Memory under sixteen large transfers", $"Resident memory of the hub while {Senders} clients send and {Receivers} fetch files of {options.FileBytes / 1e9:0.#} GB. Goal: under 300 MB.",
            ["", "resident MB", "of it anonymous MB"],
            [
                ["started, idle", Megabytes(before.ResidentBytes), Megabytes(before.AnonymousBytes)],
                ["median of samples under load", Megabytes((long)readings.Select(r => (double)r.ResidentBytes).Median()), Megabytes((long)readings.Select(r => (double)r.AnonymousBytes).Median())],
                ["largest sample under load", Megabytes(readings.Max(r => r.ResidentBytes)), Megabytes(readings.Max(r => r.AnonymousBytes))],
                ["peak of the process's life (VmHWM)", $"**{Megabytes(peak)}**", ""],
                ["5 s after", Megabytes(after.ResidentBytes), Megabytes(after.AnonymousBytes)],
            ],
            [
                $"{Senders * options.FileBytes / 1e9:F1} GB sent and {received / 1e9:F1} GB fetched in {seconds:F0} s; {readings.Count} samples, one each 0.1 s.",
                "Senders have contents of their own; receivers fetch one file again and again while anybody sends.",
            ]);
    }

    static async Task SampleAsync(Hub hub, List<Reading> readings, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            readings.Add(Read(hub));
            await Task.Delay(100, CancellationToken.None);
        }
    }

    static Reading Read(Hub hub) => new(hub.Process.StatusBytes("VmRSS"), hub.Process.StatusBytes("RssAnon"));

    static string Megabytes(long bytes) => $"{bytes / 1e6:F0}";

    static string DigestOf(int seed, long sizeBytes)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Generate(seed, sizeBytes, bytes => sha.AppendData(bytes));
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    static void Send(RawConnection connection, int seed, long sizeBytes) => Generate(seed, sizeBytes, bytes => connection.Send(bytes));

    /// <summary>The same bytes each time, without a file: one random block, told apart by seed and position.</summary>
    static void Generate(int seed, long sizeBytes, ReadOnlySpanAction take)
    {
        var block = new byte[RandomFile.BlockBytes];
        new Random(seed).NextBytes(block);
        for (long position = 0; position < sizeBytes; position += block.Length)
        {
            BitConverter.TryWriteBytes(block, position);
            take(block.AsSpan(0, (int)Math.Min(block.Length, sizeBytes - position)));
        }
    }

    delegate void ReadOnlySpanAction(ReadOnlySpan<byte> bytes);
}
