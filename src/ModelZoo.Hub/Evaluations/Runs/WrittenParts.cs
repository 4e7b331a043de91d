using System.IO.Compression;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>
/// Brings what a worker writes into the database piece by piece, and from there into the folder of a node that goes on with the run. Sample journals only
/// grow, by whole lines; headers and finished files are kept whole.
/// </summary>
sealed partial class WrittenParts(EvaluationStore store, long id, string folder, long mostBytes)
{
    const int PieceBytes = 4 * 1024 * 1024;
    const int MostFiles = 400;

    readonly Dictionary<string, long> _kept = new(StringComparer.Ordinal);
    long _bytes;

    /// <summary>Writes those files that are kept and that this node does not have.</summary>
    public async Task RestoreAsync(CancellationToken stop)
    {
        foreach (var parts in (await store.ListPartsAsync(id, stop)).GroupBy(part => part.File, StringComparer.Ordinal))
        {
            if (!FileName().IsMatch(parts.Key)) continue;
            var path = Path.Combine(folder, parts.Key);
            var isJournal = !parts.Key.EndsWith(".run.json", StringComparison.Ordinal);
            // What this node has itself counts when there is more of it; then it is kept anew, for the order of its lines is its own.
            var own = new FileInfo(isJournal && File.Exists(Path.Combine(folder, Stem(parts.Key) + ".jsonl")) ? Path.Combine(folder, Stem(parts.Key) + ".jsonl") : path);
            if (own.Exists && (!isJournal || own.Length >= await EndAsync(parts.Key, parts.Max(part => part.BeginsAt), stop)))
            {
                await store.RemovePartsAsync(id, parts.Key, stop);
                continue;
            }
            await using var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write);
            foreach (var place in parts)
            {
                if (place.BeginsAt != file.Position || await store.FindPartAsync(id, place.File, place.BeginsAt, stop) is not { } part) break;
                await using var unpacked = new GZipStream(new MemoryStream(part.Content), CompressionMode.Decompress);
                await unpacked.CopyToAsync(file, stop);
            }
            _kept[parts.Key] = file.Position;
            await file.DisposeAsync();
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    async Task<long> EndAsync(string name, long begins, CancellationToken stop)
    {
        if (await store.FindPartAsync(id, name, begins, stop) is not { } last) return 0;
        await using var unpacked = new GZipStream(new MemoryStream(last.Content), CompressionMode.Decompress);
        var content = new MemoryStream();
        await unpacked.CopyToAsync(content, stop);
        return begins + content.Length;
    }

    /// <summary>Keeps what is new since the last time.</summary>
    public async Task KeepAsync(CancellationToken stop)
    {
        foreach (var path in Directory.EnumerateFiles(folder).Take(MostFiles).Order(StringComparer.Ordinal).ToList())
        {
            var name = Path.GetFileName(path);
            if (!FileName().IsMatch(name)) continue;
            try
            {
                if (name.EndsWith(".part", StringComparison.Ordinal))
                {
                    // A task that was done and is gone through again: its lines are in the journal.
                    if (_kept.Remove(Stem(name) + ".jsonl")) await store.RemovePartsAsync(id, Stem(name) + ".jsonl", stop);
                    await AppendAsync(path, name, onlyLines: true, stop);
                }
                else if (name.EndsWith(".jsonl", StringComparison.Ordinal)) await KeepFinishedAsync(path, name, stop);
                else if (new FileInfo(path).Length is var length && _kept.GetValueOrDefault(name) != length)
                {
                    await store.RemovePartsAsync(id, name, stop);
                    _kept[name] = 0;
                    await AppendAsync(path, name, onlyLines: false, stop);
                }
            }
            catch (IOException)
            {
                // The worker moves its files while we look; next time they lie where they belong.
            }
        }
    }

    /// <summary>A task that is done has its lines in order, which the journal had not.</summary>
    async Task KeepFinishedAsync(string path, string name, CancellationToken stop)
    {
        var journal = Stem(name) + ".part";
        if (_kept.Remove(journal)) await store.RemovePartsAsync(id, journal, stop);
        await AppendAsync(path, name, onlyLines: true, stop);
    }

    async Task AppendAsync(string path, string name, bool onlyLines, CancellationToken stop)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var from = _kept.GetValueOrDefault(name);
        if (file.Length < from)
        {
            // Not the file that it was: begun anew.
            await store.RemovePartsAsync(id, name, stop);
            _kept[name] = from = 0;
        }
        var buffer = new byte[PieceBytes];
        while (file.Length > from && _bytes < mostBytes)
        {
            file.Position = from;
            var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
            var end = onlyLines ? buffer.AsSpan(0, read).LastIndexOf((byte)'\n') + 1 : read;
            if (end == 0) return;
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) await gzip.WriteAsync(buffer.AsMemory(0, end), stop);
            await store.AddPartAsync(id, new() { File = name, BeginsAt = from, Content = packed.ToArray() }, stop);
            _bytes += packed.Length;
            _kept[name] = from += end;
        }
    }

    static string Stem(string name) => name.EndsWith(".run.json", StringComparison.Ordinal) ? name[..^".run.json".Length] : Path.GetFileNameWithoutExtension(name);

    /// <summary>What the harness calls its files.</summary>
    [GeneratedRegex(@"\Asamples_[A-Za-z0-9_.-]{1,200}\.(part|jsonl|run\.json)\z")]
    private static partial Regex FileName();
}
