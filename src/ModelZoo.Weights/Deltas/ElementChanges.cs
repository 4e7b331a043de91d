using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ModelZoo.Weights.Deltas;

/// <summary>What is done to elements before their bytes are parted into planes. Each can be undone exactly, whatever the bits are.</summary>
enum ElementChange : byte
{
    None = 0,

    /// <summary>Rotated by one bit, so that the exponent fills the highest byte and the sign goes to the lowest.</summary>
    Rotate = 1,

    /// <summary>Exclusive or with the base.</summary>
    Xor = 2,

    /// <summary>Difference from the base modulo 2^bits, its sign in the lowest bit.</summary>
    Difference = 3,

    /// <summary>The same of floating-point numbers counted in their order (…, −2, −1 ulp, 0, 1 ulp, …), so that near numbers have near counts across zero too.</summary>
    OrderedDifference = 4,
}

/// <summary>Applies and undoes <see cref="ElementChange"/>s; numbers are little-endian.</summary>
static class ElementChanges
{
    /// <summary>A run has at most a granule and the seven bytes before the grid.</summary>
    const int MaxRunBytes = 1024 + 8;

    /// <summary>Bytes that are looked at to choose.</summary>
    const int SampleBytes = 64 << 10;

    public static bool IsPossible(ElementChange change, int group) => change switch
    {
        ElementChange.None => true,
        ElementChange.Rotate => DeltaSegment.IsFloatGroup(group),
        ElementChange.Xor or ElementChange.Difference => DeltaSegment.IsBasedGroup(group),
        ElementChange.OrderedDifference => DeltaSegment.IsBasedGroup(group) && DeltaSegment.IsFloatGroup(group),
        _ => false,
    };

    /// <summary>The change whose planes have the least entropy, over a sample of the runs.</summary>
    public static ElementChange Choose(int group, IReadOnlyList<DeltaRun> runs, bool[] equal, ReadOnlySpan<byte> content, ReadOnlySpan<byte> match)
    {
        var isFloat = DeltaSegment.IsFloatGroup(group);
        if (!DeltaSegment.IsBasedGroup(group)) return isFloat ? ElementChange.Rotate : ElementChange.None;
        var mine = new List<DeltaRun>();
        var size = 0;
        for (var i = 0; i < runs.Count; i++)
            if (runs[i].Group == group && !equal[i]) (size, _) = (size + runs[i].Length, Add(runs[i]));
        var step = 1 + (size / SampleBytes);
        var sample = mine.Where((_, i) => i % step == 0).ToList();
        var bytes = sample.Sum(run => run.Length);
        var width = DeltaSegment.WidthOf(group);
        var planes = ArrayPool<byte>.Shared.Rent(bytes);
        var (best, least) = (ElementChange.Xor, double.MaxValue);
        Span<ElementChange> candidates = [ElementChange.Xor, isFloat ? ElementChange.OrderedDifference : ElementChange.Difference, isFloat ? ElementChange.Rotate : ElementChange.None];
        foreach (var change in candidates)
        {
            var done = 0;
            foreach (var run in sample)
            {
                Apply(change, width, content.Slice(run.Offset, run.Length), match.Slice(run.Offset, run.Length), planes.AsSpan(0, bytes), bytes / width, done);
                done += run.Length / width;
            }
            var entropy = 0.0;
            for (var plane = 0; plane < width; plane++) entropy += PlaneCode.Entropy(planes.AsSpan(plane * (bytes / width), bytes / width));
            if (entropy < least) (best, least) = (change, entropy);
        }
        ArrayPool<byte>.Shared.Return(planes);
        return best;

        bool Add(DeltaRun run)
        {
            mine.Add(run);
            return true;
        }
    }

    /// <summary>Changes the elements of a run and parts them into planes of <paramref name="count"/> bytes, from element <paramref name="first"/> of each on.</summary>
    public static void Apply(ElementChange change, int width, ReadOnlySpan<byte> content, ReadOnlySpan<byte> match, Span<byte> planes, int count, int first)
    {
        switch (width)
        {
            case 1: Apply<byte>(change, content, match, planes, count, first); break;
            case 2: Apply<ushort>(change, content, match, planes, count, first); break;
            case 4: Apply<uint>(change, content, match, planes, count, first); break;
            default: Apply<ulong>(change, content, match, planes, count, first); break;
        }
    }

    /// <summary>Puts the elements of a run together again.</summary>
    /// <param name="content">Holds the base's bytes and becomes the content.</param>
    public static void Undo(ElementChange change, int width, Span<byte> content, ReadOnlySpan<byte> planes, int count, int first)
    {
        switch (width)
        {
            case 1: Undo<byte>(change, content, planes, count, first); break;
            case 2: Undo<ushort>(change, content, planes, count, first); break;
            case 4: Undo<uint>(change, content, planes, count, first); break;
            default: Undo<ulong>(change, content, planes, count, first); break;
        }
    }

    static unsafe void Apply<T>(ElementChange change, ReadOnlySpan<byte> content, ReadOnlySpan<byte> match, Span<byte> planes, int count, int first)
        where T : unmanaged, IBinaryInteger<T>
    {
        var own = MemoryMarshal.Cast<byte, T>(content);
        var other = MemoryMarshal.Cast<byte, T>(match);
        Span<T> changed = stackalloc T[MaxRunBytes / sizeof(T)];
        changed = changed[..own.Length];
        int bits = sizeof(T) * 8, last = bits - 1;
        var top = T.One << last;
        switch (change)
        {
            case ElementChange.None:
                own.CopyTo(changed);
                break;
            case ElementChange.Rotate:
                for (var i = 0; i < changed.Length; i++) changed[i] = (own[i] << 1) | (own[i] >>> last);
                break;
            case ElementChange.Xor:
                for (var i = 0; i < changed.Length; i++) changed[i] = own[i] ^ other[i];
                break;
            case ElementChange.Difference:
                for (var i = 0; i < changed.Length; i++) changed[i] = Fold(unchecked(own[i] - other[i]), last);
                break;
            default:
                for (var i = 0; i < changed.Length; i++) changed[i] = Fold(unchecked(Order(own[i], top, last) - Order(other[i], top, last)), last);
                break;
        }
        var bytes = MemoryMarshal.AsBytes(changed);
        for (var plane = 0; plane < sizeof(T); plane++)
        {
            var target = planes.Slice((plane * count) + first, own.Length);
            for (int i = 0, from = plane; i < target.Length; i++, from += sizeof(T)) target[i] = bytes[from];
        }
    }

    static unsafe void Undo<T>(ElementChange change, Span<byte> content, ReadOnlySpan<byte> planes, int count, int first)
        where T : unmanaged, IBinaryInteger<T>
    {
        var own = MemoryMarshal.Cast<byte, T>(content);
        Span<T> changed = stackalloc T[MaxRunBytes / sizeof(T)];
        changed = changed[..own.Length];
        var bytes = MemoryMarshal.AsBytes(changed);
        for (var plane = 0; plane < sizeof(T); plane++)
        {
            var source = planes.Slice((plane * count) + first, own.Length);
            for (int i = 0, to = plane; i < source.Length; i++, to += sizeof(T)) bytes[to] = source[i];
        }
        var last = (sizeof(T) * 8) - 1;
        var top = T.One << last;
        switch (change)
        {
            case ElementChange.None:
                changed.CopyTo(own);
                break;
            case ElementChange.Rotate:
                for (var i = 0; i < own.Length; i++) own[i] = (changed[i] >>> 1) | (changed[i] << last);
                break;
            case ElementChange.Xor:
                for (var i = 0; i < own.Length; i++) own[i] ^= changed[i];
                break;
            case ElementChange.Difference:
                for (var i = 0; i < own.Length; i++) own[i] = unchecked(own[i] + Unfold(changed[i]));
                break;
            default:
                for (var i = 0; i < own.Length; i++) own[i] = Unorder(unchecked(Order(own[i], top, last) + Unfold(changed[i])), top, last);
                break;
        }
    }

    static T Fold<T>(T difference, int last) where T : unmanaged, IBinaryInteger<T> => (difference << 1) ^ unchecked(T.Zero - (difference >>> last));

    static T Unfold<T>(T folded) where T : unmanaged, IBinaryInteger<T> => (folded >>> 1) ^ unchecked(T.Zero - (folded & T.One));

    static T Order<T>(T bits, T top, int last) where T : unmanaged, IBinaryInteger<T> => bits ^ (unchecked(T.Zero - (bits >>> last)) | top);

    static T Unorder<T>(T order, T top, int last) where T : unmanaged, IBinaryInteger<T> => order ^ (unchecked((order >>> last) - T.One) | top);
}
