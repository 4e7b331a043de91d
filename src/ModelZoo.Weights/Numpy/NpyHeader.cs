using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ModelZoo.Weights.Numpy;

/// <summary>
/// One array: magic, version, a header that is a Python dictionary literal, the numbers (numpy/lib/format.py, versions 1 to 3). The literal is
/// read by a parser that knows only the three entries; nothing is evaluated.
/// </summary>
static class NpyHeader
{
    /// <summary>Longest header that is read. NumPy itself reads 10,000 bytes unless told otherwise.</summary>
    public const int MaxBytes = 65_536;

    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <param name="start">The beginning of the array's file.</param>
    /// <param name="fileBytes">Its full length.</param>
    /// <param name="offset">Where that file begins, for the tensor's place; or <see cref="TensorInfo.Unplaced"/>.</param>
    public static TensorInfo Parse(ReadOnlySpan<byte> start, string name, long fileBytes, long offset, WeightFormat format, List<string> remarks)
    {
        if (start.Length < 10 || !start.StartsWith(Magic)) throw new WeightFormatException(format, $"'{name}' does not begin as an array.");
        var (lengthBytes, length) = start[6] switch
        {
            1 => (2, BinaryPrimitives.ReadUInt16LittleEndian(start[8..])),
            2 or 3 when start.Length >= 12 => (4, BinaryPrimitives.ReadUInt32LittleEndian(start[8..])),
            var version => throw new WeightFormatException(format, $"'{name}' is of the unknown version {version}."),
        };
        var at = 8 + lengthBytes;
        if (length > MaxBytes) throw new WeightFormatException(format, $"The header of '{name}' claims {length} bytes; at most {MaxBytes} are read.");
        if (length > start.Length - at) throw new WeightFormatException(format, $"The header of '{name}' is truncated.");
        var literal = new NpyLiteral(Encoding.UTF8.GetString(start.Slice(at, (int)length)), name, format);
        var (descriptor, isFortran, shape) = literal.Parse();
        var (dtype, itemBytes) = ParseType(descriptor) ?? throw new WeightFormatException(format, $"'{name}' has elements of the type '{descriptor}', which is not read.");
        if (descriptor[0] == '>' && itemBytes > 1) remarks.Add($"The numbers of '{name}' are stored in big-endian order.");
        if (!Shapes.TryGetElementCount(shape, out var count) || count > long.MaxValue / itemBytes)
            throw new WeightFormatException(format, $"The shape {Shapes.Describe(shape)} of '{name}' overflows.");
        var data = at + (long)length;
        if (count * itemBytes > fileBytes - data)
            throw new WeightFormatException(format, $"'{name}' needs {count * itemBytes} bytes of content; {fileBytes - data} are there: it is truncated.");
        return new(name, dtype, shape, offset < 0 ? TensorInfo.Unplaced : offset + data, count * itemBytes)
        {
            Strides = isFortran && shape.Length > 1 ? FortranStrides(shape) : null,
        };
    }

    /// <summary>Where the numbers begin, from the first twelve bytes of an array whose header was read before.</summary>
    public static long GetDataOffset(ReadOnlySpan<byte> start) => start[6] == 1
        ? 10L + BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : 12L + BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);

    static (DType, int)? ParseType(string descriptor)
    {
        if (descriptor.Length < 3 || "<>|=".IndexOf(descriptor[0], StringComparison.Ordinal) < 0
            || !int.TryParse(descriptor.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size is 0 or > 1 << 20) return null;
        DType? type = (descriptor[1], size) switch
        {
            ('b', 1) => DType.Bool, ('i', 1) => DType.I8, ('i', 2) => DType.I16, ('i', 4) => DType.I32, ('i', 8) => DType.I64,
            ('u', 1) => DType.U8, ('u', 2) => DType.U16, ('u', 4) => DType.U32, ('u', 8) => DType.U64,
            ('f', 2) => DType.F16, ('f', 4) => DType.F32, ('f', 8) => DType.F64, ('c', 8) => DType.C64, ('c', 16) => DType.C128,
            ('S', _) or ('U', _) => DType.Text,
            _ => null,
        };
        return type is null ? null : (type, descriptor[1] == 'U' ? size * 4 : size);
    }

    static long[] FortranStrides(long[] shape)
    {
        var strides = new long[shape.Length];
        long step = 1;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            strides[axis] = step;
            step *= Math.Max(1, shape[axis]);
        }
        return strides;
    }
}
