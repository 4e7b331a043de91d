using System.Buffers.Binary;

namespace ModelZoo.Inference.Images;

/// <summary>Formats that hold bare pixels: binary PGM and PPM (netpbm), and uncompressed BMP of 8, 24 or 32 bits.</summary>
static class PlainReaders
{
    public static Image ReadNetpbm(ReadOnlySpan<byte> bytes)
    {
        var channels = bytes[1] == '6' ? 3 : 1;
        var at = 2;
        var (width, height, most) = (Number(bytes, ref at), Number(bytes, ref at), Number(bytes, ref at));
        Image.RequireSize(width, height);
        if (most is < 1 or > 255) throw Image.Bad($"A PPM or PGM with values to {most} is not read; at most 255.");
        var pixels = bytes.Slice(at + 1, checked((int)(width * height * channels))).ToArray();
        if (most < 255)
            for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Min(255, ((pixels[i] * 255) + (most / 2)) / most);
        return new((int)width, (int)height, channels, pixels);
    }

    static long Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (char.IsWhiteSpace((char)bytes[at]) || bytes[at] == '#')
        {
            if (bytes[at] == '#')
                while (bytes[at] != '\n') at++;
            at++;
        }
        long value = 0;
        for (; char.IsAsciiDigit((char)bytes[at]) && value < 1 << 30; at++) value = (value * 10) + bytes[at] - '0';
        return value;
    }

    public static Image ReadBitmap(ReadOnlySpan<byte> bytes)
    {
        var (start, header) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[14..]));
        var (width, height) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[18..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[22..]));
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]), compression = BinaryPrimitives.ReadInt32LittleEndian(bytes[30..]);
        var isTopDown = height < 0;
        Image.RequireSize(width, Math.Abs((long)height));
        if (header < 40 || bits is not (8 or 24 or 32) || compression is not (0 or 3)) throw Image.Bad($"A BMP of {bits} bits with compression {compression} is not read.");
        height = Math.Abs(height);
        var stride = ((width * bits) + 31) / 32 * 4;
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            var row = bytes.Slice(checked(start + (stride * (isTopDown ? y : height - 1 - y))), stride);
            for (var x = 0; x < width; x++)
            {
                // Blue comes first.
                var colour = bits == 8 ? bytes.Slice(14 + header + (4 * row[x]), 3) : row.Slice(x * bits / 8, 3);
                var at = ((y * width) + x) * 3;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (colour[2], colour[1], colour[0]);
            }
        }
        return new(width, height, 3, pixels);
    }
}
