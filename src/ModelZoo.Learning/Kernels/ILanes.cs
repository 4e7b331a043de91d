using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelZoo.Learning.Kernels;

/// <summary>
/// Some float32 lanes of the processor. Lanes never meet in what is written with this: each output is accumulated in its own lane in the order of the
/// inner index, so the result is the same for every width.
/// </summary>
interface ILanes<TSelf> where TSelf : struct, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Fill(float value);

    static abstract TSelf Load(ref float from);

    void Store(ref float to);

    TSelf Plus(TSelf other);

    /// <summary>Adds a product, rounding once.</summary>
    TSelf PlusProduct(TSelf left, TSelf right);
}

readonly struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
{
    readonly Vector512<float> _value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Fill(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(ref float from) => new(Vector512.LoadUnsafe(ref from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float to) => _value.StoreUnsafe(ref to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes512 Plus(Lanes512 other) => new(_value + other._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes512 PlusProduct(Lanes512 left, Lanes512 right) => new(Vector512.FusedMultiplyAdd(left._value, right._value, _value));
}

readonly struct Lanes256(Vector256<float> value) : ILanes<Lanes256>
{
    readonly Vector256<float> _value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Fill(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(ref float from) => new(Vector256.LoadUnsafe(ref from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float to) => _value.StoreUnsafe(ref to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes256 Plus(Lanes256 other) => new(_value + other._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes256 PlusProduct(Lanes256 left, Lanes256 right) => new(Vector256.FusedMultiplyAdd(left._value, right._value, _value));
}

/// <summary>A single lane, for what is left over.</summary>
readonly struct Lane(float value) : ILanes<Lane>
{
    readonly float _value = value;

    public static int Count => 1;

    public static Lane Fill(float value) => new(value);

    public static Lane Load(ref float from) => new(from);

    public void Store(ref float to) => to = _value;

    public Lane Plus(Lane other) => new(_value + other._value);

    public Lane PlusProduct(Lane left, Lane right) => new(MathF.FusedMultiplyAdd(left._value, right._value, _value));
}
