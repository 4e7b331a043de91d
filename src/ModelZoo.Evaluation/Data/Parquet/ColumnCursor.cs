using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Walks over one column of one row group, a page in memory at a time.</summary>
sealed class ColumnCursor(SafeFileHandle file, ParquetNode leaf, ColumnChunk chunk)
{
    readonly long _end = chunk.Offset + chunk.Length;
    long _position = chunk.Offset, _left = chunk.Values;
    int[] _definitions = [], _repetitions = [];
    Array? _dictionary, _values;
    int _next, _count, _nextValue;

    /// <summary>Whether an entry is left. Then <see cref="Definition"/> and <see cref="Repetition"/> say which.</summary>
    public bool HasEntry => _next < _count || Load();

    public int Definition => leaf.Definition == 0 ? 0 : _definitions[_next];

    public int Repetition => leaf.Repeat == 0 ? 0 : _repetitions[_next];

    /// <summary>Goes on by one entry and returns its value; null where it has none.</summary>
    public object? Take()
    {
        var exists = Definition == leaf.Definition;
        _next++;
        return exists ? CellValue.Of(_values!, _nextValue++, leaf) : null;
    }

    bool Load()
    {
        while (_left > 0)
        {
            if (_position >= _end) throw new EvaluationException($"The column '{leaf.Name}' of the Parquet file ends too early.");
            var head = Bytes(_position, (int)Math.Min(_end - _position, 1 << 16));
            var header = PageHeader.Read(head);
            _position += header.HeaderBytes;
            if (header.CompressedSize > _end - _position) throw new EvaluationException($"A page of the column '{leaf.Name}' is longer than the column.");
            if (header.Kind is PageKind.Index)
            {
                _position += header.CompressedSize;
                continue;
            }
            var content = Bytes(_position, header.CompressedSize);
            _position += header.CompressedSize;
            if (header.Kind == PageKind.Dictionary)
            {
                _dictionary = PageValues.Read(0, Compression.Decompress(chunk.Codec, content, header.Size), header.Values, leaf, null);
                continue;
            }
            if (header.Values > _left) throw new EvaluationException($"The column '{leaf.Name}' of the Parquet file has more values than it says.");
            _left -= header.Values;
            if (header.Values == 0) continue;
            if (header.Kind == PageKind.Data) ReadData(header, Compression.Decompress(chunk.Codec, content, header.Size));
            else ReadDataV2(header, content);
            (_next, _count, _nextValue) = (0, header.Values, 0);
            return true;
        }
        return false;
    }

    void ReadData(PageHeader header, ReadOnlyMemory<byte> page)
    {
        _repetitions = TakeLevels(ref page, leaf.Repeat, header.RepetitionEncoding, header.Values);
        _definitions = TakeLevels(ref page, leaf.Definition, header.DefinitionEncoding, header.Values);
        _values = PageValues.Read(header.Encoding, page, Existing(header.Values), leaf, _dictionary);
    }

    int[] TakeLevels(ref ReadOnlyMemory<byte> page, int most, int encoding, int count)
    {
        if (most == 0) return [];
        if (encoding != 3) throw new EvaluationException($"The column '{leaf.Name}' has levels in the old bit-packed encoding, which is not read.");
        var length = page.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(page.Span) : -1;
        if (length < 0 || length > page.Length - 4) throw new EvaluationException($"A page of the column '{leaf.Name}' is broken.");
        var levels = ReadLevels(page.Span.Slice(4, length), most, count);
        page = page[(4 + length)..];
        return levels;
    }

    void ReadDataV2(PageHeader header, ReadOnlyMemory<byte> page)
    {
        var levels = (long)header.RepetitionBytes + header.DefinitionBytes;
        if (levels > page.Length || levels > header.Size) throw new EvaluationException($"A page of the column '{leaf.Name}' is broken.");
        _repetitions = leaf.Repeat == 0 ? [] : ReadLevels(page.Span[..header.RepetitionBytes], leaf.Repeat, header.Values);
        _definitions = leaf.Definition == 0 ? [] : ReadLevels(page.Span.Slice(header.RepetitionBytes, header.DefinitionBytes), leaf.Definition, header.Values);
        var content = page[(int)levels..];
        if (header.IsCompressed && chunk.Codec != 0 && content.Length > 0) content = Compression.Decompress(chunk.Codec, content, header.Size - (int)levels);
        _values = PageValues.Read(header.Encoding, content, Existing(header.Values), leaf, _dictionary);
    }

    int[] ReadLevels(ReadOnlySpan<byte> bytes, int most, int count)
    {
        var levels = new int[count];
        Levels.Read(bytes, 32 - int.LeadingZeroCount(most), levels);
        foreach (var level in levels)
            if (level > most) throw new EvaluationException($"A page of the column '{leaf.Name}' has a level that its schema does not have.");
        return levels;
    }

    int Existing(int count)
    {
        if (leaf.Definition == 0) return count;
        var existing = 0;
        foreach (var level in _definitions)
            if (level == leaf.Definition) existing++;
        return existing;
    }

    byte[] Bytes(long offset, int count)
    {
        var bytes = new byte[count];
        for (var got = 0; got < count;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(got), offset + got);
            if (read == 0) throw new EvaluationException("The Parquet file ends too early.");
            got += read;
        }
        return bytes;
    }
}
