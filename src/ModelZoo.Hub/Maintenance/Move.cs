using System.IO.Pipelines;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Maintenance;

/// <summary>What a move brought over.</summary>
/// <param name="WasComplete">An earlier run had finished: this one had nothing left to do.</param>
sealed record MoveReport(int Blobs, long BlobBytes, int NewBlobs, int Tables, long Rows, bool IsComplete, bool WasComplete = false);

/// <summary>
/// Moves a hub into another database and another blob store, of any kinds. First the blobs, which never change, so the hub may
/// still run; then the rows, of a hub that is stopped; then every row is compared and every byte read back. It may be killed at
/// any moment and run again: blobs that are there are not sent again, tables that are there are not copied again.
/// </summary>
/// <param name="check">Checks everything that the target holds, blobs by their digests.</param>
sealed class Move(HubDatabase source, IBlobStore sourceBlobs, HubDatabase target, IBlobStore targetBlobs, StoreCheck check, TimeProvider time)
{
    const int BlobsAtOnce = 4;

    readonly MoveStore _rows = new(source, target);

    /// <param name="where">What to call the target in words.</param>
    public async Task<MoveReport> RunAsync(string where, bool blobsOnly, JobRun run, CancellationToken stop)
    {
        await Backup.RequireKnownAsync(source, time, stop);
        if (await _rows.IsFinishedAsync(where, stop)) return new(0, 0, 0, 0, 0, IsComplete: true, WasComplete: true);
        if (!await _rows.IsUnderWayAsync(stop))
            await foreach (var _ in targetBlobs.ListAsync(stop)) throw new InvalidOperationException("The target's blob store is not empty; a hub is moved into an empty one.");
        if (!await _rows.TryBeginAsync(stop)) throw new InvalidOperationException("The target holds another hub; a hub is moved into an empty one.");
        if (!blobsOnly && await _rows.TryCloseSourceAsync(where, time.NowMs() - (long)Migrator.NodeSilence.TotalMilliseconds, stop) is { } running)
            throw new InvalidOperationException($"Node {running} still runs on this hub (seen within a minute): stop it. With --blobs-only its blobs can be copied while it runs.");
        var blobs = await CopyBlobsAsync(run, stop);
        if (blobsOnly) return new(blobs.All, blobs.Bytes, blobs.New, 0, 0, false);

        await _rows.PrepareRowsAsync(stop);
        await CopyRowsAsync(run, stop);
        var rows = await CompareAsync(run, stop);
        await CheckAsync(run, stop);
        await _rows.FinishAsync(stop);
        return new(blobs.All, blobs.Bytes, blobs.New, MoveStore.Tables.Count, rows, true);
    }

    async Task<(int All, int New, long Bytes)> CopyBlobsAsync(JobRun run, CancellationToken stop)
    {
        var checks = new CheckStore(source);
        var (all, added, bytes) = (0, 0, 0L);
        for (var after = ""; await checks.BlobsAfterAsync(after, 500, stop) is { Count: > 0 } page; after = page[^1].DigestHex)
        {
            await Parallel.ForEachAsync(page.Where(blob => blob is { SweepingSince: null, IsTerms: false, DeltaSince: null }), new ParallelOptions { MaxDegreeOfParallelism = BlobsAtOnce, CancellationToken = stop }, async (blob, cancel) =>
            {
                run.Report(0.5 * Convert.ToInt32(blob.DigestHex[..2], 16) / 256, $"Copying blobs: {all}, {bytes >> 20} MiB");
                if (await targetBlobs.FindSizeAsync(blob.Digest, cancel) != blob.SizeBytes && await TryCopyAsync(checks, blob, cancel)) Interlocked.Increment(ref added);
                Interlocked.Increment(ref all);
                Interlocked.Add(ref bytes, blob.SizeBytes);
            });
        }
        return (all, added, bytes);
    }

    /// <summary>False when the blob is gone from a hub that runs on. The target verifies what it is sent.</summary>
    async Task<bool> TryCopyAsync(CheckStore checks, CheckedBlob blob, CancellationToken stop)
    {
        try
        {
            await using var content = await sourceBlobs.OpenReadAsync(blob.Digest, 0, blob.SizeBytes, stop);
            var reader = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 1024 * 1024));
            await targetBlobs.WriteAsync(blob.Digest, blob.SizeBytes, reader, stop);
            await reader.CompleteAsync();
            return true;
        }
        catch (Exception error) when (error is FileNotFoundException or EndOfStreamException || error is Refusal { Kind: RefusalKind.Invalid })
        {
            if (await checks.FindBlobAsync(blob.Digest, stop) is not { SweepingSince: null }) return false;
            throw new InvalidDataException($"The bytes of blob {blob.Digest} are missing or damaged in the source; run zoo fsck on it.", error);
        }
    }

    async Task CopyRowsAsync(JobRun run, CancellationToken stop)
    {
        var tables = MoveStore.Tables;
        for (var i = 0; i < tables.Count; i++)
        {
            if (await _rows.IsCopiedAsync(tables[i], stop)) continue;
            var done = 0.5 + (0.2 * i / tables.Count);
            await _rows.CopyAsync(tables[i], rows => run.Report(done, $"Copying {tables[i]}: {rows} rows"), stop);
        }
    }

    async Task<long> CompareAsync(JobRun run, CancellationToken stop)
    {
        var total = 0L;
        foreach (var table in MoveStore.Tables)
        {
            run.Report(0.75, $"Comparing {table}");
            var (here, there) = (await _rows.SumSourceAsync(table, stop), await _rows.SumTargetAsync(table, stop));
            if (here != there)
                throw new InvalidDataException($"Table {table} has {here.Rows} rows in the source and {there.Rows} in the target, or rows that differ: the move is not complete.");
            run.Log($"{table}: {here.Rows} rows, the same");
            total += here.Rows;
        }
        return total;
    }

    async Task CheckAsync(JobRun run, CancellationToken stop)
    {
        run.Report(0.8, "Reading every object and blob of the target");
        var report = await check.RunAsync(quick: false, run, stop);
        foreach (var problem in report.Problems.Take(100)) run.Log($"{problem.Kind}: {problem.Subject}: {problem.Detail}");
        run.Log(report.ToString());
        if (!report.IsClean) throw new InvalidDataException("The check of the target found problems; the source is unchanged.");
    }
}
