namespace ModelZoo.Inference.Images.Jpeg;

/// <summary>One colour component: its sampling, its table, and the coefficients of all its blocks.</summary>
sealed class JpegComponent(int id, int across, int down, int table)
{
    public int Id { get; } = id;
    public int Across { get; } = across;
    public int Down { get; } = down;
    public int Table { get; } = table;

    /// <summary>Blocks that the picture needs; and with those that fill up whole units.</summary>
    public int BlocksAcross { get; private set; }
    public int BlocksDown { get; private set; }
    public int Stride { get; private set; }

    public int Width { get; private set; }
    public int Height { get; private set; }

    public short[] Coefficients { get; private set; } = [];

    public int Prediction { get; set; }
    public JpegHuffman? Dc { get; set; }
    public JpegHuffman? Ac { get; set; }

    public void Allocate(int width, int height, int mostAcross, int mostDown)
    {
        (Width, Height) = (((width * Across) + mostAcross - 1) / mostAcross, ((height * Down) + mostDown - 1) / mostDown);
        (BlocksAcross, BlocksDown) = ((Width + 7) / 8, (Height + 7) / 8);
        var (unitsAcross, unitsDown) = ((width + (8 * mostAcross) - 1) / (8 * mostAcross), (height + (8 * mostDown) - 1) / (8 * mostDown));
        Stride = unitsAcross * Across;
        Coefficients = new short[checked(Stride * unitsDown * Down * 64)];
    }

    public Span<short> Block(int x, int y) => Coefficients.AsSpan(((y * Stride) + x) * 64, 64);

    /// <summary>Samples of the component in its own resolution, [Height, Width].</summary>
    public byte[] ToSamples(ReadOnlySpan<ushort> quantisation)
    {
        var samples = new byte[Width * Height];
        Span<byte> block = stackalloc byte[64];
        for (var by = 0; by < BlocksDown; by++)
        {
            for (var bx = 0; bx < BlocksAcross; bx++)
            {
                JpegTransform.Invert(Block(bx, by), quantisation, block);
                var (across, down) = (Math.Min(8, Width - (8 * bx)), Math.Min(8, Height - (8 * by)));
                for (var y = 0; y < down; y++) block.Slice(8 * y, across).CopyTo(samples.AsSpan((((8 * by) + y) * Width) + (8 * bx)));
            }
        }
        return samples;
    }
}
