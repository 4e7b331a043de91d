using System.IO.Compression;
using System.Security.Cryptography;
using ModelZoo.Git;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Writes packs by hand, right or wrong, to see what a reader makes of them.</summary>
sealed class PackBuilder : IDisposable
{
    readonly MemoryStream _pack = new();
    int _count;

    public PackBuilder() => _pack.Write("PACK\0\0\0\u0002\0\0\0\0"u8);

    public long AddWhole(int kind, byte[] content, long? statedSize = null)
    {
        var at = Begin(kind, statedSize ?? content.Length);
        Deflate(content);
        return at;
    }

    public long AddDelta(long baseOffset, byte[] delta)
    {
        var at = Begin(6, delta.Length);
        var distance = at - baseOffset;
        var bytes = new Stack<byte>([(byte)(distance & 0x7f)]);
        while ((distance >>= 7) > 0) bytes.Push((byte)(0x80 | (--distance & 0x7f)));
        foreach (var part in bytes) _pack.WriteByte(part);
        Deflate(delta);
        return at;
    }

    public long AddDelta(ObjectId baseId, byte[] delta)
    {
        var at = Begin(7, delta.Length);
        _pack.Write(baseId.ToHash());
        Deflate(delta);
        return at;
    }

    /// <param name="statedCount">What the header says; null: the truth.</param>
    public byte[] Finish(int? statedCount = null)
    {
        var count = statedCount ?? _count;
        var bytes = _pack.ToArray();
        for (var i = 0; i < 4; i++) bytes[8 + i] = (byte)(count >> (24 - 8 * i));
        return [.. bytes, .. SHA1.HashData(bytes)];
    }

    long Begin(int kind, long size)
    {
        _count++;
        var at = _pack.Position;
        var first = (byte)(kind << 4 | (int)(size & 15));
        for (size >>= 4; size > 0; size >>= 7)
        {
            _pack.WriteByte((byte)(first | 0x80));
            first = (byte)(size & 0x7f);
        }
        _pack.WriteByte(first);
        return at;
    }

    public void Dispose() => _pack.Dispose();

    void Deflate(byte[] content)
    {
        using var zlib = new ZLibStream(_pack, content.Length % 3 == 0 ? CompressionLevel.NoCompression : CompressionLevel.Optimal, leaveOpen: true);
        zlib.Write(content);
    }
}
