using System.IO.Compression;
using System.Text;

namespace ModelZoo.Profiling;

/// <summary>A tensor of a model: what a table shows of it.</summary>
/// <param name="Offset">In its file; negative when it does not lie there as one piece.</param>
/// <param name="File">Path of the file from the model's root.</param>
public sealed record TensorEntry(string Name, string DType, IReadOnlyList<long> Shape, long Bytes, long Offset, string File)
{
    public long Elements { get; } = Shape.Aggregate(1L, (product, length) => unchecked(product * length));
}

/// <summary>
/// All tensors of a model in few bytes: names share what they have in common with the name before, numbers have as many bytes as they need, and
/// the whole is compressed. Read one by one, so that a page of a table with a million tensors costs no million objects.
/// </summary>
public static class TensorTable
{
    const byte Format = 1;

    const int PieceBytes = 64 * 1024;

    /// <summary>Longest table before compression: names of <see cref="ProfileLimits.MaxNameCharacters"/> in UTF-8 and the rest.</summary>
    const long MaxPlainBytes = 1L << 30;

    public static byte[] Write(IReadOnlyList<ReadHeader> headers)
    {
        using var target = new MemoryStream();
        using (var packed = new BrotliStream(target, CompressionLevel.Fastest, leaveOpen: true))
        // Large pieces: each write to the compressor ends a block of its own.
        using (var pieces = new BufferedStream(packed, PieceBytes))
        using (var writer = new BinaryWriter(pieces, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Format);
            writer.Write7BitEncodedInt(headers.Count);
            foreach (var header in headers) writer.Write(header.Path);
            writer.Write7BitEncodedInt(headers.Sum(header => header.Header.Tensors.Count));
            var types = new Dictionary<string, int>(StringComparer.Ordinal);
            var before = Array.Empty<byte>();
            for (var file = 0; file < headers.Count; file++)
            {
                long next = 0;
                foreach (var tensor in headers[file].Header.Tensors)
                {
                    var name = Encoding.UTF8.GetBytes(tensor.Name);
                    var common = before.AsSpan().CommonPrefixLength(name);
                    writer.Write7BitEncodedInt(common);
                    writer.Write7BitEncodedInt(name.Length - common);
                    writer.Write(name.AsSpan(common));
                    before = name;
                    var isNew = types.TryAdd(tensor.DType.Name, types.Count);
                    writer.Write7BitEncodedInt(types[tensor.DType.Name]);
                    if (isNew) writer.Write(tensor.DType.Name);
                    writer.Write7BitEncodedInt(tensor.Shape.Count);
                    foreach (var length in tensor.Shape) writer.Write7BitEncodedInt64(length);
                    writer.Write7BitEncodedInt64(tensor.ByteLength);
                    // Most tensors begin where the one before ends.
                    writer.Write7BitEncodedInt64(unchecked(tensor.Offset - next));
                    next = unchecked(tensor.Offset + tensor.ByteLength);
                    writer.Write7BitEncodedInt(file);
                }
            }
        }
        return target.ToArray();
    }

    /// <summary>How many there are, without reading them.</summary>
    public static int Count(byte[] table)
    {
        using var reader = Open(table);
        return Start(reader).Count;
    }

    /// <exception cref="InvalidDataException">The bytes are no table.</exception>
    public static IEnumerable<TensorEntry> Read(byte[] table)
    {
        using var reader = Open(table);
        var (files, count) = Start(reader);
        var types = new List<string>();
        var name = new byte[64];
        var (previous, file) = (0, -1);
        long read = 0, next = 0;
        for (var i = 0; i < count; i++)
        {
            var common = Bounded(reader.Read7BitEncodedInt(), previous);
            var more = Bounded(reader.Read7BitEncodedInt(), Weights.WeightLimits.MaxNameBytes * 4);
            if (common + more > name.Length) Array.Resize(ref name, (common + more) * 2);
            reader.BaseStream.ReadExactly(name.AsSpan(common, more));
            previous = common + more;
            if ((read += more + 16) > MaxPlainBytes) throw new InvalidDataException("The table is longer than any.");
            var type = Bounded(reader.Read7BitEncodedInt(), types.Count);
            if (type == types.Count) types.Add(reader.ReadString());
            var shape = new long[Bounded(reader.Read7BitEncodedInt(), Weights.WeightLimits.MaxRank)];
            for (var axis = 0; axis < shape.Length; axis++) shape[axis] = reader.Read7BitEncodedInt64();
            var bytes = reader.Read7BitEncodedInt64();
            var gap = reader.Read7BitEncodedInt64();
            var of = Bounded(reader.Read7BitEncodedInt(), files.Length - 1);
            if (of != file) (file, next) = (of, 0);
            var offset = unchecked(next + gap);
            next = unchecked(offset + bytes);
            yield return new(Encoding.UTF8.GetString(name, 0, previous), types[type], shape, bytes, offset, files[file]);
        }
    }

    static BinaryReader Open(byte[] table) => new(new BufferedStream(new BrotliStream(new MemoryStream(table, writable: false), CompressionMode.Decompress), PieceBytes), Encoding.UTF8);

    static (string[] Files, int Count) Start(BinaryReader reader)
    {
        if (reader.ReadByte() != Format) throw new InvalidDataException("The table has another format.");
        var files = new string[Bounded(reader.Read7BitEncodedInt(), ProfileLimits.MaxShards * 50)];
        for (var i = 0; i < files.Length; i++) files[i] = reader.ReadString();
        return (files, Bounded(reader.Read7BitEncodedInt(), ProfileLimits.MaxTensors));
    }

    static int Bounded(int value, int most) => value >= 0 && value <= most ? value : throw new InvalidDataException("The table has a number that cannot be.");
}
