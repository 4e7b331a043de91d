using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// Reads small pieces anywhere in a source, for formats whose parts point at one another. Reads blocks of 64 KiB, keeps a bounded number
/// of them, and refuses to leave the file.
/// </summary>
sealed class RandomReader(IByteSource source, WeightFormat format)
{
    const int BlockBytes = 64 << 10;
    const int MaxBlocks = 512;

    const long MaxAllTextBytes = 128 << 20;

    long _textBytes;

    readonly Dictionary<long, byte[]> _blocks = [];

    public long Length => source.Length;

    public async ValueTask<byte[]> ReadAsync(long offset, int count, CancellationToken stop)
    {
        Require(offset, count);
        var piece = new byte[count];
        for (var done = 0; done < count;)
        {
            var (block, at) = Math.DivRem(offset + done, BlockBytes);
            var bytes = await LoadAsync(block, stop);
            var part = Math.Min(count - done, bytes.Length - (int)at);
            if (part <= 0) throw new WeightFormatException(format, $"The file ends before offset {offset + count}.");
            bytes.AsSpan((int)at, part).CopyTo(piece.AsSpan(done));
            done += part;
        }
        return piece;
    }

    public async ValueTask<byte> ReadByteAsync(long offset, CancellationToken stop) => (await ReadAsync(offset, 1, stop))[0];

    public async ValueTask<ushort> ReadUInt16Async(long offset, CancellationToken stop) =>
        BinaryPrimitives.ReadUInt16LittleEndian(await ReadAsync(offset, 2, stop));

    public async ValueTask<uint> ReadUInt32Async(long offset, CancellationToken stop) =>
        BinaryPrimitives.ReadUInt32LittleEndian(await ReadAsync(offset, 4, stop));

    public async ValueTask<ulong> ReadUInt64Async(long offset, CancellationToken stop) =>
        BinaryPrimitives.ReadUInt64LittleEndian(await ReadAsync(offset, 8, stop));

    public async ValueTask<string> ReadTextAsync(long offset, long bytes, int limit, string what, CancellationToken stop)
    {
        if (bytes > limit || bytes < 0) throw new WeightFormatException(format, $"{what} has {bytes} bytes; at most {limit} are read.");
        // Many parts of a forged file may point to the same long text.
        if ((_textBytes += bytes) > MaxAllTextBytes) throw new WeightFormatException(format, $"The file holds more than {MaxAllTextBytes} bytes of names and texts.");
        return Encoding.UTF8.GetString(await ReadAsync(offset, (int)bytes, stop));
    }

    public void Require(long offset, long count)
    {
        if (offset < 0 || count < 0 || offset > source.Length - count)
            throw new WeightFormatException(format, $"The file points to {count} bytes at {offset}, outside its {source.Length} bytes: it is truncated or forged.");
    }

    async ValueTask<byte[]> LoadAsync(long block, CancellationToken stop)
    {
        if (_blocks.TryGetValue(block, out var known)) return known;
        if (_blocks.Count == MaxBlocks) _blocks.Clear();
        var bytes = new byte[(int)Math.Min(BlockBytes, source.Length - block * BlockBytes)];
        var filled = 0;
        while (filled < bytes.Length)
        {
            var read = await source.ReadAsync(block * BlockBytes + filled, bytes.AsMemory(filled), stop);
            if (read <= 0) break;
            filled += read;
        }
        return _blocks[block] = filled == bytes.Length ? bytes : bytes[..filled];
    }
}
