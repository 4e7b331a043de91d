using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Undoes the compression of pages. The size to come is known beforehand, so nothing can grow beyond it.</summary>
static partial class Compression
{
    public static byte[] Decompress(int codec, ReadOnlyMemory<byte> content, int size)
    {
        // What these can grow to at most, so that a few bytes cannot claim much memory.
        var ratio = codec switch { 1 => 64, 2 => 1100, 7 => 255, _ => long.MaxValue / int.MaxValue };
        if (size > 64 + (content.Length * ratio)) throw Broken();
        return Decode(codec, content, size);
    }

    static byte[] Decode(int codec, ReadOnlyMemory<byte> content, int size) => codec switch
    {
        0 => content.Length == size ? content.ToArray() : throw Broken(),
        1 => Snappy(content.Span, size),
        2 => Inflate(new GZipStream(Stream(content), CompressionMode.Decompress), size),
        4 => Inflate(new BrotliStream(Stream(content), CompressionMode.Decompress), size),
        6 => Zstandard(content.Span, size),
        7 => Lz4(content.Span, size),
        3 => throw new EvaluationException("The Parquet file is compressed with LZO, which is not read."),
        5 => throw new EvaluationException("The Parquet file is compressed with the old LZ4 framing, which is not read; write it with LZ4_RAW, snappy, gzip or zstd."),
        _ => throw new EvaluationException($"The Parquet file is compressed in a way numbered {codec}, which is not known."),
    };

    static MemoryStream Stream(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var segment) ? new(segment.Array!, segment.Offset, segment.Count, writable: false) : new(content.ToArray());

    static byte[] Inflate(Stream stream, int size)
    {
        using (stream)
        {
            var result = new byte[size];
            try
            {
                stream.ReadExactly(result);
                if (stream.ReadByte() >= 0) throw Broken();
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException or InvalidOperationException)
            {
                throw Broken();
            }
            return result;
        }
    }

    /// <summary>Snappy's block format. Source: format_description.txt of google/snappy.</summary>
    static byte[] Snappy(ReadOnlySpan<byte> from, int size)
    {
        var position = 0;
        if (Levels.ReadVarint(from, ref position) != (ulong)size) throw Broken();
        var result = new byte[size];
        var to = 0;
        while (position < from.Length)
        {
            var tag = from[position++];
            if ((tag & 3) == 0)
            {
                var length = tag >> 2;
                if (length >= 60)
                {
                    var extra = length - 59;
                    if (position + extra > from.Length) throw Broken();
                    length = 0;
                    for (var i = 0; i < extra; i++) length |= from[position + i] << (8 * i);
                    position += extra;
                }
                length++;
                if (length <= 0 || length > from.Length - position || length > size - to) throw Broken();
                from.Slice(position, length).CopyTo(result.AsSpan(to));
                position += length;
                to += length;
                continue;
            }
            var (count, bytes) = (tag & 3) switch { 1 => ((tag >> 2 & 7) + 4, 1), 2 => ((tag >> 2) + 1, 2), _ => ((tag >> 2) + 1, 4) };
            if (position + bytes > from.Length) throw Broken();
            var offset = bytes switch { 1 => (tag >> 5 << 8) | from[position], 2 => BinaryPrimitives.ReadUInt16LittleEndian(from[position..]), _ => BinaryPrimitives.ReadInt32LittleEndian(from[position..]) };
            position += bytes;
            Repeat(result, ref to, offset, count);
        }
        return to == size ? result : throw Broken();
    }

    /// <summary>LZ4's block format. Source: lz4_Block_format.md of lz4/lz4.</summary>
    static byte[] Lz4(ReadOnlySpan<byte> from, int size)
    {
        var result = new byte[size];
        var (position, to) = (0, 0);
        while (position < from.Length)
        {
            var token = from[position++];
            var length = Extended(from, ref position, token >> 4);
            if (length > from.Length - position || length > size - to) throw Broken();
            from.Slice(position, length).CopyTo(result.AsSpan(to));
            position += length;
            to += length;
            if (position == from.Length) break;
            if (position + 2 > from.Length) throw Broken();
            var offset = BinaryPrimitives.ReadUInt16LittleEndian(from[position..]);
            position += 2;
            Repeat(result, ref to, offset, Extended(from, ref position, token & 15) + 4);
        }
        return to == size ? result : throw Broken();

        static int Extended(ReadOnlySpan<byte> from, ref int position, int length)
        {
            if (length < 15) return length;
            while (true)
            {
                if (position >= from.Length || length > int.MaxValue - 512) throw Broken();
                var more = from[position++];
                length += more;
                if (more < 255) return length;
            }
        }
    }

    /// <summary>Copies what was written before; source and target may overlap, which repeats.</summary>
    static void Repeat(byte[] result, ref int to, int offset, int count)
    {
        if (offset <= 0 || offset > to || count > result.Length - to) throw Broken();
        if (offset >= count) result.AsSpan(to - offset, count).CopyTo(result.AsSpan(to));
        else for (var i = 0; i < count; i++) result[to + i] = result[to + i - offset];
        to += count;
    }

    /// <summary>Zstandard by the system's own library, which Debian installs with its package manager: .NET has none yet.</summary>
    static byte[] Zstandard(ReadOnlySpan<byte> from, int size)
    {
        var result = new byte[size];
        nuint written;
        try
        {
            written = ZSTD_decompress(ref MemoryMarshal.GetArrayDataReference(result), (nuint)size, ref MemoryMarshal.GetReference(from), (nuint)from.Length);
        }
        catch (DllNotFoundException)
        {
            throw new EvaluationException("The Parquet file is compressed with zstd, for which this machine has no library (libzstd.so.1).");
        }
        return written == (nuint)size ? result : throw Broken();
    }

    [LibraryImport("libzstd.so.1")]
    private static partial nuint ZSTD_decompress(ref byte to, nuint capacity, ref byte from, nuint size);

    static EvaluationException Broken() => new("A page of the Parquet file does not decompress to what its header says.");
}
