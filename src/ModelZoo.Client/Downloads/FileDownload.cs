using System.Buffers;
using Microsoft.Win32.SafeHandles;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>
/// Brings one file to disk: into <c>{target}.zoo-part</c> with a journal beside it, in ranges over several connections when it is
/// large, checked against its digest, then moved into place. The target is the whole right file or is not touched.
/// With the right to fetch chunks (xet) and a file that has them, ranges come as chunks; without, as they are.
/// </summary>
sealed class FileDownload(HubTransport hub, string address, FileMetadata file, string target, IProgress<TransferProgress>? progress, XetAccess? xet = null)
{
    public const string PartSuffix = ".zoo-part";

    const int BufferBytes = 256 * 1024;

    readonly string _part = target + PartSuffix;
    readonly string _journalPath = target + PartSuffix + ".json";
    readonly XetHash? _chunks = xet is not null && XetHash.TryParse(file.XetHash, out var hash) ? hash : null;
    bool _withoutXet;
    long _underWay;

    /// <summary>False when the file was there already.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        if (await IsThereAsync(stop))
        {
            progress?.Report(new(file.Path, TransferStage.Skipped, file.SizeBytes, file.SizeBytes));
            return false;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        var resumed = await FetchAsync(fresh: false, stop);
        if (!await VerifyAsync(stop))
        {
            // What an earlier try left may be wrong (a power cut, a disk); what came just now may not.
            Discard();
            var again = resumed || (_chunks is not null && !_withoutXet);
            _withoutXet = true;
            if (again) await FetchAsync(fresh: true, stop);
            if (!again || !await VerifyAsync(stop))
            {
                Discard();
                throw new ZooVerificationException($"'{file.Path}' arrived with other content than its digest {file.ETag} names; nothing was kept.");
            }
        }
        File.Move(_part, target, overwrite: true);
        File.Delete(_journalPath);
        progress?.Report(new(file.Path, TransferStage.Done, file.SizeBytes, file.SizeBytes));
        return true;
    }

    async Task<bool> IsThereAsync(CancellationToken stop)
    {
        if (Directory.Exists(target)) throw new IOException($"'{target}' is a folder; a file should go there.");
        var present = new FileInfo(target);
        if (!present.Exists || present.Length != file.SizeBytes) return false;
        await using var content = OpenToRead(target);
        return await ContentHash.IsNamedAsync(file.ETag, content, file.SizeBytes, stop);
    }

    /// <summary>True when bytes of an earlier try were used.</summary>
    async Task<bool> FetchAsync(bool fresh, CancellationToken stop)
    {
        using var handle = OpenPart();
        var journal = fresh ? null : ResumeJournal.Find(_journalPath, file.ETag, file.SizeBytes);
        if (journal is not null && RandomAccess.GetLength(handle) != file.SizeBytes) journal = null;
        var resumed = journal is not null;
        if (journal is null) File.Delete(_journalPath);
        journal ??= ResumeJournal.New(_journalPath, file.ETag, RangePlan.For(file.SizeBytes, hub.Options));
        RandomAccess.SetLength(handle, file.SizeBytes);
        try
        {
            await FetchRangesAsync(handle, journal, stop);
        }
        catch (RangesIgnoredException)
        {
            resumed = false;
            journal = ResumeJournal.New(_journalPath, file.ETag, new(file.SizeBytes, Math.Max(1, file.SizeBytes)));
            await FetchRangesAsync(handle, journal, stop);
        }
        RandomAccess.FlushToDisk(handle);
        return resumed;
    }

    /// <summary>Opened for this process alone, so that two downloads to one place do not mix.</summary>
    SafeFileHandle OpenPart() => File.OpenHandle(_part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, FileOptions.Asynchronous);

    async Task FetchRangesAsync(SafeFileHandle handle, ResumeJournal journal, CancellationToken stop)
    {
        var work = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, hub.Options.ParallelParts), CancellationToken = stop };
        try
        {
            await Parallel.ForAsync(0, journal.Plan.Count, work, async (range, stopRange) => await FetchRangeAsync(handle, journal, range, stopRange));
        }
        catch
        {
            if (journal.DoneBytes > 0) journal.Save();
            throw;
        }
    }

    async Task FetchRangeAsync(SafeFileHandle handle, ResumeJournal journal, int range, CancellationToken stop)
    {
        var failures = 0;
        while (journal.DoneIn(range) < journal.Plan[range].LengthBytes)
        {
            var before = journal.DoneIn(range);
            var asChunks = _chunks is not null && !_withoutXet;
            try
            {
                if (asChunks) await FetchChunksAsync(_chunks!.Value, handle, journal, range, stop);
                else await FetchOnceAsync(handle, journal, range, stop);
            }
            catch (Exception e) when (asChunks && e is XetFormatException or ZooApiException)
            {
                // The hub cannot, or cannot any more, give out this file as chunks. It can always give it out as it is.
                _withoutXet = true;
            }
            catch (LostConnectionException) when (!stop.IsCancellationRequested)
            {
                failures = journal.DoneIn(range) > before ? 1 : failures + 1;          // any progress earns new patience
                if (failures >= hub.Options.MaxAttempts) throw;
                await Task.Delay(hub.Options.RetryDelay * failures, hub.Options.Clock, stop);
            }
        }
    }

    /// <summary>A range comes whole or begins anew: its chunks need not arrive in the order of the file.</summary>
    async Task FetchChunksAsync(XetHash chunks, SafeFileHandle handle, ResumeJournal journal, int range, CancellationToken stop)
    {
        var whole = journal.Plan[range];
        var done = journal.DoneIn(range);
        var left = new ByteRange(whole.Start + done, whole.LengthBytes - done);
        var came = 0L;
        try
        {
            await new XetRange(hub, xet!, chunks, left, handle, written =>
            {
                came += written;
                progress?.Report(new(file.Path, TransferStage.Downloading, journal.DoneBytes + Interlocked.Add(ref _underWay, written), file.SizeBytes));
            }).RunAsync(stop);
            for (var more = left.LengthBytes; more > 0; more -= int.MaxValue) journal.Advance(range, (int)Math.Min(more, int.MaxValue));
        }
        finally
        {
            Interlocked.Add(ref _underWay, -came);
        }
    }

    async Task FetchOnceAsync(SafeFileHandle handle, ResumeJournal journal, int range, CancellationToken stop)
    {
        var whole = journal.Plan[range];
        var done = journal.DoneIn(range);
        var left = new ByteRange(whole.Start + done, whole.LengthBytes - done);
        using var reader = await RangeReader.OpenAsync(hub, address, left, file.SizeBytes, stop);
        if (reader.Start != left.Start)
        {
            if (journal.Plan.Count > 1) throw new RangesIgnoredException();
            journal.Restart(range);
            left = whole;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var at = left.Start; at < left.End;)
            {
                var read = await reader.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left.End - at)), stop);
                await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, read), at, stop);
                at += read;
                journal.Advance(range, read);
                progress?.Report(new(file.Path, TransferStage.Downloading, journal.DoneBytes, file.SizeBytes));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async Task<bool> VerifyAsync(CancellationToken stop)
    {
        await using var content = OpenToRead(_part);
        return content.Length == file.SizeBytes && await ContentHash.IsNamedAsync(file.ETag, content, file.SizeBytes, stop);
    }

    void Discard()
    {
        File.Delete(_part);
        File.Delete(_journalPath);
    }

    static FileStream OpenToRead(string path) => new(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });

    sealed class RangesIgnoredException : Exception;
}
