using System.Buffers.Binary;

namespace ModelZoo.Weights.Hdf5;

/// <summary>Reads object headers of both versions, with their continuations (HDF5 file format specification 3.0, chapter IV.A).</summary>
sealed class Hdf5Objects(RandomReader reader, long baseAddress)
{
    const int MaxMessages = 100_000;
    const int MaxBlocks = 1000;
    const int MaxBlockBytes = 64 << 20;

    public RandomReader Reader => reader;

    /// <summary>Where in the file an address of the format points; addresses count from the superblock.</summary>
    public long Place(ulong address) =>
        address <= (ulong)(reader.Length - baseAddress) ? baseAddress + (long)address : throw Bad($"The file points to {address}, outside its bytes: it is truncated or forged.");

    public async Task<List<Hdf5Message>> ReadAsync(ulong address, CancellationToken stop)
    {
        var at = Place(address);
        var start = await reader.ReadAsync(at, 16, stop);
        return start.AsSpan().StartsWith("OHDR"u8) ? await ReadNewAsync(at, start, stop) : await ReadOldAsync(at, start, stop);
    }

    async Task<List<Hdf5Message>> ReadOldAsync(long at, byte[] start, CancellationToken stop)
    {
        if (start[0] != 1) throw Bad($"The object header at {at} is of the unknown version {start[0]}.");
        var messages = new List<Hdf5Message>();
        var blocks = new Queue<(long Start, long Bytes)>();
        blocks.Enqueue((at + 16, BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(8))));
        for (var count = 0; blocks.TryDequeue(out var block); count++)
        {
            var content = await ReadBlockAsync(block, count, stop);
            for (var i = 0; i + 8 <= content.Length;)
            {
                int type = BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(i)), size = BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(i + 2));
                i += 8;
                if (size > content.Length - i) throw Bad($"A message of the object header at {at} crosses its end.");
                Add(messages, blocks, new(type, content.AsSpan(i, size).ToArray()));
                i += size;
            }
        }
        return messages;
    }

    async Task<List<Hdf5Message>> ReadNewAsync(long at, byte[] start, CancellationToken stop)
    {
        var flags = start[5];
        var sizeAt = 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
        var sizeBytes = 1 << (flags & 3);
        var sized = await reader.ReadAsync(at + sizeAt, sizeBytes, stop);
        var size = ReadNumber(sized, 0, sizeBytes);
        if (size > MaxBlockBytes) throw Bad($"The object header at {at} claims {size} bytes.");
        var messages = new List<Hdf5Message>();
        var blocks = new Queue<(long Start, long Bytes)>();
        blocks.Enqueue((at + sizeAt + sizeBytes, (long)size));
        for (var count = 0; blocks.TryDequeue(out var block); count++)
        {
            var content = await ReadBlockAsync(block, count, stop);
            // Continuations carry a signature before and a checksum after their messages; the first block ends before its checksum.
            var (i, end) = count == 0 ? (0, content.Length) : (4, content.Length - 4);
            var headerBytes = (flags & 0x04) != 0 ? 6 : 4;
            while (i + headerBytes <= end)
            {
                int type = content[i], length = BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(i + 1));
                i += headerBytes;
                if (length > end - i) break;           // a gap at the end
                Add(messages, blocks, new(type, content.AsSpan(i, length).ToArray()));
                i += length;
            }
        }
        return messages;
    }

    async ValueTask<byte[]> ReadBlockAsync((long Start, long Bytes) block, int count, CancellationToken stop)
    {
        if (count == MaxBlocks || block.Bytes > MaxBlockBytes) throw Bad($"An object header has more than {MaxBlocks} parts, or one of more than {MaxBlockBytes} bytes.");
        return await reader.ReadAsync(block.Start, (int)block.Bytes, stop);
    }

    void Add(List<Hdf5Message> messages, Queue<(long, long)> blocks, Hdf5Message message)
    {
        if (message.Type != Hdf5Message.Continuation)
        {
            if (messages.Count == MaxMessages) throw Bad($"An object header has more than {MaxMessages} messages.");
            messages.Add(message);
            return;
        }
        if (message.Content.Length < 16) throw Bad("A continuation of an object header is too short.");
        var bytes = ReadNumber(message.Content, 8, 8);
        if (bytes > MaxBlockBytes) throw Bad($"A continuation of an object header claims {bytes} bytes.");
        blocks.Enqueue((Place(ReadNumber(message.Content, 0, 8)), (long)bytes));
    }

    /// <summary>A little-endian number of 1 to 8 bytes.</summary>
    public static ulong ReadNumber(byte[] bytes, int at, int size)
    {
        if (at < 0 || at + size > bytes.Length) throw Bad("A message is too short for what it says.");
        ulong value = 0;
        for (var i = size - 1; i >= 0; i--) value = value << 8 | bytes[at + i];
        return value;
    }

    public static WeightFormatException Bad(string message) => new(WeightFormat.Hdf5, message);
}
