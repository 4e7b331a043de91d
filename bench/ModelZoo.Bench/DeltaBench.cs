using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;
using ModelZoo.Weights.Deltas;

namespace ModelZoo.Bench;

/// <summary>States of a population as differences: how small, how fast, and what a download of one costs.</summary>
static class DeltaBench
{
    /// <summary>States that are looked at of each setting.</summary>
    const int StatesEach = 120;

    /// <summary>Numbers of the large state: a ViT-S.</summary>
    const int LargeNumbers = 22_000_000;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var population = await OpenAsync(options);
        var rows = new List<IReadOnlyList<string>>();
        var children = population.Members.Where(member => member.Card.ParentId is not null && member.Checkpoints.Count > 2).ToList();
        foreach (var setting in children.GroupBy(Setting).OrderBy(group => group.Key, StringComparer.Ordinal)) rows.Add(await ShareAsync(population, setting.Key, [.. setting]));
        rows.Add(await ShareAsync(population, "first stage", [.. population.Members.Where(member => member.Card.ParentId is null && member.Checkpoints.Count > 2)]));
        rows.Add(await AllAsync(population));
        var notes = new List<string>
        {
            $"Population: {population.Record.Population}, {population.Members.Count} members. Fractions of the raw files, headers and tables included; {StatesEach} states of each setting at most, spread over members and epochs.",
            "Previous: against the epoch before. Parent: against the state that training began from. As stored: against the state that the hub chooses (most have the one before; every fourth skips three, every sixteenth fifteen, so that chains stay short); first states stay whole.",
            "Published for the digits population (docs/populations.md's reference, deflate 6): plain 0.93; previous epoch with byte planes, exclusive or 0.66–0.76, integer difference 0.64–0.73; parent 0.73–0.83.",
        };
        notes.AddRange(await SpeedAsync(options));
        return new("deltas", "States of populations as differences", "Fraction of raw float32 that is stored, bit for bit recoverable. Reference: 0.64–0.73 against the previous epoch.",
            ["", "deflate", "zstd -3", "previous", "parent", "as stored"], rows, notes);
    }

    static string Setting(PopulationMember member) =>
        $"{member.Card.Factor("optim.optimizer") ?? ""} {member.Card.Factor("optim.lr") ?? ""}".Trim() is { Length: > 0 } words ? words : member.Card.Factor("optim") ?? member.Card.Stage;

    static async Task<Population> OpenAsync(BenchOptions options)
    {
        if (Environment.GetEnvironmentVariable("BENCH_POPULATION") is { Length: > 0 } given) return await Population.OpenAsync(new FolderFiles(given), default);
        var folder = Path.Combine(options.Folder, "shapes-14");
        Run(Path.Combine(Report.Repository(), "zoo"), "population", "generate", "shapes-14", "--out", folder);
        return await Population.OpenAsync(new FolderFiles(folder), default);
    }

    static async Task<byte[]> ReadAsync(Population population, string member, int epoch)
    {
        var state = await population.OpenStateAsync(population.Get(member), epoch, default);
        var source = state[0].Source;
        var bytes = new byte[source.Length];
        for (var done = 0; done < bytes.Length;) done += await source.ReadAsync(done, bytes.AsMemory(done), default);
        return bytes;
    }

    static async Task<IReadOnlyList<string>> ShareAsync(Population population, string name, List<PopulationMember> members)
    {
        var states = members.SelectMany(member => Enumerable.Range(1, member.Checkpoints.Count - 1).Select(place => (Member: member, Place: place))).ToList();
        var step = Math.Max(1, states.Count / StatesEach);
        long raw = 0, deflated = 0, zstd = 0, previous = 0, parent = 0, stored = 0;
        var parents = 0L;
        for (var i = 0; i < states.Count; i += step)
        {
            var (member, place) = states[i];
            var content = await ReadAsync(population, member.Id, member.Checkpoints[place]);
            raw += content.Length;
            deflated += Deflate(content).Length;
            zstd += Zstd(content);
            previous += (await EncodeAsync(content, await ReadAsync(population, member.Id, member.Checkpoints[place - 1]))).Length;
            stored += (await EncodeAsync(content, await ReadAsync(population, member.Id, member.Checkpoints[BaseOf(place)]))).Length;
            if (member.Card.ParentId is not { } id || population.Find(id) is not { LastEpoch: { } last } from) continue;
            parents += content.Length;
            parent += (await EncodeAsync(content, await ReadAsync(population, id, from.Checkpoints.Contains(member.Card.ParentEpoch ?? -1) ? member.Card.ParentEpoch!.Value : last))).Length;
        }
        return [name, Share(deflated, raw), zstd == 0 ? "–" : Share(zstd, raw), Share(previous, raw), parents == 0 ? "–" : Share(parent, parents), Share(stored, raw)];
    }

    /// <summary>Every state of the population as the hub stores it, those that stay whole included.</summary>
    static async Task<IReadOnlyList<string>> AllAsync(Population population)
    {
        long raw = 0, stored = 0;
        foreach (var member in population.Members)
            for (var place = 0; place < member.Checkpoints.Count; place++)
            {
                var content = await ReadAsync(population, member.Id, member.Checkpoints[place]);
                raw += content.Length;
                var origin = place > 0 ? await ReadAsync(population, member.Id, member.Checkpoints[BaseOf(place)])
                    : member.Card.ParentId is { } id && population.Find(id) is { LastEpoch: { } last } from ? await ReadAsync(population, id, from.Checkpoints.Contains(member.Card.ParentEpoch ?? -1) ? member.Card.ParentEpoch!.Value : last) : null;
                stored += origin is null ? content.Length : Math.Min(content.Length, (await EncodeAsync(content, origin)).Length);
            }
        return [$"all states, {raw / 1e6:F0} MB", "–", "–", "–", "–", Share(stored, raw)];
    }

    /// <summary>The hub's rule (StateChain in the hub, which this program does not see).</summary>
    static int BaseOf(int place)
    {
        var step = 1;
        while (place % (step * 4) == 0) step *= 4;
        return place - step;
    }

    static async Task<IReadOnlyList<string>> SpeedAsync(BenchOptions options)
    {
        var random = new Random(1);
        var weights = new float[LargeNumbers];
        for (var i = 0; i < weights.Length; i++) weights[i] = (random.NextSingle() - 0.5f) * 0.1f;
        var old = State(weights);
        for (var i = 0; i < weights.Length; i++) weights[i] += (random.NextSingle() - 0.5f) * 1e-4f;
        var fresh = State(weights);
        var (encodes, decodes, deflates, inflates) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        byte[] container = [], packed = [];
        for (var round = 0; round <= Math.Min(options.Rounds, 3); round++)
        {
            var clock = Stopwatch.StartNew();
            container = await EncodeAsync(fresh, old);
            var encode = Lap(clock);
            await DecodeAsync(container, old);
            var decode = Lap(clock);
            packed = Deflate(fresh);
            var deflate = Lap(clock);
            using (var inflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress)) await inflate.CopyToAsync(Stream.Null);
            var inflated = Lap(clock);
            if (round == 0) continue;
            encodes.Add(encode);
            decodes.Add(decode);
            deflates.Add(deflate);
            inflates.Add(inflated);
        }
        string Rate(List<double> seconds) => $"{fresh.Length / seconds.Median() / 1e6:F0}";
        var download = await DownloadAsync(options, old, fresh);
        return
        [
            $"Speed, one thread, a synthetic state of {fresh.Length / 1e6:F0} MB that moved by 0.1 % of its range: encoding {Rate(encodes)} MB/s to {Share(container.Length, fresh.Length)} (hash of the content included), decoding {Rate(decodes)} MB/s with the base in memory; deflate of the whole file {Rate(deflates)} MB/s to {Share(packed.Length, fresh.Length)}, inflating {Rate(inflates)} MB/s.",
            download,
        ];
    }

    /// <summary>Both states in a hub, the second stored as a difference, each fetched over one connection.</summary>
    static async Task<string> DownloadAsync(BenchOptions options, byte[] old, byte[] fresh)
    {
        await using var hub = await Hub.StartAsync(Path.Combine(options.Folder, "data"), new Dictionary<string, string> { ["MODELZOO_DELTAS__KEEPPLAINMINUTES"] = "0" });
        await hub.CreateAsync("states");
        string[] paths = [PopulationLayout.Checkpoint("m-1", 0), PopulationLayout.Checkpoint("m-1", 1)];
        await hub.CommitAsync("states", [Hub.FileLine(PopulationLayout.Record, "{}"), Hub.FileLine(PopulationLayout.Card("m-1"), """{"id":"m-1"}""")]);
        foreach (var (path, content) in paths.Zip([old, fresh])) await hub.UploadAsync("states", path, Digest(content), content.Length, connection => connection.Send(content));
        var blob = Digest(fresh);
        for (var waited = 0; Directory.EnumerateFiles(Path.Combine(options.Folder, "data"), blob, SearchOption.AllDirectories).Any(); waited++)
        {
            if (waited > 300) return "The hub did not store the state as a difference within five minutes; downloads were not measured.";
            await Task.Delay(1000);
        }
        var rates = paths.Select(_ => new List<double>()).ToList();
        for (var round = 0; round <= options.Rounds; round++)
            for (var i = 0; i < paths.Length; i++)
            {
                using var connection = new RawConnection(hub.Port);
                var clock = Stopwatch.StartNew();
                var (status, bytes) = connection.Exchange(RawConnection.Request("GET", $"/{Hub.Owner}/states/resolve/main/{paths[i]}", hub.Token));
                if (status != 200 || bytes != fresh.Length) throw new InvalidOperationException($"A download was answered with {status} and {bytes} bytes.");
                if (round > 0) rates[i].Add(bytes / clock.Elapsed.TotalSeconds / 1e6);
            }
        return $"Download of that state from a hub, one connection: {rates[1].Spread()} MB/s decoded from its difference, {rates[0].Spread()} MB/s for the whole file by sendfile.";
    }

    static byte[] State(float[] weights)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["w"] = new { dtype = "F32", shape = new[] { weights.Length }, data_offsets = new[] { 0L, weights.Length * 4L } } });
        byte[] padded = [.. header, .. Enumerable.Repeat((byte)' ', (8 - (header.Length % 8)) % 8)];
        return [.. BitConverter.GetBytes((long)padded.Length), .. padded, .. MemoryMarshal.AsBytes(weights.AsSpan())];
    }

    static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    static async Task<byte[]> EncodeAsync(byte[] content, byte[] origin)
    {
        using var output = new MemoryStream();
        await DeltaEncoder.EncodeAsync(new MemoryByteSource(content), SHA256.HashData(content), new MemoryByteSource(origin), new byte[32].Select((_, i) => (byte)(i + 1)).ToArray(), output);
        return output.ToArray();
    }

    static async Task DecodeAsync(byte[] container, byte[] origin)
    {
        var header = await DeltaHeader.ReadAsync(new MemoryByteSource(container), default);
        await using var stream = await DeltaStream.OpenAsync(header, (from, count, _) => Task.FromResult<Stream>(new MemoryStream(container, (int)from, (int)count)),
            (from, count, _) => Task.FromResult<Stream>(new MemoryStream(origin, (int)from, (int)count)), 0, header.Length, default);
        await stream.CopyToAsync(Stream.Null);
    }

    static byte[] Deflate(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(content);
        return packed.ToArray();
    }

    /// <summary>Bytes that the program zstd makes of it; 0 where there is none.</summary>
    static long Zstd(byte[] content)
    {
        if (!File.Exists("/usr/bin/zstd")) return 0;
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/zstd", ["-3", "-c", "-q"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var feeding = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(content);
            process.StandardInput.Close();
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        feeding.Wait();
        process.WaitForExit();
        return output.Length;
    }

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    static double Lap(Stopwatch clock)
    {
        var seconds = clock.Elapsed.TotalSeconds;
        clock.Restart();
        return seconds;
    }

    static string Share(long part, long whole) => $"{(double)part / whole:F3}";
}
