namespace ModelZoo.Learning.Datasets;

/// <summary>Ten plain shapes: disc, ring, square, frame, plus, cross, triangle, stripes both ways, diamond.</summary>
public static class Shapes8
{
    public const int Classes = 10;

    public static ImageSet Make(int count, ulong seed, int side = 8)
    {
        var set = new ImageSet("shapes8", side, Classes, new byte[count * side * side], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            set.Labels[i] = (byte)(i % Classes);
            var stream = InkBitmap.StreamOf(seed, i);
            var x = stream.Between(352, 672);
            var y = stream.Between(352, 672);
            var size = stream.Between(192, 352);
            var width = stream.Between(40, 72);
            InkBitmap.Draw(new Shape(i % Classes, x, y, size, width), ref stream, side, set.Pixels.AsSpan(i * side * side, side * side));
        }
        return set;
    }

    sealed class Shape(int kind, int centerX, int centerY, int s, int w) : IShape
    {
        public bool Contains(int x, int y)
        {
            int dx = x - centerX, dy = y - centerY, ax = Math.Abs(dx), ay = Math.Abs(dy), m = Math.Max(ax, ay), u = s - 2 * w, q = dx * dx + dy * dy;
            return kind switch
            {
                0 => q <= s * s,
                1 => q >= u * u && q <= s * s,
                2 => m <= s,
                3 => m >= u && m <= s,
                4 => (ax <= w && ay <= s) || (ay <= w && ax <= s),
                5 => m <= s && (2 * Math.Abs(dx - dy) <= 3 * w || 2 * Math.Abs(dx + dy) <= 3 * w),
                6 => ay <= s && 2 * ax <= dy + s,
                7 => m <= s && (dy + s) / (2 * w) % 2 == 0,
                8 => m <= s && (dx + s) / (2 * w) % 2 == 0,
                _ => ax + ay <= s,
            };
        }
    }
}
