using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Storage;

/// <summary>Uploads in parts into a folder store. All state is in files, so a restarted hub goes on where it stopped.</summary>
sealed class FolderParts(FolderLayout layout, FolderBlobStore blobs)
{
    readonly PartTurns _turns = new();

    public string Begin(long sizeBytes, long partBytes)
    {
        PartsUpload.RequirePossible(sizeBytes, partBytes);
        Disk.RequireRoom(layout.Staging, sizeBytes);
        var handle = FolderLayout.NewHandle();
        var folder = layout.FindParts(handle)!;
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = File.OpenHandle(FolderLayout.Content(folder), FileMode.CreateNew, FileAccess.Write))
            {
                Disk.Allocate(file, sizeBytes);
                RandomAccess.FlushToDisk(file);
            }
            Disk.SyncFolder(folder);
            Disk.SyncFolder(layout.Staging);
            return handle;
        }
        catch (IOException error)
        {
            Remove(folder);
            if (Disk.IsFull(error)) throw Disk.Full();
            throw;
        }
    }

    public async Task<string> WriteAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop)
    {
        upload.RequirePart(number);
        var folder = GetFolder(upload);
        var turn = _turns.Take(upload.Handle, number);
        try
        {
            using var file = OpenContent(folder, FileAccess.Write);
            using var sha = new SequenceHash();
            // From here until it is written again the part counts as missing.
            turn.Do(() => File.Delete(FolderLayout.Part(folder, number)));
            var start = (number - 1) * upload.PartBytes;
            var segments = new List<ReadOnlyMemory<byte>>();
            await ContentCopy.ReadExactlyAsync(content, upload.PartLength(number), (bytes, position) =>
            {
                sha.Append(bytes);
                SegmentList.Fill(segments, bytes);
                turn.Do(() => RandomAccess.Write(file, segments, start + position));
            }, stop);
            RandomAccess.FlushToDisk(file);
            stop.ThrowIfCancellationRequested();
            var etag = sha.Finish();
            turn.Do(() => Record(folder, number, etag));
            return Quote(etag);
        }
        catch (DirectoryNotFoundException)
        {
            throw Unknown();     // abandoned or swept meanwhile
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            throw Disk.Full();
        }
        finally
        {
            _turns.GiveBack(upload.Handle, number, turn);
        }
    }

    /// <summary>Written beside and renamed, so that a record is whole or absent.</summary>
    static void Record(string folder, int number, Digest etag)
    {
        var beside = Path.Combine(folder, $"{Guid.NewGuid():n}.new");
        WriteDurably(beside, etag.Hex);
        File.Move(beside, FolderLayout.Part(folder, number), overwrite: true);
        Disk.SyncFolder(folder);
    }

    static void WriteDurably(string path, string text)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, Encoding.ASCII.GetBytes(text), 0);
        RandomAccess.FlushToDisk(file);
    }

    public IReadOnlyDictionary<int, string> List(PartsUpload upload)
    {
        var parts = new SortedDictionary<int, string>();
        if (layout.FindParts(upload.Handle) is not { } folder || !Directory.Exists(folder)) return parts;
        for (var number = 1; number <= upload.PartCount; number++)
        {
            var record = FolderLayout.Part(folder, number);
            if (File.Exists(record) && Digest.TryParse(File.ReadAllText(record), out var etag)) parts[number] = Quote(etag);
        }
        return parts;
    }

    public async Task CompleteAsync(PartsUpload upload, CancellationToken stop)
    {
        var folder = GetFolder(upload);
        _turns.Seal(upload.Handle);
        try
        {
            if (WasCompleted(folder, upload)) return;
            RequireAllParts(upload);
            using (var file = OpenContent(folder, FileAccess.ReadWrite))
            {
                if (RandomAccess.GetLength(file) != upload.SizeBytes || await HashAsync(file, upload.SizeBytes, stop) != upload.Digest)
                {
                    Remove(folder);
                    throw Refusal.Invalid($"The joined parts are not the {upload.SizeBytes} bytes with SHA-256 {upload.Digest}; the upload was dropped.");
                }
                RandomAccess.FlushToDisk(file);
            }
            // The mark outlives the move: with it, a repeated completion knows that this upload brought the bytes.
            WriteDurably(FolderLayout.Verified(folder), upload.Digest.Hex);
            Disk.SyncFolder(folder);
            Publish(folder, upload);
        }
        catch (FileNotFoundException) when (WasCompleted(folder, upload))
        {
            // A completion of the same upload was faster.
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            throw Disk.Full();
        }
        finally
        {
            _turns.Unseal(upload.Handle);
        }
    }

    void Publish(string folder, PartsUpload upload)
    {
        var content = FolderLayout.Content(folder);
        blobs.Publish(content, upload.Digest, upload.SizeBytes);
        File.Delete(content);
        foreach (var record in Directory.EnumerateFiles(folder, "part-*")) File.Delete(record);
        Disk.SyncFolder(folder);
    }

    public bool WasCompleted(PartsUpload upload) => layout.FindParts(upload.Handle) is { } folder && WasCompleted(folder, upload);

    bool WasCompleted(string folder, PartsUpload upload) =>
        File.Exists(FolderLayout.Verified(folder)) && !File.Exists(FolderLayout.Content(folder))
            && blobs.IsPresent(upload.Digest, upload.SizeBytes);

    void RequireAllParts(PartsUpload upload)
    {
        var parts = List(upload);
        for (var number = 1; number <= upload.PartCount; number++)
            if (!parts.ContainsKey(number)) throw Refusal.Invalid($"Part {number} of {upload.PartCount} is missing.");
    }

    static async Task<Digest> HashAsync(SafeFileHandle file, long sizeBytes, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ContentCopy.GulpBytes);
        try
        {
            using var sha = new SequenceHash();
            for (long position = 0; position < sizeBytes;)
            {
                var read = await RandomAccess.ReadAsync(file, buffer, position, stop);
                if (read == 0) break;
                sha.Append(buffer.AsSpan(0, read));
                position += read;
            }
            return sha.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Abandon(PartsUpload upload)
    {
        if (layout.FindParts(upload.Handle) is not { } folder || !Directory.Exists(folder)) return;
        _turns.Seal(upload.Handle);
        try
        {
            Remove(folder);
        }
        finally
        {
            _turns.Unseal(upload.Handle);
        }
    }

    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Someone else removed it first.
        }
    }

    string GetFolder(PartsUpload upload) =>
        layout.FindParts(upload.Handle) is { } folder && Directory.Exists(folder) ? folder : throw Unknown();

    static SafeFileHandle OpenContent(string folder, FileAccess access)
    {
        try
        {
            // Sharing is ours to order: many parts of one file are written at once.
            return File.OpenHandle(FolderLayout.Content(folder), FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unknown();
        }
    }

    static Refusal Unknown() => Refusal.NotFound("The upload is unknown: it was completed, abandoned or swept.");

    static string Quote(Digest etag) => $"\"{etag.Hex}\"";
}
