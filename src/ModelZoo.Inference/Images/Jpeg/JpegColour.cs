namespace ModelZoo.Inference.Images.Jpeg;

/// <summary>Brings components to full size with libjpeg's triangle filter ("fancy upsampling", jdsample.c) and turns luma and chroma into colours (jdcolor.c).</summary>
static class JpegColour
{
    public static byte[] Enlarge(byte[] samples, int width, int height, int factorX, int factorY, int fullWidth, int fullHeight)
    {
        if (factorX == 1 && factorY == 1 && width == fullWidth) return samples;
        var full = new byte[fullWidth * fullHeight];
        var isSmooth = factorX == 2 && factorY is 1 or 2 && width > 2;
        var sums = new int[width];
        for (var y = 0; y < fullHeight; y++)
        {
            var row = Math.Min(height - 1, y / factorY);
            var into = full.AsSpan(y * fullWidth, fullWidth);
            var near = samples.AsSpan(row * width, width);
            if (!isSmooth)
            {
                for (var x = 0; x < into.Length; x++) into[x] = near[Math.Min(width - 1, x / factorX)];
                continue;
            }
            if (factorY == 1)
            {
                Widen(near, into);
                continue;
            }
            var far = samples.AsSpan(Math.Clamp((y & 1) == 0 ? row - 1 : row + 1, 0, height - 1) * width, width);
            for (var x = 0; x < width; x++) sums[x] = (near[x] * 3) + far[x];
            Widen(sums, into);
        }
        return full;
    }

    static void Widen(ReadOnlySpan<byte> row, Span<byte> into)
    {
        for (var x = 0; x < into.Length; x++)
        {
            int i = x >> 1, isOdd = x & 1, other = isOdd == 0 ? i - 1 : i + 1;
            into[x] = other < 0 || other >= row.Length ? row[i] : (byte)(((row[i] * 3) + row[other] + 1 + isOdd) >> 2);
        }
    }

    static void Widen(ReadOnlySpan<int> sums, Span<byte> into)
    {
        for (var x = 0; x < into.Length; x++)
        {
            int i = x >> 1, isOdd = x & 1, other = isOdd == 0 ? i - 1 : i + 1;
            into[x] = other < 0 || other >= sums.Length ? (byte)(((sums[i] * 4) + (isOdd == 0 ? 8 : 7)) >> 4) : (byte)(((sums[i] * 3) + sums[other] + (isOdd == 0 ? 8 : 7)) >> 4);
        }
    }

    public static byte[] ToRgb(byte[] luma, byte[] blue, byte[] red, bool isRgb)
    {
        var pixels = new byte[luma.Length * 3];
        for (var i = 0; i < luma.Length; i++)
        {
            int y = luma[i], cb = blue[i] - 128, cr = red[i] - 128;
            if (isRgb) (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = (luma[i], blue[i], red[i]);
            else
            {
                // 1.402, 0.34414, 0.71414 and 1.772 in 16 bits.
                pixels[3 * i] = (byte)Math.Clamp(y + (((91881 * cr) + 32768) >> 16), 0, 255);
                pixels[(3 * i) + 1] = (byte)Math.Clamp(y + (((-22554 * cb) + (-46802 * cr) + 32768) >> 16), 0, 255);
                pixels[(3 * i) + 2] = (byte)Math.Clamp(y + (((116130 * cb) + 32768) >> 16), 0, 255);
            }
        }
        return pixels;
    }
}
