using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace ModelZoo.Xet;

/// <summary>32 bytes that name a chunk, a xorb or a file. As text each group of 8 bytes is a little-endian number in 16 hex digits.</summary>
public readonly struct XetHash : IEquatable<XetHash>, IComparable<XetHash>
{
    public const int Size = 32;

    /// <summary>Of an empty file, and of an empty list of chunks.</summary>
    public static readonly XetHash Zero;

    // Four little-endian groups: the bytes in memory are the hash, the numbers are its text.
    readonly ulong _a, _b, _c, _d;

    XetHash(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    public bool IsZero => (_a | _b | _c | _d) == 0;

    /// <summary>The number in bytes 24 to 31, which decides about Merkle groups and about global deduplication.</summary>
    public ulong Value => _d;

    /// <summary>Whether clients ask the hub for this chunk: one of 1,024 (a file's first chunk is asked for as well).</summary>
    public bool IsGlobal => _d % 1024 == 0;

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static XetHash FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"A Xet hash has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        return new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }

    /// <summary>A shard stores a SHA-256 so that its text form is the ordinary hex: every group of 8 bytes is reversed.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static XetHash FromSha256(ReadOnlySpan<byte> digest)
    {
        if (digest.Length != Size) throw new ArgumentException($"A SHA-256 has {Size} bytes, not {digest.Length}.", nameof(digest));
        return new(BinaryPrimitives.ReadUInt64BigEndian(digest), BinaryPrimitives.ReadUInt64BigEndian(digest[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(digest[16..]), BinaryPrimitives.ReadUInt64BigEndian(digest[24..]));
    }

    /// <summary>The SHA-256 that <see cref="FromSha256"/> was given. Its hex is this hash's text.</summary>
    public byte[] ToSha256()
    {
        var digest = new byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(digest, _a);
        BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(8), _b);
        BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(16), _c);
        BinaryPrimitives.WriteUInt64BigEndian(digest.AsSpan(24), _d);
        return digest;
    }

    /// <summary>64 lowercase hex digits, and nothing else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out XetHash hash) => TryParse(text.AsSpan(), out hash);

    /// <inheritdoc cref="TryParse(string?, out XetHash)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out XetHash hash)
    {
        hash = default;
        if (text.Length != 2 * Size) return false;
        if (!TryGroup(text, out var a) || !TryGroup(text[16..], out var b) || !TryGroup(text[32..], out var c) || !TryGroup(text[48..], out var d)) return false;
        hash = new(a, b, c, d);
        return true;
    }

    /// <exception cref="XetFormatException">Not 64 lowercase hex digits.</exception>
    public static XetHash Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var hash) ? hash : throw new XetFormatException($"'{text[..Math.Min(text.Length, 80)]}' is not a Xet hash (64 lowercase hex digits).");

    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length < Size) throw new ArgumentException($"{Size} bytes are needed.", nameof(destination));
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _a);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], _d);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The text form as 64 ASCII bytes, for the text that Merkle nodes hash.</summary>
    internal void WriteText(Span<byte> destination)
    {
        Span<byte> digest = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt64BigEndian(digest, _a);
        BinaryPrimitives.WriteUInt64BigEndian(digest[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(digest[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(digest[24..], _d);
        Convert.TryToHexStringLower(digest, destination, out _);
    }

    public override string ToString() => Convert.ToHexStringLower(ToSha256());

    public bool Equals(XetHash other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;
    public override bool Equals(object? obj) => obj is XetHash other && Equals(other);

    // Already uniformly random, unless someone chose it: a dictionary of foreign hashes must not be made slow, so all groups count and .NET seeds.
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    /// <summary>The order of the bytes, which is not the order of the text.</summary>
    public int CompareTo(XetHash other) =>
        AsBytes(in this).SequenceCompareTo(AsBytes(in other));

    public static bool operator ==(XetHash left, XetHash right) => left.Equals(right);
    public static bool operator !=(XetHash left, XetHash right) => !left.Equals(right);
    public static bool operator <(XetHash left, XetHash right) => left.CompareTo(right) < 0;
    public static bool operator <=(XetHash left, XetHash right) => left.CompareTo(right) <= 0;
    public static bool operator >(XetHash left, XetHash right) => left.CompareTo(right) > 0;
    public static bool operator >=(XetHash left, XetHash right) => left.CompareTo(right) >= 0;

    static bool TryGroup(ReadOnlySpan<char> text, out ulong group)
    {
        group = 0;
        foreach (var c in text[..16])
        {
            var digit = c is >= '0' and <= '9' ? c - '0' : c is >= 'a' and <= 'f' ? c - 'a' + 10 : -1;
            if (digit < 0) return false;
            group = (group << 4) | (uint)digit;
        }
        return true;
    }

    static ReadOnlySpan<byte> AsBytes(in XetHash hash)
    {
        if (!BitConverter.IsLittleEndian) return hash.ToBytes();
        return MemoryMarshal.AsBytes(new ReadOnlySpan<XetHash>(in hash));
    }
}
