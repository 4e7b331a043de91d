using System.Buffers.Binary;

namespace ModelZoo.Evaluation.Data;

/// <summary>MNIST's format (http://yann.lecun.com/exdb/mnist, "the IDX file format"): one file of arrays (column <c>image</c>) beside one of labels (column <c>label</c>).</summary>
static class IdxRows
{
    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(IReadOnlyList<DataFile> files, DataLimits limits)
    {
        var columns = new List<Column>();
        try
        {
            foreach (var file in files) columns.Add(new(file, limits));
            var taken = new HashSet<string>(StringComparer.Ordinal);
            foreach (var column in columns)
                if (!taken.Add(column.Name)) throw column.File.Bad($"a second file of {(column.Name == "label" ? "labels" : "arrays")} in one split.");
            if (columns.Select(column => column.Count).Distinct().Count() != 1) throw new EvaluationException($"{string.Join(" and ", columns.Select(column => $"{column.File.Path} ({column.Count})"))} do not have as many items.");
            for (var i = 0L; i < columns[0].Count; i++)
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

    sealed class Column : IDisposable
    {
        readonly Stream _content;
        readonly int[] _shape;
        readonly byte _type;
        readonly byte[] _item;

        public Column(DataFile file, DataLimits limits)
        {
            File = file;
            _content = file.Open(limits);
            Span<byte> head = stackalloc byte[4];
            Fill(head);
            // Two zeros, the type of the numbers, how many axes.
            if (head[0] != 0 || head[1] != 0 || Width(head[2]) == 0 || head[3] is 0 or > 4) throw file.Bad("this is no IDX file.");
            _type = head[2];
            var axes = new int[head[3]];
            foreach (ref var axis in axes.AsSpan())
            {
                Fill(head);
                axis = BinaryPrimitives.ReadInt32BigEndian(head);
                if (axis < 0) throw file.Bad("an axis is negative.");
            }
            (Count, _shape) = (axes[0], axes[1..]);
            var each = _shape.Aggregate(1L, (a, b) => a * b) * Width(_type);
            if (each > limits.MaxRowBytes) throw file.Bad($"an item of {each} bytes is longer than {limits.MaxRowBytes}.");
            _item = new byte[each];
        }

        public DataFile File { get; }

        public long Count { get; }

        public string Name => _shape.Length == 0 ? "label" : "image";

        public object Next()
        {
            Fill(_item);
            var width = Width(_type);
            if (_shape.Length == 0) return _type is 0x0D or 0x0E ? Number(_item) : (object)(long)Number(_item);
            var values = new float[_item.Length / width];
            if (_type == 0x08) for (var i = 0; i < values.Length; i++) values[i] = _item[i];
            else for (var i = 0; i < values.Length; i++) values[i] = (float)Number(_item.AsSpan(i * width, width));
            return new NumberArray(values, _shape);
        }

        double Number(ReadOnlySpan<byte> bytes) => _type switch
        {
            0x08 => bytes[0],
            0x09 => (sbyte)bytes[0],
            0x0B => BinaryPrimitives.ReadInt16BigEndian(bytes),
            0x0C => BinaryPrimitives.ReadInt32BigEndian(bytes),
            0x0D => BinaryPrimitives.ReadSingleBigEndian(bytes),
            _ => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        };

        static int Width(byte type) => type switch { 0x08 or 0x09 => 1, 0x0B => 2, 0x0C or 0x0D => 4, 0x0E => 8, _ => 0 };

        void Fill(Span<byte> bytes)
        {
            if (_content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw File.Bad("the file ends too early.");
        }

        public void Dispose() => _content.Dispose();
    }
}
