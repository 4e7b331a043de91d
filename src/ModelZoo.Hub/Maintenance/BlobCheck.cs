using System.Buffers;
using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Maintenance;

/// <summary>Checks that every blob's bytes are there and are its own, and that no bytes lie about without a row.</summary>
sealed class BlobCheck(CheckStore checks, IBlobStore blobs)
{
    const int ReadBytes = 1024 * 1024;

    public async Task RunAsync(bool quick, CheckReport report, JobRun run, CancellationToken stop)
    {
        for (var after = ""; await checks.BlobsAfterAsync(after, 500, stop) is { Count: > 0 } page; after = page[^1].DigestHex)
        {
            run.Report(0.5 + (0.4 * Convert.ToInt32(page[0].DigestHex[..2], 16) / 256), "Checking blobs");
            await Parallel.ForEachAsync(page, stop, async (blob, cancel) => await CheckAsync(blob, quick, report, cancel));
        }
        run.Report(0.9, "Looking for bytes that belong to no blob");
        await foreach (var stored in blobs.ListAsync(stop))
            if (await checks.FindBlobAsync(stored.Digest, stop) is null)
                report.Note($"bytes {stored.Digest}", $"{stored.SizeBytes} bytes that belong to no blob");
    }

    async Task CheckAsync(CheckedBlob blob, bool quick, CheckReport report, CancellationToken stop)
    {
        if (blob.SweepingSince is not null)
        {
            report.Note($"blob {blob.Digest}", "it is being removed");
            return;
        }
        var problem = await FindProblemAsync(blob, quick, stop);
        // A sweeper may have taken it between the list and the look.
        if (problem is not null && await checks.FindBlobAsync(blob.Digest, stop) is not { SweepingSince: null }) return;
        report.CountBlob(blob.SizeBytes);
        if (problem is not null) report.Problem(problem);
        else if (blob is { Links: 0, Files: 0 }) report.Note($"blob {blob.Digest}", $"{blob.SizeBytes} bytes that no repository links");
    }

    async Task<CheckFinding?> FindProblemAsync(CheckedBlob blob, bool quick, CancellationToken stop)
    {
        var subject = $"blob {blob.Digest}";
        var size = await blobs.FindSizeAsync(blob.Digest, stop);
        if (size is null) return new(CheckReport.Missing, subject, "its bytes are not in the store");
        if (size != blob.SizeBytes) return new(CheckReport.Corrupt, subject, $"the store holds {size} bytes of {blob.SizeBytes}");
        try
        {
            if (quick || await HashAsync(blob, stop) is var actual && actual == blob.DigestHex) return null;
            return new(CheckReport.Corrupt, subject, $"its bytes are those of {actual}");
        }
        catch (IOException error)
        {
            return new(CheckReport.Corrupt, subject, $"its bytes cannot be read: {error.Message}");
        }
    }

    async Task<string> HashAsync(CheckedBlob blob, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var content = await blobs.OpenReadAsync(blob.Digest, 0, blob.SizeBytes, stop);
            for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;) sha.AppendData(buffer, 0, read);
            return Convert.ToHexStringLower(sha.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
