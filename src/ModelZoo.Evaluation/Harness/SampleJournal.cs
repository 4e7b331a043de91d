using System.Buffers;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Evaluation.Harness;

/// <summary>What an earlier try was answered about one document.</summary>
sealed record KeptSample(JsonElement Responses, bool IsCut);

/// <summary>
/// The sample file while it grows: lines are appended as samples are done, in whatever order that is. Opening it again gives what is there, when it is of the
/// same run; a last line that was torn is dropped. <see cref="CompleteAsync"/> puts the lines in order, so that the file is the same however often
/// the run was interrupted.
/// </summary>
sealed class SampleJournal : IDisposable
{
    readonly string _path, _journalPath;
    readonly FileStream _journal;
    readonly Dictionary<(int Document, int Filter), (long Offset, int Length)> _places = [];
    readonly Dictionary<string, int> _filters;

    SampleJournal(string path, string journalPath, FileStream journal, IReadOnlyList<string> filters)
    {
        (_path, _journalPath, _journal) = (path, journalPath, journal);
        _filters = filters.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
    }

    /// <summary>Answers of an earlier try, by the document's index. Samples that were errors are not among them: they are asked again.</summary>
    public Dictionary<int, KeptSample> Kept { get; } = [];

    public string Path => _path;

    /// <param name="header">All that answers depend on; a file made under another is started anew.</param>
    public static SampleJournal Open(string folder, string task, string header, IReadOnlyList<string> filters)
    {
        var name = System.IO.Path.Combine(folder, $"samples_{OutputFiles.Safe(task)}");
        var (path, journalPath, headerPath) = ($"{name}.jsonl", $"{name}.part", $"{name}.run.json");
        var isSame = File.Exists(headerPath) && File.ReadAllText(headerPath) == header;
        if (!isSame)
        {
            File.Delete(path);
            File.Delete(journalPath);
            File.WriteAllText(headerPath, header);
        }
        else if (File.Exists(path)) File.Move(path, journalPath, overwrite: true);
        var journal = new SampleJournal(path, journalPath, new FileStream(journalPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16), filters);
        try
        {
            journal.Load();
        }
        catch
        {
            journal.Dispose();
            throw;
        }
        return journal;
    }

    void Load()
    {
        using var reader = new BufferedStream(new FileStream(_journalPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), 1 << 20);
        var (line, good) = (new MemoryStream(), 0L);
        var counts = new Dictionary<int, int>();
        for (int next; (next = reader.ReadByte()) >= 0;)
        {
            line.WriteByte((byte)next);
            if (next != '\n') continue;
            if (!TryKeep(line.GetBuffer().AsMemory(0, (int)line.Length), good, counts)) break;
            good += line.Length;
            line.SetLength(0);
        }
        // Behind the last whole line there is only what a dying process left.
        _journal.SetLength(good);
        _journal.Seek(0, SeekOrigin.End);
        foreach (var (document, count) in counts)
            if (count < _filters.Count) Kept.Remove(document);
    }

    bool TryKeep(ReadOnlyMemory<byte> line, long offset, Dictionary<int, int> counts)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var (document, filter) = (root.GetProperty("doc_id").GetInt32(), root.GetProperty("filter").GetString() ?? "");
            if (!_filters.TryGetValue(filter, out var number)) return false;
            _places[(document, number)] = (offset, line.Length);
            if (root.TryGetProperty("error", out _)) Kept.Remove(document);
            else if (root.TryGetProperty("resps", out var responses)) Kept[document] = new(responses.Clone(), root.TryGetProperty("cut", out _));
            counts[document] = counts.GetValueOrDefault(document) + 1;
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Appends a document's lines, one for each filter, each ended.</summary>
    public void Append(int document, IReadOnlyList<StringBuilder> lines)
    {
        for (var filter = 0; filter < lines.Count; filter++)
        {
            var offset = _journal.Position;
            // The chunks of a builder may part a surrogate pair: the line is put together first.
            var text = ArrayPool<char>.Shared.Rent(lines[filter].Length);
            lines[filter].CopyTo(0, text, lines[filter].Length);
            var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(lines[filter].Length));
            _journal.Write(bytes, 0, Encoding.UTF8.GetBytes(text.AsSpan(0, lines[filter].Length), bytes));
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<char>.Shared.Return(text);
            _places[(document, filter)] = (offset, (int)(_journal.Position - offset));
        }
    }

    /// <summary>Hands what was appended to the operating system: it survives the end of this process.</summary>
    public void Flush() => _journal.Flush();

    /// <summary>Writes the sample file: documents in order, for each the filters in order.</summary>
    public async Task CompleteAsync(CancellationToken stop)
    {
        await _journal.FlushAsync(stop);
        var buffer = new byte[1 << 16];
        var staged = _path + ".new";
        await using (var file = new FileStream(staged, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            foreach (var (_, (offset, length)) in _places.OrderBy(place => place.Key))
            {
                if (length > buffer.Length) buffer = new byte[length];
                if (_journal.Position != offset) _journal.Position = offset;
                _journal.ReadExactly(buffer, 0, length);
                file.Write(buffer, 0, length);
            }
            file.Flush(flushToDisk: true);
        }
        File.Move(staged, _path, overwrite: true);
        _journal.Dispose();
        File.Delete(_journalPath);
    }

    public void Dispose() => _journal.Dispose();
}
