using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ModelZoo.Evaluation.Records;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A sample file, packed.</summary>
/// <param name="LinesDigest">SHA-256 of its lines.</param>
sealed record PackedSamples(string LocalPath, string LinesDigest);

/// <summary>
/// Reads what a worker left behind. The worker ran a stranger's model: what the hub knows itself (which files, which data, which task) is put in its place,
/// and records that do not fit are refused.
/// </summary>
static partial class WorkerRecords
{
    const int MaxBytes = 64 * 1024 * 1024;
    const int MaxRecords = 20_000;
    const int MaxName = 300;

    public static IReadOnlyList<ScoreRecord> Read(string outputFolder, MeasuredThing measured)
    {
        var file = new FileInfo(Path.Combine(outputFolder, "scores.json"));
        if (!file.Exists || file.LinkTarget is not null || file.Directory!.LinkTarget is not null || file.Length > MaxBytes) throw new HopelessJob("The worker left no scores.");
        var records = ScoreRecords.Parse(File.ReadAllBytes(file.FullName));
        if (records.Count is 0 or > MaxRecords) throw new HopelessJob($"The worker left {records.Count} records.");
        return [.. records.Select(record => Bind(record, measured))];
    }

    static ScoreRecord Bind(ScoreRecord record, MeasuredThing measured)
    {
        var task = measured.Chosen.Tasks.FirstOrDefault(task => task.Name == record.Task?.Id);
        if (task is null && !measured.Chosen.Groups.Contains(record.Task?.Id ?? "")) throw new HopelessJob($"The worker left a record of another task, '{record.Task?.Id}'.");
        if (task is not null && record.Task!.Hash != task.Hash) throw new HopelessJob($"The worker measured another version of the task '{task.Name}'.");
        if (record is not { Harness: not null, Protocol: not null, Metric.Length: > 0 and < MaxName, Filter.Length: > 0 and < MaxName } || record.Value is { } value && !double.IsFinite(value))
            throw new HopelessJob("The worker left a record that is none.");
        if (record.Protocol.Limit != measured.Row.Settings.Limit) throw new HopelessJob("The worker measured another number of samples.");
        var (repo, revision) = task?.DatasetPath is { } path && measured.Datasets.TryGetValue(path, out var other) ? (other.Repo, other.Revision) : (measured.Benchmark.Repository.FullName, measured.Row.BenchmarkCommit);
        return record with
        {
            Model = new(measured.Model.Repository.FullName, measured.Row.CommitId, measured.FilesDigest),
            Dataset = (record.Dataset ?? new(null, null, null, null, null, null, null)) with { Repo = repo, Revision = revision },
        };
    }

    /// <summary>Packs the samples of a task, the same lines always into the same bytes. Null where there are none.</summary>
    public static async Task<PackedSamples?> PackAsync(RunFolder folder, IEnumerable<ScoreRecord> records, CancellationToken stop)
    {
        if (records.Select(record => record.Samples?.Path).OfType<string>().FirstOrDefault() is not { } name || !FileName().IsMatch(name)) return null;
        var file = new FileInfo(Path.Combine(folder.Output, name));
        if (!file.Exists || file.LinkTarget is not null) return null;
        var packed = Path.Combine(folder.Packed, name + ".gz");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var input = file.OpenRead())
        await using (var output = new FileStream(packed, FileMode.Create, FileAccess.Write))
        await using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        {
            var buffer = new byte[1 << 20];
            for (int read; (read = await input.ReadAsync(buffer, stop)) > 0;)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                await gzip.WriteAsync(buffer.AsMemory(0, read), stop);
            }
        }
        return new(packed, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [GeneratedRegex(@"\Asamples_[A-Za-z0-9_.-]{1,200}\.jsonl\z")]
    private static partial Regex FileName();
}
