using System.Runtime.CompilerServices;
using System.Text;

namespace ModelZoo.Weights.TensorFlow;

/// <summary>
/// A sorted string table in LevelDB's form (tensorflow/core/lib/io/table_format.txt): blocks of keys that share prefixes with the one before,
/// an index of blocks, and a footer of 48 bytes. Checkpoints never compress theirs.
/// </summary>
sealed class SortedTable(RandomReader reader)
{
    const WeightFormat Format = WeightFormat.TensorFlowCheckpoint;
    const int FooterBytes = 48;
    const int TrailerBytes = 5;           // kind of compression, checksum
    const int MaxBlockBytes = 64 << 20;
    const int MaxValueBytes = 1 << 20;
    const long MaxAllKeyBytes = 256 << 20;

    /// <summary>The last eight bytes of the file.</summary>
    public static ReadOnlySpan<byte> Magic => [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

    public async IAsyncEnumerable<(string Key, byte[] Value)> ReadAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (reader.Length < FooterBytes) throw Bad("The file is too short for a table.");
        var footer = await reader.ReadAsync(reader.Length - FooterBytes, FooterBytes, stop);
        if (!footer.AsSpan(FooterBytes - 8).SequenceEqual(Magic)) throw Bad("The file does not end as a table: it is truncated.");
        var at = 0;
        SkipHandle(footer, ref at);
        var index = await ReadBlockAsync(footer, at, stop);
        byte[]? previous = null;
        long keyBytes = 0;
        foreach (var (_, handle) in ReadEntries(index))
        {
            foreach (var (key, value) in ReadEntries(await ReadBlockAsync(handle, 0, stop)))
            {
                // Sorted means also: no block is visited twice, however often the index names it.
                if (previous is not null && key.AsSpan().SequenceCompareTo(previous) <= 0) throw Bad("The keys of the table are not in ascending order.");
                if ((keyBytes += key.Length) > MaxAllKeyBytes) throw Bad($"The keys of the table have more than {MaxAllKeyBytes} bytes.");
                previous = key;
                yield return (Encoding.UTF8.GetString(key), value);
            }
        }
    }

    static void SkipHandle(byte[] bytes, ref int at)
    {
        ReadVarint(bytes, ref at);
        ReadVarint(bytes, ref at);
    }

    async Task<byte[]> ReadBlockAsync(byte[] handle, int at, CancellationToken stop)
    {
        ulong offset = ReadVarint(handle, ref at), size = ReadVarint(handle, ref at);
        if (size > MaxBlockBytes || offset > long.MaxValue - MaxBlockBytes - TrailerBytes) throw Bad($"A block of {size} bytes at {offset} is not read.");
        var block = await reader.ReadAsync((long)offset, (int)size + TrailerBytes, stop);
        if (block[(int)size] != 0) throw Bad("A block is compressed, which checkpoints never are.");
        return block[..(int)size];
    }

    static IEnumerable<(byte[] Key, byte[] Value)> ReadEntries(byte[] block)
    {
        if (block.Length < 4) throw Bad("A block is too short.");
        var restarts = BitConverter.ToUInt32(block, block.Length - 4);
        if (restarts > (uint)(block.Length - 4) / 4) throw Bad("A block has more restart points than bytes.");
        var end = block.Length - 4 - (int)restarts * 4;
        var key = Array.Empty<byte>();
        for (var at = 0; at < end;)
        {
            ulong shared = ReadVarint(block, ref at), fresh = ReadVarint(block, ref at), length = ReadVarint(block, ref at);
            if (shared > (ulong)key.Length || fresh > (ulong)(end - at) || length > (ulong)(end - at) - fresh) throw Bad("An entry crosses the end of its block.");
            if (shared + fresh > WeightLimits.MaxNameBytes || length > MaxValueBytes) throw Bad("An entry is longer than is read.");
            key = [.. key.AsSpan(0, (int)shared), .. block.AsSpan(at, (int)fresh)];
            at += (int)fresh;
            var value = block.AsSpan(at, (int)length).ToArray();
            at += (int)length;
            yield return (key, value);
        }
    }

    static ulong ReadVarint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var b = bytes[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw Bad("A number is longer than 64 bits or crosses its end.");
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
