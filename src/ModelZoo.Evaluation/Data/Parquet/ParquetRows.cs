using System.Buffers.Binary;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>
/// Rows of a Parquet file, nested values among them, as Dremel's levels put them together (Melnik et al. 2010). One page of each column is in memory at a time.
/// Not read: zstd and LZ4, encryption.
/// </summary>
static class ParquetRows
{
    const int MaxFooter = 64 << 20;

    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(DataFile file, DataLimits limits)
    {
        using var handle = File.OpenHandle(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.Read);
        var length = RandomAccess.GetLength(handle);
        var metadata = Guard(file, () => Footer(handle, length));
        var root = Guard(file, () => ParquetNode.Read(metadata.List(2), limits.MaxColumns));
        var leaves = root.AllLeaves().ToList();
        foreach (var item in metadata.List(4))
        {
            var group = item as ThriftStruct ?? throw file.Bad("the metadata is broken.");
            var columns = Guard(file, () => Open(group, handle, length, leaves, limits));
            for (var rows = Guard(file, () => group.Get(3)); rows > 0; rows--)
            {
                yield return Guard(file, () =>
                {
                    var row = new Dictionary<string, object?>(root.Children.Count, StringComparer.Ordinal);
                    foreach (var child in root.Children) row[child.Name] = ReadNode(child, columns, 0);
                    return row;
                });
            }
        }
    }

    static T Guard<T>(DataFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new EvaluationException($"{file.Path}: {e.Message}.", e);
        }
    }

    static ThriftStruct Footer(Microsoft.Win32.SafeHandles.SafeFileHandle handle, long length)
    {
        var tail = new byte[8];
        if (length < 12 || RandomAccess.Read(handle, tail, length - 8) != 8 || !tail.AsSpan(4).SequenceEqual("PAR1"u8)) throw new InvalidDataException("this is no Parquet file");
        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (size is <= 0 or > MaxFooter || size > length - 12) throw ThriftReader.Broken();
        var footer = new byte[size];
        if (RandomAccess.Read(handle, footer, length - 8 - size) != size) throw ThriftReader.Broken();
        return new ThriftReader(footer).ReadStruct();
    }

    static ParquetColumn[] Open(ThriftStruct group, Microsoft.Win32.SafeHandles.SafeFileHandle handle, long length, List<ParquetNode> leaves, DataLimits limits)
    {
        var columns = group.List(1);
        if (columns.Count != leaves.Count) throw ThriftReader.Broken();
        return [.. columns.Select((column, i) => new ParquetColumn(handle, length, (column as ThriftStruct)?.FindStruct(3) ?? throw ThriftReader.Broken(), leaves[i], limits))];
    }

    /// <summary>The next value of a node in the current row; <paramref name="isElement"/> of what is repeated, when that is already seen to.</summary>
    static object? ReadNode(ParquetNode node, ParquetColumn[] columns, int depth, bool isElement = false)
    {
        if (depth > 40) throw ThriftReader.Broken();
        var first = columns[node.Leaves[0]];
        if (node.Repetition == 2 && !isElement)
        {
            var list = new List<object?>();
            if (first.Peek().Definition < node.MaxDefinition)
            {
                Skip(node, columns);
                return list;
            }
            do list.Add(ReadNode(node, columns, depth + 1, isElement: true));
            while (first.Peek().Repetition == node.MaxRepetition);
            return list;
        }
        if (node.Leaf >= 0) return first.Next();
        if (node.Repetition == 1 && first.Peek().Definition < node.MaxDefinition)
        {
            Skip(node, columns);
            return null;
        }
        if (node is { IsList: true, Children: [{ Repetition: 2 } inner] }) return Elements(node, inner, columns, depth);
        if (node is { IsMap: true, Children: [{ Repetition: 2, Children.Count: 2 } entries] }) return Map(entries, columns, depth);
        var result = new Dictionary<string, object?>(node.Children.Count, StringComparer.Ordinal);
        foreach (var child in node.Children) result[child.Name] = ReadNode(child, columns, depth + 1);
        // Pictures and sounds as Hugging Face stores them.
        return result is { Count: 2 } && result.TryGetValue("bytes", out var bytes) && bytes is ReadOnlyMemory<byte> && result.ContainsKey("path") ? bytes : result;
    }

    /// <summary>The repeated child is a frame around its only child, except in old files where it is the element itself.</summary>
    static List<object?> Elements(ParquetNode list, ParquetNode inner, ParquetColumn[] columns, int depth)
    {
        var values = (List<object?>)ReadNode(inner, columns, depth + 1)!;
        var isFrame = inner.Children.Count == 1 && inner.Name != "array" && inner.Name != $"{list.Name}_tuple";
        return isFrame ? values.ConvertAll(value => value is Dictionary<string, object?> frame ? frame[inner.Children[0].Name] : value) : values;
    }

    static Dictionary<string, object?> Map(ParquetNode entries, ParquetColumn[] columns, int depth)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var entry in ((List<object?>)ReadNode(entries, columns, depth + 1)!).OfType<Dictionary<string, object?>>())
            map[entry[entries.Children[0].Name]?.ToString() ?? ""] = entry[entries.Children[1].Name];
        return map;
    }

    static void Skip(ParquetNode node, ParquetColumn[] columns)
    {
        foreach (var leaf in node.Leaves) columns[leaf].Next();
    }
}
