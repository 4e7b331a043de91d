using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Datasets;

/// <summary>A shape on a canvas of 1024 × 1024 units, y down: is this point ink?</summary>
interface IShape
{
    bool Contains(int x, int y);
}

/// <summary>Draws shapes as the synthetic data sets do: ink is counted in blocks of 4 × 4 of a finer bitmap, then noise is added. Integers only.</summary>
static class InkBitmap
{
    const int Canvas = 1024;
    const int Oversampling = 4;

    public static RandomSource StreamOf(ulong seed, int image) => new(seed ^ unchecked((ulong)(image + 1) * 0xD1B54A32D192ED03));

    public static void Draw(IShape shape, ref RandomSource stream, int side, Span<byte> pixels)
    {
        for (var row = 0; row < side; row++)
        for (var column = 0; column < side; column++)
        {
            var ink = 0;
            for (var i = row * Oversampling; i < (row + 1) * Oversampling; i++)
            for (var j = column * Oversampling; j < (column + 1) * Oversampling; j++)
                if (shape.Contains(Center(j, side), Center(i, side))) ink++;
            pixels[row * side + column] = (byte)ink;
        }
        foreach (ref var pixel in pixels) pixel = (byte)Math.Clamp(pixel + stream.Between(-1, 1), 0, ImageSet.MaxInk);
    }

    static int Center(int at, int side) => (2 * at + 1) * (Canvas / 2) / (Oversampling * side);
}
