using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace ModelZoo.Git.Packs;

/// <summary>Writes a pack of whole objects, without deltas.</summary>
public sealed class PackWriter : IDisposable
{
    readonly Stream _output;
    readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    readonly MemoryStream _entry = new();
    uint _left;

    /// <param name="count">How many objects will follow; the format wants to know first.</param>
    public PackWriter(Stream output, uint count)
    {
        (_output, _left) = (output, count);
        _entry.Write("PACK"u8);
        Span<byte> numbers = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(numbers, 2);
        BinaryPrimitives.WriteUInt32BigEndian(numbers[4..], count);
        _entry.Write(numbers);
    }

    public async Task AddAsync(ObjectType type, ReadOnlyMemory<byte> content, CancellationToken stop)
    {
        if (_left-- == 0) throw new InvalidOperationException("More objects than were announced.");
        WriteHeader(type, content.Length);
        using (var zlib = new ZLibStream(_entry, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(content.Span);
        if (_entry.Length > 64 * 1024) await SendAsync(stop);
    }

    /// <summary>Writes the checksum.</summary>
    public async Task FinishAsync(CancellationToken stop)
    {
        if (_left != 0) throw new InvalidOperationException($"{_left} objects less than were announced.");
        await SendAsync(stop);
        await _output.WriteAsync(_sha1.GetHashAndReset(), stop);
    }

    async Task SendAsync(CancellationToken stop)
    {
        var bytes = _entry.GetBuffer().AsMemory(0, (int)_entry.Length);
        _sha1.AppendData(bytes.Span);
        await _output.WriteAsync(bytes, stop);
        _entry.SetLength(0);
    }

    void WriteHeader(ObjectType type, int size)
    {
        var kind = type switch { ObjectType.Commit => 1, ObjectType.Tree => 2, ObjectType.Blob => 3, _ => 4 };
        var first = kind << 4 | size & 15;
        size >>= 4;
        while (size > 0)
        {
            _entry.WriteByte((byte)(first | 0x80));
            first = size & 0x7f;
            size >>= 7;
        }
        _entry.WriteByte((byte)first);
    }

    public void Dispose()
    {
        _sha1.Dispose();
        _entry.Dispose();
    }
}
