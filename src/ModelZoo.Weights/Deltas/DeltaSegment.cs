namespace ModelZoo.Weights.Deltas;

/// <summary>A stretch of the content whose elements are coded alike: tensors of one type that lie side by side here and in the base.</summary>
/// <param name="Length">Bytes; a segment begins where the one before it ends.</param>
/// <param name="BaseOffset">Where its counterpart begins in the base; 0 where there is none.</param>
/// <param name="Width">Bytes of an element: 1, 2, 4 or 8.</param>
/// <param name="IsFloat">The elements are floating-point numbers: sign, exponent, mantissa.</param>
/// <param name="IsBased">Coded as the difference from the base; otherwise by itself.</param>
public readonly record struct DeltaSegment(long Length, long BaseOffset, int Width, bool IsFloat, bool IsBased)
{
    /// <summary>Which of the <see cref="Groups"/> its elements are coded with.</summary>
    internal int Group => (IsBased ? 8 : 0) + (IsFloat ? 4 : 0) + int.Log2(Width);

    /// <summary>One for each way of being coded: 4 widths, whole or floating-point, based or not.</summary>
    internal const int Groups = 16;

    internal static int WidthOf(int group) => 1 << (group & 3);

    internal static bool IsFloatGroup(int group) => (group & 4) != 0;

    internal static bool IsBasedGroup(int group) => (group & 8) != 0;
}

/// <summary>Part of a block that lies in one segment and one granule: what can be equal to the base as a whole.</summary>
readonly record struct DeltaRun(int Offset, int Length, long BaseOffset, int Group);
