using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Training;

/// <summary>Random views of a small image for contrastive training: shifted, paler or darker, with a square erased and noise added.</summary>
static class GlyphViews
{
    /// <summary>Draws of one view: shift, contrast, square, and one for each value.</summary>
    public static int Draws(ImageSet set) => 5 + set.PixelsEach;

    /// <param name="image">[channels, side, side].</param>
    public static void Make(ReadOnlySpan<float> image, int side, ref RandomSource stream, Span<float> view)
    {
        var dx = stream.Between(-1, 1);
        var dy = stream.Between(-1, 1);
        var contrast = 0.6 + 0.8 * stream.NextUnit();
        for (var plane = 0; plane < image.Length; plane += side * side)
        for (var y = 0; y < side; y++)
        for (var x = 0; x < side; x++)
        {
            var (fromX, fromY) = (x - dx, y - dy);
            var ink = fromX >= 0 && fromX < side && fromY >= 0 && fromY < side ? image[plane + fromY * side + fromX] : -1;
            view[plane + y * side + x] = (float)(Math.Clamp(contrast * (ink + 1.0), 0, 2) - 1);
        }
        var ex = stream.Between(0, side - 2);
        var ey = stream.Between(0, side - 2);
        for (var plane = 0; plane < image.Length; plane += side * side)
        for (var y = ey; y < ey + 2; y++) view.Slice(plane + y * side + ex, 2).Fill(-1);
        foreach (ref var pixel in view) pixel = Math.Clamp(pixel + stream.Between(-2, 2) / 8f, -1, 1);
    }
}
