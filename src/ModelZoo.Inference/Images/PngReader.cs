using System.Buffers.Binary;
using System.IO.Compression;

namespace ModelZoo.Inference.Images;

/// <summary>PNG (W3C Recommendation, third edition): all colour types and depths, interlaced or not. Alpha is dropped, not blended.</summary>
static class PngReader
{
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>First pixel and step of the seven passes of an interlaced picture, across and down.</summary>
    static readonly (int X, int Y, int StepX, int StepY)[] s_passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    public static Image Read(ReadOnlyMemory<byte> bytes)
    {
        Header? header = null;
        byte[] palette = [];
        var compressed = new MemoryStream();
        for (var at = 8; ;)
        {
            var span = bytes.Span;
            var length = BinaryPrimitives.ReadUInt32BigEndian(span[at..]);
            if (length > span.Length - at - 12) throw Image.Bad("The PNG is truncated inside a chunk.");
            var kind = span.Slice(at + 4, 4);
            var content = span.Slice(at + 8, (int)length);
            if (kind.SequenceEqual("IHDR"u8)) header = ReadHeader(content);
            else if (kind.SequenceEqual("PLTE"u8)) palette = content.ToArray();
            else if (kind.SequenceEqual("IDAT"u8)) compressed.Write(content);
            else if (kind.SequenceEqual("IEND"u8)) break;
            else if ((kind[0] & 0x20) == 0) throw Image.Bad("The PNG has a chunk that must be understood and is not known.");
            at += 12 + (int)length;
        }
        if (header is null) throw Image.Bad("The PNG has no header.");
        compressed.Position = 0;
        using var inflated = new ZLibStream(compressed, CompressionMode.Decompress);
        var picture = new Picture(header, palette);
        if (header.IsInterlaced)
            foreach (var (x, y, stepX, stepY) in s_passes) ReadPass(inflated, header, picture, x, y, stepX, stepY);
        else ReadPass(inflated, header, picture, 0, 0, 1, 1);
        return picture.Finish();
    }

    static Header ReadHeader(ReadOnlySpan<byte> content)
    {
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(content), BinaryPrimitives.ReadUInt32BigEndian(content[4..]));
        Image.RequireSize(width, height);
        var (depth, type) = (content[8], content[9]);
        var isKnown = type switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!isKnown || content[10] != 0 || content[11] != 0 || content[12] > 1) throw Image.Bad($"A PNG of colour type {type} with {depth} bits is not defined.");
        return new((int)width, (int)height, depth, type, content[12] == 1);
    }

    static void ReadPass(ZLibStream from, Header header, Picture picture, int x0, int y0, int stepX, int stepY)
    {
        if (x0 >= header.Width || y0 >= header.Height) return;
        var width = (header.Width - x0 + stepX - 1) / stepX;
        var rowBytes = checked((int)((((long)width * header.Samples * header.Depth) + 7) / 8));
        var pixelBytes = Math.Max(1, header.Samples * header.Depth / 8);
        var (row, above) = (new byte[rowBytes + 1], new byte[rowBytes + 1]);
        for (var y = y0; y < header.Height; y += stepY)
        {
            from.ReadExactly(row);
            Unfilter(row[0], row.AsSpan(1), above.AsSpan(1), pixelBytes);
            picture.Take(row.AsSpan(1), width, x0, stepX, y);
            (row, above) = (above, row);
        }
    }

    static void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < row.Length; i++)
        {
            int left = i >= step ? row[i - step] : 0, corner = i >= step ? above[i - step] : 0;
            row[i] += filter switch
            {
                0 => (byte)0,
                1 => (byte)left,
                2 => above[i],
                3 => (byte)((left + above[i]) >> 1),
                4 => (byte)Paeth(left, above[i], corner),
                _ => throw Image.Bad($"The PNG uses the unknown filter {filter}."),
            };
        }
    }

    static int Paeth(int left, int above, int corner)
    {
        var (a, b, c) = (Math.Abs(above - corner), Math.Abs(left - corner), Math.Abs(left + above - (2 * corner)));
        return a <= b && a <= c ? left : b <= c ? above : corner;
    }

    sealed record Header(int Width, int Height, int Depth, int Type, bool IsInterlaced)
    {
        public int Samples => Type switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        public bool IsGrey => Type is 0 or 4;
    }

    sealed class Picture(Header header, byte[] palette)
    {
        readonly byte[] _pixels = new byte[header.Width * header.Height * (header.IsGrey ? 1 : 3)];
        readonly ushort[]? _deep = header is { Type: 0, Depth: 16 } ? new ushort[header.Width * header.Height] : null;

        public void Take(ReadOnlySpan<byte> row, int count, int x0, int step, int y)
        {
            for (var i = 0; i < count; i++)
            {
                var at = (y * header.Width) + x0 + (i * step);
                if (header.Type == 3) TakeIndexed(Sample(row, i), at);
                else if (header.IsGrey)
                {
                    _pixels[at] = Grey(row, i);
                    if (_deep is not null) _deep[at] = BinaryPrimitives.ReadUInt16BigEndian(row[(2 * i)..]);
                }
                else
                {
                    var bytes = header.Depth / 8;
                    for (var c = 0; c < 3; c++) _pixels[(3 * at) + c] = row[((i * header.Samples) + c) * bytes];
                }
            }
        }

        byte Grey(ReadOnlySpan<byte> row, int i) => header.Depth switch
        {
            8 => row[i * header.Samples],
            16 => row[2 * i * header.Samples],
            _ => (byte)(Sample(row, i) * 255 / ((1 << header.Depth) - 1)),
        };

        void TakeIndexed(int index, int at)
        {
            if ((3 * index) + 2 >= palette.Length) throw Image.Bad("The PNG names a colour that its palette does not have.");
            palette.AsSpan(3 * index, 3).CopyTo(_pixels.AsSpan(3 * at));
        }

        int Sample(ReadOnlySpan<byte> row, int i)
        {
            var bit = i * header.Depth;
            return (row[bit >> 3] >> (8 - header.Depth - (bit & 7))) & ((1 << header.Depth) - 1);
        }

        public Image Finish() => new(header.Width, header.Height, header.IsGrey ? 1 : 3, _pixels) { Deep = _deep };
    }
}
