using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>
/// A Parquet file on disk, read row by row: nested lists and structs, the encodings and compressions that pandas, Arrow, DuckDB and the Hub write. A page of each
/// column is in memory at a time. Values are as <see cref="Document"/> says; dates and times are ISO 8601 texts. Source: apache/parquet-format 2.11.
/// </summary>
public sealed class ParquetFile : IDisposable
{
    const int MaxFooter = 1 << 27;

    readonly SafeFileHandle _file;
    readonly ParquetFooter _footer;

    ParquetFile(SafeFileHandle file, ParquetFooter footer) => (_file, _footer) = (file, footer);

    public long RowCount => _footer.Rows;

    public IReadOnlyList<string> Columns => [.. _footer.Root.Children.Select(column => column.Name)];

    /// <exception cref="EvaluationException">The file is no Parquet file, is broken, or uses what is not read (encryption).</exception>
    public static ParquetFile Open(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(file);
            var tail = new byte[8];
            if (length < 12 || RandomAccess.Read(file, tail, length - 8) != 8 || !tail.AsSpan(4).SequenceEqual("PAR1"u8))
                throw new EvaluationException(tail.AsSpan(4).SequenceEqual("PARE"u8) ? "The Parquet file is encrypted." : "This is no Parquet file, or it is cut off.");
            var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
            if (size is <= 0 or > MaxFooter || size > length - 12) throw new EvaluationException("The footer of the Parquet file is broken.");
            var footer = new byte[size];
            for (var got = 0; got < size;) got += RandomAccess.Read(file, footer.AsSpan(got), length - 8 - size + got) is > 0 and var read ? read : throw new EvaluationException("The Parquet file is cut off.");
            var parsed = ParquetFooter.Read(footer);
            foreach (var chunk in parsed.Groups.SelectMany(group => group.Columns))
                if (chunk.Offset < 0 || chunk.Length < 0 || chunk.Values < 0 || chunk.Offset > length - chunk.Length) throw new EvaluationException("A column of the Parquet file lies outside the file.");
            return new(file, parsed);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>All rows, in order.</summary>
    /// <exception cref="EvaluationException">A page is broken.</exception>
    public IEnumerable<IReadOnlyDictionary<string, object?>> ReadRows()
    {
        foreach (var group in _footer.Groups)
        {
            var cursors = _footer.Leaves.Select((leaf, i) => new ColumnCursor(_file, leaf, group.Columns[i])).ToArray();
            for (long row = 0; row < group.Rows; row++) yield return (IReadOnlyDictionary<string, object?>)Group(_footer.Root, cursors)!;
        }
    }

    static object? Value(ParquetNode node, ColumnCursor[] cursors)
    {
        var first = cursors[node.FirstLeaf];
        if (!first.HasEntry) throw new EvaluationException($"The column '{node.Name}' of the Parquet file has fewer rows than the others.");
        if (node.Repetition == Repetition.Repeated) return List(node, cursors);
        if (node.Repetition == Repetition.Optional && first.Definition < node.Definition) return Nothing(node, cursors);
        return Element(node, cursors);
    }

    /// <summary>A value that is there.</summary>
    static object? Element(ParquetNode node, ColumnCursor[] cursors)
    {
        if (node.IsLeaf) return cursors[node.FirstLeaf].Take();
        // Lists and maps are groups around one repeated group; who reads rows wants the elements.
        if (node.Children is [{ Repetition: Repetition.Repeated } repeated] && node.Meaning is Meaning.List or Meaning.Map)
            return node.Meaning == Meaning.Map ? Map(repeated, cursors) : Value(repeated, cursors);
        return Group(node, cursors);
    }

    static Dictionary<string, object?> Group(ParquetNode node, ColumnCursor[] cursors)
    {
        var fields = new Dictionary<string, object?>(node.Children.Count);
        foreach (var child in node.Children) fields[child.Name] = Value(child, cursors);
        return fields;
    }

    static List<object?> List(ParquetNode node, ColumnCursor[] cursors)
    {
        var first = cursors[node.FirstLeaf];
        var elements = new List<object?>();
        if (first.Definition < node.Definition)
        {
            Nothing(node, cursors);
            return elements;
        }
        do
        {
            // The usual three levels: list.element; older writers repeat the element itself.
            elements.Add(node.Children is [var only] && node.Name is "list" or "bag" or "array" ? Value(only, cursors) : Element(node, cursors));
        }
        while (first.HasEntry && first.Repetition >= node.Repeat);
        return elements;
    }

    static Dictionary<string, object?> Map(ParquetNode entries, ColumnCursor[] cursors)
    {
        var map = new Dictionary<string, object?>();
        foreach (var entry in List(entries, cursors))
            if (entry is Dictionary<string, object?> pair && pair.Values.FirstOrDefault() is { } key) map[Convert.ToString(key)!] = pair.Values.Skip(1).FirstOrDefault();
        return map;
    }

    /// <summary>Goes on in all columns below what is not there.</summary>
    static object? Nothing(ParquetNode node, ColumnCursor[] cursors)
    {
        for (var i = node.FirstLeaf; i < node.FirstLeaf + node.LeafCount; i++)
        {
            if (!cursors[i].HasEntry) throw new EvaluationException($"The column '{node.Name}' of the Parquet file has fewer rows than the others.");
            cursors[i].Take();
        }
        return null;
    }

    public void Dispose() => _file.Dispose();
}
