using System.Buffers.Binary;
using ModelZoo.Evaluation.Data.Parquet;

namespace ModelZoo.Evaluation.Data.Arrow;

/// <summary>
/// A file of Arrow's record batches, as <c>datasets</c> keeps them (<c>data-00000-of-00001.arrow</c>), in the file or the stream format, read row by row; a batch is
/// in memory at a time. Source: Arrow's columnar format, version 1.5, IPC section.
/// </summary>
public sealed class ArrowFile : IDisposable
{
    const int MaxDescription = 1 << 27, MaxBatch = 1 << 30;

    readonly FileStream _file;
    readonly Dictionary<long, ArrowField> _dictionaryFields = [];
    readonly Dictionary<long, ArrowColumn> _dictionaries = [];
    readonly IReadOnlyList<ArrowField> _fields;

    ArrowFile(FileStream file)
    {
        _file = file;
        Span<byte> magic = stackalloc byte[8];
        FlatTable schema;
        // The file format is the stream format between two magic words and a footer; not all writers repeat the schema before the batches.
        if (_file.ReadAtLeast(magic, 8, throwOnEndOfStream: false) == 8 && magic[..6].SequenceEqual("ARROW1"u8)) schema = ReadFooter();
        else
        {
            _file.Position = 0;
            schema = ReadMessage() is (1, var first, _) ? first : throw new EvaluationException("This is no Arrow file: it does not begin with a schema.");
        }
        _fields = ArrowField.ReadAll(schema);
        foreach (var field in _fields) FindDictionaries(field);
    }

    public IReadOnlyList<string> Columns => [.. _fields.Select(column => column.Name)];

    /// <exception cref="EvaluationException">The file is no Arrow file, or has columns of kinds that are not read (unions, views, intervals).</exception>
    public static ArrowFile Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            return new(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>All rows, in order. Call it once: it reads on from where it is.</summary>
    /// <exception cref="EvaluationException">A batch is broken or takes more than a gigabyte.</exception>
    public IEnumerable<IReadOnlyDictionary<string, object?>> ReadRows()
    {
        while (ReadMessage() is { } message)
        {
            if (message.Kind == 2) ReadDictionary(message.Table, message.Body);
            if (message.Kind != 3) continue;
            var rows = message.Table.Long(0);
            var columns = ReadColumns(_fields, message.Table, message.Body);
            if (rows < 0 || columns.Any(column => column.Length < rows)) throw new EvaluationException("A batch of the Arrow file has fewer values than rows.");
            for (long row = 0; row < rows; row++)
            {
                var fields = new Dictionary<string, object?>(columns.Length);
                for (var i = 0; i < columns.Length; i++) fields[_fields[i].Name] = columns[i][row];
                yield return fields;
            }
        }
    }

    FlatTable ReadFooter()
    {
        const int Tail = 10;
        if (_file.Length < 8 + Tail) throw new EvaluationException("The Arrow file is cut off.");
        _file.Position = _file.Length - Tail;
        var tail = Bytes(Tail);
        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!tail.AsSpan(4).SequenceEqual("ARROW1"u8) || size is <= 0 or > MaxDescription || size > _file.Length - 8 - Tail) throw new EvaluationException("The Arrow file is cut off.");
        _file.Position = _file.Length - Tail - size;
        var schema = FlatTable.Root(Bytes(size)).Table(1);
        _file.Position = 8;
        return schema ?? throw new EvaluationException("The Arrow file has no schema.");
    }

    void ReadDictionary(FlatTable table, ReadOnlyMemory<byte> body)
    {
        if (table.Byte(2) != 0) throw new EvaluationException("The Arrow file extends its dictionaries later, which is not read.");
        if (!_dictionaryFields.TryGetValue(table.Long(0), out var field) || table.Table(1) is not { } batch) throw new EvaluationException("The Arrow file has a dictionary that no column uses.");
        _dictionaries[table.Long(0)] = ReadColumns([field], batch, body)[0];
    }

    ArrowColumn[] ReadColumns(IReadOnlyList<ArrowField> fields, FlatTable batch, ReadOnlyMemory<byte> body)
    {
        var (nodes, buffers, codec) = (batch.Pairs(1), batch.Pairs(2), batch.Table(3)?.Byte(0));
        var (node, buffer) = (0, 0);
        return [.. fields.Select(field => new ArrowColumn(field, NextNode, NextBuffer, _dictionaries))];

        (long, long) NextNode() => node < nodes.Length ? nodes[node++] : throw new EvaluationException("A batch of the Arrow file has fewer columns than its schema.");

        ReadOnlyMemory<byte> NextBuffer()
        {
            if (buffer >= buffers.Length) throw new EvaluationException("A batch of the Arrow file has fewer buffers than its columns need.");
            var (offset, length) = buffers[buffer++];
            if (offset < 0 || length < 0 || offset > body.Length - length) throw new EvaluationException("A buffer of the Arrow file lies outside its batch.");
            var bytes = body.Slice((int)offset, (int)length);
            if (codec is null || length == 0) return bytes;
            // A compressed buffer begins with its length, or with -1 where compression would not have helped.
            var size = length >= 8 ? BinaryPrimitives.ReadInt64LittleEndian(bytes.Span) : 0;
            if (size == -1) return bytes[8..];
            if (size is < 0 or > MaxBatch || length < 8) throw new EvaluationException("A buffer of the Arrow file is broken.");
            return codec == 1 ? Compression.Decompress(6, bytes[8..], (int)size) : throw new EvaluationException("The Arrow file is compressed with LZ4 frames, which is not read; write it with zstd or uncompressed.");
        }
    }

    (int Kind, FlatTable Table, ReadOnlyMemory<byte> Body)? ReadMessage()
    {
        Span<byte> head = stackalloc byte[4];
        if (_file.ReadAtLeast(head, 4, throwOnEndOfStream: false) < 4) return null;
        var size = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (size == -1)
        {
            if (_file.ReadAtLeast(head, 4, throwOnEndOfStream: false) < 4) return null;
            size = BinaryPrimitives.ReadInt32LittleEndian(head);
        }
        if (size == 0) return null;
        if (size is < 0 or > MaxDescription || size > _file.Length - _file.Position) throw new EvaluationException("This is no Arrow file, or it is cut off.");
        var message = FlatTable.Root(Bytes(size));
        var length = message.Long(3);
        if (length is < 0 or > MaxBatch) throw new EvaluationException("A batch of the Arrow file takes more than a gigabyte.");
        if (length > _file.Length - _file.Position) throw new EvaluationException("The Arrow file is cut off.");
        var body = Bytes((int)length);
        return message.Table(2) is { } table ? (message.Byte(1), table, body) : throw new EvaluationException("The Arrow file has an empty message.");
    }

    byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _file.ReadExactly(bytes);
        return bytes;
    }

    void FindDictionaries(ArrowField field)
    {
        if (field is { Dictionary: { } number, Values: { } values }) _dictionaryFields[number] = values;
        foreach (var child in (field.Values ?? field).Children) FindDictionaries(child);
    }

    public void Dispose() => _file.Dispose();
}
