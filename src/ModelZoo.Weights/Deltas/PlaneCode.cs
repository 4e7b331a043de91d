using System.Buffers.Binary;
using System.IO.Compression;

namespace ModelZoo.Weights.Deltas;

/// <summary>
/// A plane of bytes in the shortest of three forms: raw, one byte that all are, or deflate (RFC 1951). A byte says which, four bytes how long
/// it is. The low bytes of weights are noise; trying to compress them would only cost time, so their entropy is looked at first.
/// </summary>
static class PlaneCode
{
    const byte Raw = 0, Constant = 1, Deflate = 2;
    const int HeaderBytes = 5;

    /// <summary>Share of its size that a plane must lose to be worth inflating at each reading.</summary>
    const double LeastGain = 0.01;

    /// <summary>Writes the plane; the output has room for it raw.</summary>
    public static int Encode(ReadOnlySpan<byte> plane, Span<byte> output)
    {
        if (!plane.ContainsAnyExcept(plane[0])) return Write(Constant, plane[..1], output);
        if (Entropy(plane) < 8 * (1 - LeastGain))
        {
            var limit = (int)(plane.Length * (1 - LeastGain));
            using var packed = new MemoryStream(limit + 64);
            using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true)) deflate.Write(plane);
            if (packed.Length < limit) return Write(Deflate, packed.GetBuffer().AsSpan(0, (int)packed.Length), output);
        }
        return Write(Raw, plane, output);
    }

    static int Write(byte form, ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        output[0] = form;
        BinaryPrimitives.WriteInt32LittleEndian(output[1..], bytes.Length);
        bytes.CopyTo(output[HeaderBytes..]);
        return HeaderBytes + bytes.Length;
    }

    /// <summary>Fills the plane and says how many bytes of the input it took.</summary>
    public static int Decode(ReadOnlySpan<byte> stored, Span<byte> plane)
    {
        if (stored.Length < HeaderBytes) throw Bad();
        var length = BinaryPrimitives.ReadInt32LittleEndian(stored[1..]);
        if (length < 0 || length > stored.Length - HeaderBytes) throw Bad();
        var bytes = stored.Slice(HeaderBytes, length);
        switch (stored[0])
        {
            case Raw when length == plane.Length:
                bytes.CopyTo(plane);
                break;
            case Constant when length == 1:
                plane.Fill(bytes[0]);
                break;
            case Deflate:
                Inflate(bytes, plane);
                break;
            default:
                throw Bad();
        }
        return HeaderBytes + length;
    }

    static unsafe void Inflate(ReadOnlySpan<byte> bytes, Span<byte> plane)
    {
        fixed (byte* start = bytes)
        {
            using var memory = new UnmanagedMemoryStream(start, bytes.Length);
            using var inflate = new DeflateStream(memory, CompressionMode.Decompress);
            try
            {
                if (inflate.ReadAtLeast(plane, plane.Length, throwOnEndOfStream: false) != plane.Length || inflate.ReadByte() >= 0) throw Bad();
            }
            catch (InvalidDataException)
            {
                throw Bad();
            }
        }
    }

    /// <summary>Bits a byte takes on average when each is coded by how frequent it is.</summary>
    public static double Entropy(ReadOnlySpan<byte> bytes)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        foreach (var b in bytes) counts[b]++;
        var bits = 0.0;
        foreach (var count in counts)
            if (count > 0) bits -= count * Math.Log2((double)count / bytes.Length);
        return bytes.Length == 0 ? 0 : bits / bytes.Length;
    }

    static DeltaFormatException Bad() => new("A plane of the container is damaged.");
}
