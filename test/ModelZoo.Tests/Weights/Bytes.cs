using System.Buffers.Binary;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Builds files byte by byte, valid or not, and reads them through the front door.</summary>
sealed class Bytes
{
    readonly List<byte> _content = [];

    public int Length => _content.Count;

    public Bytes Raw(params ReadOnlySpan<byte> bytes)
    {
        _content.AddRange(bytes);
        return this;
    }

    public Bytes Ascii(string text) => Raw(Encoding.UTF8.GetBytes(text));

    public Bytes U16(ushort value) => Raw(BitConverter.GetBytes(value));

    public Bytes U32(uint value) => Raw(BitConverter.GetBytes(value));

    public Bytes U64(ulong value) => Raw(BitConverter.GetBytes(value));

    public Bytes U32Big(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Raw(bytes);
    }

    public Bytes PadTo(int multiple)
    {
        while (_content.Count % multiple != 0) _content.Add(0);
        return this;
    }

    public byte[] ToArray() => [.. _content];

    public static Task<WeightFile> ReadAsync(byte[] content, WeightReadOptions? options = null) =>
        WeightReader.ReadHeaderAsync(new MemoryByteSource(content), options ?? WeightReadOptions.Default, TestContext.Current.CancellationToken);

    /// <summary>Every proper beginning of a valid file must be refused as a format defect, never crash and never be accepted.</summary>
    public static async Task RequireEveryTruncationRefusedAsync(byte[] valid)
    {
        for (var length = 0; length < valid.Length; length++)
            await Assert.ThrowsAsync<WeightFormatException>(() => ReadAsync(valid[..length]));
    }

    /// <summary>A file with any one byte changed is read or refused; nothing else may happen.</summary>
    public static async Task RequireEveryByteChangeHandledAsync(byte[] valid, params byte[] replacements)
    {
        for (var at = 0; at < valid.Length; at++)
        {
            foreach (var replacement in replacements)
            {
                var changed = (byte[])valid.Clone();
                changed[at] = replacement;
                try
                {
                    await ReadAsync(changed);
                }
                catch (WeightFormatException)
                {
                }
            }
        }
    }
}
