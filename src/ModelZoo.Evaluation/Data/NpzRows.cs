using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Evaluation.Data;

/// <summary>NumPy archives: each array a column, its first axis the rows. Scalars of rows become numbers, the rest arrays.</summary>
static partial class NpzRows
{
    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(DataFile file, DataLimits limits)
    {
        using var stream = new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.Read);
        using var zip = Open(stream, file);
        var columns = new List<Column>();
        try
        {
            foreach (var entry in zip.Entries.Where(entry => entry.FullName.EndsWith(".npy", StringComparison.Ordinal)).Take(limits.MaxColumns))
                columns.Add(new(file, entry, limits));
            if (columns.Count == 0) throw file.Bad("no arrays.");
            if (columns.Select(column => column.Rows).Distinct().Count() != 1) throw file.Bad($"the arrays are not of one length: {string.Join(", ", columns.Select(column => $"{column.Name} {column.Rows}"))}.");
            for (var i = 0L; i < columns[0].Rows; i++)
            {
                var row = new Dictionary<string, object?>(columns.Count, StringComparer.Ordinal);
                foreach (var column in columns) row[column.Name] = column.Next();
                yield return row;
            }
        }
        finally
        {
            foreach (var column in columns) column.Dispose();
        }
    }

    static ZipArchive Open(Stream stream, DataFile file)
    {
        try
        {
            return new(stream, ZipArchiveMode.Read);
        }
        catch (InvalidDataException e)
        {
            throw new EvaluationException($"{file.Path}: this is no NumPy archive.", e);
        }
    }

    [GeneratedRegex(@"^\s*\{\s*'descr':\s*'([<|>=]?[a-zA-Z][0-9]+)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([0-9, ]*)\),?\s*\}\s*$", RegexOptions.NonBacktracking)]
    private static partial Regex Header();

    sealed class Column : IDisposable
    {
        readonly DataFile _file;
        readonly Stream _content;
        readonly string _type;
        readonly int[] _shape;
        readonly byte[] _item;
        readonly int _width;

        public Column(DataFile file, ZipArchiveEntry entry, DataLimits limits)
        {
            (_file, Name) = (file, entry.FullName[..^4]);
            _content = new BoundedStream(entry.Open(), limits.MaxFileBytes, $"{file.Path}/{Name}");
            var head = new byte[10];
            Fill(head);
            if (head[0] != 0x93 || !head.AsSpan(1, 5).SequenceEqual("NUMPY"u8)) throw file.Bad($"'{Name}' is no array.");
            var length = (int)BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(8));
            if (head[6] > 1)
            {
                var more = new byte[2];
                Fill(more);
                length |= BinaryPrimitives.ReadUInt16LittleEndian(more) << 16;
            }
            if (length is <= 0 or > 1 << 16) throw file.Bad($"the header of '{Name}' is too long.");
            var text = new byte[length];
            Fill(text);
            var match = Header().Match(Encoding.ASCII.GetString(text));
            if (!match.Success) throw file.Bad($"the header of '{Name}' is not understood.");
            if (match.Groups[2].Value == "True") throw file.Bad($"'{Name}' is in column order; save it in C order.");
            _type = match.Groups[1].Value.TrimStart('<', '|', '=');
            _width = _type switch { "u1" or "i1" or "b1" => 1, "i2" or "u2" or "f2" => 2, "i4" or "u4" or "f4" => 4, "i8" or "u8" or "f8" => 8, _ => throw file.Bad($"'{Name}' holds {match.Groups[1].Value}, which is not read.") };
            var axes = match.Groups[3].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(axis => int.TryParse(axis, out var n) ? n : throw file.Bad($"an axis of '{Name}' is too long.")).ToArray();
            if (axes.Length == 0) throw file.Bad($"'{Name}' is a single number.");
            (Rows, _shape) = (axes[0], axes[1..]);
            var each = _shape.Aggregate((Int128)1, (a, b) => a * b) * _width;
            if (each > limits.MaxRowBytes) throw file.Bad($"a row of '{Name}' has {each} bytes; at most {limits.MaxRowBytes} are read.");
            _item = new byte[(int)each];
        }

        public string Name { get; }

        public long Rows { get; }

        public object Next()
        {
            Fill(_item);
            if (_shape.Length == 0) return _type == "b1" ? _item[0] != 0 : _type[0] == 'f' ? Number(_item) : (object)(long)Number(_item);
            var values = new float[_item.Length / _width];
            for (var i = 0; i < values.Length; i++) values[i] = (float)Number(_item.AsSpan(i * _width, _width));
            return new NumberArray(values, _shape);
        }

        double Number(ReadOnlySpan<byte> bytes) => _type switch
        {
            "u1" or "b1" => bytes[0],
            "i1" => (sbyte)bytes[0],
            "i2" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            "u2" => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            "f2" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            "i4" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            "u4" => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            "f4" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            "i8" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            "u8" => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        };

        void Fill(Span<byte> bytes)
        {
            if (_content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw _file.Bad($"'{Name}' ends too early.");
        }

        public void Dispose() => _content.Dispose();
    }
}
