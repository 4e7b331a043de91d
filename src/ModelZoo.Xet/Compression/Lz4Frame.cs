using System.Buffers.Binary;

namespace ModelZoo.Xet;

/// <summary>LZ4 frames (LZ4 Frame Format 1.6.2): written with independent blocks and no checksums, as Xet's clients write them; read in every legal shape.</summary>
public static class Lz4Frame
{
    const uint Magic = 0x184D2204;
    const int Version = 0b01_000000, IndependentBlocks = 0b10_0000, BlockChecksum = 0b1_0000, ContentSize = 0b1000, ContentChecksum = 0b100, Reserved = 0b10, Dictionary = 0b1;
    const uint StoredBlock = 0x8000_0000;

    /// <summary>What <see cref="Encode"/> needs at most: content that does not compress is stored, with 4 bytes a block and 11 around.</summary>
    public static int MaxEncodedBytes(int contentBytes) => contentBytes + 11 + 4 * (contentBytes / (64 * 1024) + 1);

    /// <summary>Writes one frame. Returns its length.</summary>
    /// <param name="frame">At least <see cref="MaxEncodedBytes"/>.</param>
    public static int Encode(ReadOnlySpan<byte> content, Span<byte> frame)
    {
        if (frame.Length < MaxEncodedBytes(content.Length)) throw new ArgumentException("The frame may not fit.", nameof(frame));
        // A chunk of at most 64 KiB fits the smallest block; longer ones take the next size, 256 KiB, so that a chunk is one block.
        var (size, blockBytes) = content.Length <= 64 * 1024 ? (4, 64 * 1024) : (5, 256 * 1024);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        frame[4] = Version | IndependentBlocks;
        frame[5] = (byte)(size << 4);
        frame[6] = HeaderChecksum(frame[4..6]);
        var written = 7;
        while (!content.IsEmpty)
        {
            var block = content[..Math.Min(content.Length, blockBytes)];
            // A block must be shorter than its content, or it is stored.
            var length = Lz4Block.Encode(block, frame.Slice(written + 4, block.Length - 1));
            if (length > 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(frame[written..], (uint)length);
            }
            else
            {
                length = block.Length;
                BinaryPrimitives.WriteUInt32LittleEndian(frame[written..], StoredBlock | (uint)length);
                block.CopyTo(frame[(written + 4)..]);
            }
            written += 4 + length;
            content = content[block.Length..];
        }
        BinaryPrimitives.WriteUInt32LittleEndian(frame[written..], 0);
        return written + 4;
    }

    /// <summary>Reads exactly one frame that gives exactly as many bytes as <paramref name="content"/> has; never writes beyond it.</summary>
    /// <exception cref="XetFormatException">Anything else.</exception>
    public static void Decode(ReadOnlySpan<byte> frame, Span<byte> content)
    {
        var header = ReadHeader(ref frame, content.Length);
        var written = 0;
        while (true)
        {
            var word = ReadWord(ref frame, "block length");
            if (word == 0) break;
            var length = (int)(word & ~StoredBlock);
            if (length > header.BlockBytes) throw new XetFormatException($"An LZ4 block has {length} bytes; the frame allows {header.BlockBytes}.");
            if (length > frame.Length) throw new XetFormatException("The LZ4 frame is truncated in a block.");
            var block = frame[..length];
            frame = frame[length..];
            if (header.HasBlockChecksums && ReadWord(ref frame, "block checksum") != XxHash32.Of(block)) throw new XetFormatException("The checksum of an LZ4 block is wrong.");
            var room = content.Slice(written, Math.Min(content.Length - written, header.BlockBytes));
            if ((word & StoredBlock) != 0)
            {
                if (length > room.Length) throw new XetFormatException($"The LZ4 frame gives more than the declared {content.Length} bytes.");
                block.CopyTo(room);
                written += length;
            }
            else
            {
                // Independent blocks may not look behind their own start; linked ones see all that was written.
                var history = header.HasLinkedBlocks ? written : 0;
                written += Lz4Block.Decode(block, content[(written - history)..(written + room.Length)], history);
            }
        }
        if (written != content.Length) throw new XetFormatException($"The LZ4 frame gives {written} bytes, not the declared {content.Length}.");
        if (header.HasContentChecksum && ReadWord(ref frame, "content checksum") != XxHash32.Of(content)) throw new XetFormatException("The content checksum of an LZ4 frame is wrong.");
        if (!frame.IsEmpty) throw new XetFormatException($"{frame.Length} bytes follow the LZ4 frame.");
    }

    static Header ReadHeader(ref ReadOnlySpan<byte> frame, int contentBytes)
    {
        if (ReadWord(ref frame, "magic number") != Magic) throw new XetFormatException("Not an LZ4 frame.");
        if (frame.Length < 3) throw new XetFormatException("The LZ4 frame is truncated in its header.");
        int flags = frame[0], descriptor = frame[1];
        if ((flags & 0b1100_0000) != Version || (flags & Reserved) != 0 || (descriptor & 0b1000_1111) != 0) throw new XetFormatException("An LZ4 frame of an unknown version.");
        if ((flags & Dictionary) != 0) throw new XetFormatException("The LZ4 frame needs a dictionary.");
        var size = descriptor >> 4;
        if (size < 4) throw new XetFormatException($"An LZ4 frame with block size {size}; 4 to 7 exist.");
        var length = 2 + ((flags & ContentSize) != 0 ? 8 : 0);
        if (frame.Length < length + 1) throw new XetFormatException("The LZ4 frame is truncated in its header.");
        if (frame[length] != HeaderChecksum(frame[..length])) throw new XetFormatException("The checksum of an LZ4 frame's header is wrong.");
        if ((flags & ContentSize) != 0 && BinaryPrimitives.ReadUInt64LittleEndian(frame[2..]) is var declared && declared != (ulong)contentBytes)
            throw new XetFormatException($"The LZ4 frame declares {declared} bytes, not {contentBytes}.");
        frame = frame[(length + 1)..];
        return new(1 << (8 + 2 * size), (flags & IndependentBlocks) == 0, (flags & BlockChecksum) != 0, (flags & ContentChecksum) != 0);
    }

    static byte HeaderChecksum(ReadOnlySpan<byte> descriptor) => (byte)(XxHash32.Of(descriptor) >> 8);

    static uint ReadWord(ref ReadOnlySpan<byte> frame, string what)
    {
        if (frame.Length < 4) throw new XetFormatException($"The LZ4 frame is truncated before its {what}.");
        var word = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        frame = frame[4..];
        return word;
    }

    readonly record struct Header(int BlockBytes, bool HasLinkedBlocks, bool HasBlockChecksums, bool HasContentChecksum);
}
