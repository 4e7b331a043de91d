namespace ModelZoo.Weights;

/// <summary>Arithmetic on shapes that refuses to overflow.</summary>
static class Shapes
{
    /// <exception cref="OverflowException">The product does not fit 64 bits.</exception>
    public static long GetElementCount(IReadOnlyList<long> shape) =>
        TryGetElementCount(shape, out var count) ? count : throw new OverflowException("A shape has more elements than can be counted.");

    /// <summary>The product of the axes; false when one is negative or the product of the non-zero axes overflows (a zero must not hide that).</summary>
    public static bool TryGetElementCount(IReadOnlyList<long> shape, out long count)
    {
        long product = 1;
        var empty = false;
        count = 0;
        foreach (var axis in shape)
        {
            if (axis < 0) return false;
            if (axis == 0) empty = true;
            else if (product > long.MaxValue / axis) return false;
            else product *= axis;
        }
        count = empty ? 0 : product;
        return true;
    }

    public static string Describe(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
