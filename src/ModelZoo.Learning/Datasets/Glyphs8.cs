namespace ModelZoo.Learning.Datasets;

/// <summary>Sixteen letter-like glyphs of straight strokes on a jittered 5 × 5 lattice: a pre-training set that costs no download.</summary>
public static class Glyphs8
{
    public const int Classes = 16;

    /// <summary>Segments of each class as column and row of their ends.</summary>
    static readonly string[] s_segments =
    [
        "04-20 20-44 12-32",            // A
        "00-04 00-40 02-32 04-44",      // E
        "00-04 00-40 02-32",            // F
        "00-04 40-44 02-42",            // H
        "00-04 40-02 02-44",            // K
        "00-04 04-44",                  // L
        "04-00 00-22 22-40 40-44",      // M
        "04-00 00-44 44-40",            // N
        "00-40 20-24",                  // T
        "00-04 04-44 44-40",            // U
        "00-24 24-40",                  // V
        "00-14 14-22 22-34 34-40",      // W
        "00-44 40-04",                  // X
        "00-22 40-22 22-24",            // Y
        "00-40 40-04 04-44",            // Z
        "20-42 42-24 24-02 02-20",      // diamond
    ];

    public static ImageSet Make(int count, ulong seed, int side = 8)
    {
        var set = new ImageSet("glyphs8", side, Classes, new byte[count * side * side], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            set.Labels[i] = (byte)(i % Classes);
            var stream = InkBitmap.StreamOf(seed, i);
            var radius = stream.Between(48, 88);
            var pitchX = stream.Between(110, 170);
            var pitchY = stream.Between(130, 180);
            var originX = stream.Between(-64, 64);
            var originY = stream.Between(-64, 64);
            var shear = stream.Between(-40, 40);
            var lattice = new (int X, int Y)[25];
            for (var row = 0; row < 5; row++)
            for (var column = 0; column < 5; column++)
            {
                var dx = stream.Between(-40, 40);
                var dy = stream.Between(-40, 40);
                var y = 512 + originY + (row - 2) * pitchY + dy;
                var x = 512 + originX + (column - 2) * pitchX + dx;
                lattice[row * 5 + column] = (x + ((shear * (y - 512)) >> 7), y);
            }
            var strokes = s_segments[i % Classes].Split(' ').Select(segment => (Point(lattice, segment[0], segment[1]), Point(lattice, segment[3], segment[4]))).ToArray();
            InkBitmap.Draw(new Strokes(strokes, radius), ref stream, side, set.Pixels.AsSpan(i * side * side, side * side));
        }
        return set;
    }

    static (int X, int Y) Point((int X, int Y)[] lattice, char column, char row) => lattice[(row - '0') * 5 + (column - '0')];

    sealed class Strokes(((int X, int Y) From, (int X, int Y) To)[] segments, long radius) : IShape
    {
        public bool Contains(int x, int y)
        {
            foreach (var (from, to) in segments)
                if (IsNear(x, y, from, to)) return true;
            return false;
        }

        bool IsNear(long x, long y, (int X, int Y) from, (int X, int Y) to)
        {
            long dx = to.X - from.X, dy = to.Y - from.Y, ax = x - from.X, ay = y - from.Y;
            var along = ax * dx + ay * dy;
            var length = dx * dx + dy * dy;
            if (along <= 0) return ax * ax + ay * ay <= radius * radius;
            if (along >= length) return (x - to.X) * (x - to.X) + (y - to.Y) * (y - to.Y) <= radius * radius;
            var across = ax * dy - ay * dx;
            return across * across <= radius * radius * length;
        }
    }
}
