using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Writes a table as Parquet: one row group, one plain uncompressed page for each column, every value optional. A column whose values are all whole numbers is
/// INT64, one of numbers DOUBLE, any other text. That is enough for an index, and every reader takes it.
/// </summary>
/// <remarks>Format: parquet.thrift and Encodings.md of apache/parquet-format 2.10; structures in Thrift's compact protocol.</remarks>
static class ParquetTable
{
    const int Int64Type = 2, DoubleType = 5, TextType = 6;
    const int Plain = 0, Rle = 3;
    static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <param name="rows">The first names the columns. An empty cell is null.</param>
    public static byte[] Write(IReadOnlyList<IReadOnlyList<string>> rows, IReadOnlyDictionary<string, string> metadata)
    {
        var (names, count) = (rows[0], rows.Count - 1);
        using var file = new MemoryStream();
        file.Write(Magic);
        var chunks = new List<(string Name, int Type, long Offset, long Bytes)>();
        for (var c = 0; c < names.Count; c++)
        {
            var cells = rows.Skip(1).Select(row => row[c].Length > 0 ? row[c] : null).ToList();
            var type = TypeOf(cells);
            var page = Page(cells, type);
            using var header = new Thrift();
            header.I32(1, 0);                               // DATA_PAGE
            header.I32(2, page.Length);
            header.I32(3, page.Length);
            header.Begin(5);
            header.I32(1, count);
            header.I32(2, Plain);
            header.I32(3, Rle);
            header.I32(4, Rle);
            header.End();
            var at = file.Position;
            file.Write(header.Close());
            file.Write(page);
            chunks.Add((names[c], type, at, file.Position - at));
        }
        var footer = Footer(chunks, count, metadata);
        file.Write(footer);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        file.Write(length);
        file.Write(Magic);
        return file.ToArray();
    }

    static int TypeOf(IReadOnlyList<string?> cells)
    {
        if (cells.All(cell => cell is null)) return TextType;
        if (cells.All(cell => cell is null || (long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && whole.ToString(CultureInfo.InvariantCulture) == cell))) return Int64Type;
        return cells.All(cell => cell is null || (!HasLeadingZero(cell) && double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _))) ? DoubleType : TextType;
    }

    /// <summary>A name such as 007, which as a number would lose what it is.</summary>
    static bool HasLeadingZero(string cell) => cell.AsSpan().TrimStart('-') is ['0', >= '0' and <= '9', ..];

    /// <summary>Which values are there, as runs of one bit, then the values that are.</summary>
    static byte[] Page(List<string?> cells, int type)
    {
        using var levels = new MemoryStream();
        for (var at = 0; at < cells.Count;)
        {
            var run = at;
            while (run < cells.Count && (cells[run] is null) == (cells[at] is null)) run++;
            Varint(levels, (ulong)(run - at) << 1);
            levels.WriteByte(cells[at] is null ? (byte)0 : (byte)1);
            at = run;
        }
        using var page = new MemoryStream();
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)levels.Length);
        page.Write(bytes[..4]);
        page.Write(levels.ToArray());
        foreach (var cell in cells)
        {
            if (cell is null) continue;
            if (type == TextType)
            {
                var text = Encoding.UTF8.GetBytes(cell);
                BinaryPrimitives.WriteInt32LittleEndian(bytes, text.Length);
                page.Write(bytes[..4]);
                page.Write(text);
                continue;
            }
            if (type == Int64Type) BinaryPrimitives.WriteInt64LittleEndian(bytes, long.Parse(cell, CultureInfo.InvariantCulture));
            else BinaryPrimitives.WriteDoubleLittleEndian(bytes, double.Parse(cell, CultureInfo.InvariantCulture));
            page.Write(bytes);
        }
        return page.ToArray();
    }

    static byte[] Footer(List<(string Name, int Type, long Offset, long Bytes)> chunks, int count, IReadOnlyDictionary<string, string> metadata)
    {
        using var thrift = new Thrift();
        thrift.I32(1, 2);
        thrift.List(2, chunks.Count + 1);
        thrift.Element();
        thrift.Text(4, "schema");
        thrift.I32(5, chunks.Count);
        thrift.End();
        foreach (var chunk in chunks)
        {
            thrift.Element();
            thrift.I32(1, chunk.Type);
            thrift.I32(3, 1);                               // OPTIONAL
            thrift.Text(4, chunk.Name);
            if (chunk.Type == TextType) thrift.I32(6, 0);   // UTF8
            thrift.End();
        }
        thrift.I64(3, count);
        thrift.List(4, 1);
        thrift.Element();
        thrift.List(1, chunks.Count);
        foreach (var chunk in chunks)
        {
            thrift.Element();
            thrift.I64(2, chunk.Offset);
            thrift.Begin(3);
            thrift.I32(1, chunk.Type);
            thrift.Wholes(2, Plain, Rle);
            thrift.Texts(3, chunk.Name);
            thrift.I32(4, 0);                               // UNCOMPRESSED
            thrift.I64(5, count);
            thrift.I64(6, chunk.Bytes);
            thrift.I64(7, chunk.Bytes);
            thrift.I64(9, chunk.Offset);
            thrift.End();
            thrift.End();
        }
        thrift.I64(2, chunks.Sum(chunk => chunk.Bytes));
        thrift.I64(3, count);
        thrift.End();
        thrift.List(5, metadata.Count);
        foreach (var (name, value) in metadata)
        {
            thrift.Element();
            thrift.Text(1, name);
            thrift.Text(2, value);
            thrift.End();
        }
        thrift.Text(6, Populations.PopulationStore.Code);
        return thrift.Close();
    }

    static void Varint(Stream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7) stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }

    /// <summary>Structures of Thrift's compact protocol, as they are written one field after the other.</summary>
    sealed class Thrift : IDisposable
    {
        const int KindI32 = 5, KindI64 = 6, KindBinary = 8, KindList = 9, KindStruct = 12;

        readonly MemoryStream _bytes = new();
        readonly Stack<int> _outer = new();
        int _last;

        public void Dispose() => _bytes.Dispose();

        public void I32(int id, int value)
        {
            Field(id, KindI32);
            Varint(_bytes, ZigZag(value));
        }

        public void I64(int id, long value)
        {
            Field(id, KindI64);
            Varint(_bytes, ZigZag(value));
        }

        public void Text(int id, string value)
        {
            Field(id, KindBinary);
            Binary(value);
        }

        public void List(int id, int count)
        {
            Field(id, KindList);
            Head(count, KindStruct);
        }

        public void Wholes(int id, params ReadOnlySpan<int> values)
        {
            Field(id, KindList);
            Head(values.Length, KindI32);
            foreach (var value in values) Varint(_bytes, ZigZag(value));
        }

        public void Texts(int id, string value)
        {
            Field(id, KindList);
            Head(1, KindBinary);
            Binary(value);
        }

        public void Begin(int id)
        {
            Field(id, KindStruct);
            Element();
        }

        public void Element()
        {
            _outer.Push(_last);
            _last = 0;
        }

        public void End()
        {
            _bytes.WriteByte(0);
            _last = _outer.Pop();
        }

        public byte[] Close()
        {
            _bytes.WriteByte(0);
            return _bytes.ToArray();
        }

        void Head(int count, int kind)
        {
            _bytes.WriteByte((byte)(Math.Min(count, 15) << 4 | kind));
            if (count >= 15) Varint(_bytes, (ulong)count);
        }

        void Field(int id, int kind)
        {
            _bytes.WriteByte((byte)((id - _last) << 4 | kind));
            _last = id;
        }

        void Binary(string value)
        {
            var text = Encoding.UTF8.GetBytes(value);
            Varint(_bytes, (ulong)text.Length);
            _bytes.Write(text);
        }

        static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
    }
}
