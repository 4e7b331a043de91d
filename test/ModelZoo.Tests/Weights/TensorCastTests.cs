using System.Runtime.InteropServices;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Casts against definitions written out number by number, in double precision.</summary>
public class TensorCastTests
{
    static readonly DType[] Narrow = [DType.F16, DType.BF16, DType.F8E4M3, DType.F8E5M2];

    /// <summary>Fraction bits, exponent bias, the largest finite code.</summary>
    static (int Fraction, int Bias, int Largest) Form(DType type) =>
        type == DType.F16 ? (10, 15, 0x7bff) : type == DType.BF16 ? (7, 127, 0x7f7f) : type == DType.F8E4M3 ? (3, 7, 0x7e) : (2, 15, 0x7b);

    static double Meaning(DType type, int code)
    {
        var (fraction, bias, largest) = Form(type);
        var size = code & (type.BytesPerBlock == 2 ? 0x7fff : 0x7f);
        var sign = code == size ? 1.0 : -1.0;
        if (size > largest) return type != DType.F8E4M3 && size == largest + 1 ? sign * double.PositiveInfinity : double.NaN;
        var exponent = size >> fraction;
        var digits = size & ((1 << fraction) - 1);
        return sign * (exponent == 0 ? Math.ScaleB(digits, 1 - bias - fraction) : Math.ScaleB((1 << fraction) + digits, exponent - bias - fraction));
    }

    static byte[] Cast<T>(DType from, T[] numbers, DType to) where T : struct
    {
        var target = new byte[numbers.Length / to.ElementsPerBlock * to.BytesPerBlock];
        Assert.Equal(numbers.Length, TensorCast.Convert(from, MemoryMarshal.AsBytes(numbers.AsSpan()), to, target));
        return target;
    }

    static int[] Codes(DType type, byte[] bytes) => type.BytesPerBlock == 2
        ? [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(code => (int)code)] : [.. bytes.Select(code => (int)code)];

    static byte[] AllCodes(DType type) => type.BytesPerBlock == 2
        ? MemoryMarshal.AsBytes(Enumerable.Range(0, 65_536).Select(i => (ushort)i).ToArray().AsSpan()).ToArray() : [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [Fact]
    public void Every_narrow_number_widens_to_what_it_means_and_narrows_back_to_itself()
    {
        foreach (var type in Narrow)
        {
            var all = AllCodes(type);
            var count = all.Length / type.BytesPerBlock;
            var wide = new byte[count * 4];
            TensorCast.Convert(type, all, DType.F32, wide);
            var numbers = MemoryMarshal.Cast<byte, float>(wide);
            for (var code = 0; code < count; code++) Assert.Equal(Meaning(type, code), numbers[code]);
            Assert.True(BitConverter.SingleToInt32Bits(numbers[count / 2]) == int.MinValue, $"{type}: minus zero");

            var back = new byte[all.Length];
            TensorCast.Convert(DType.F32, wide, type, back);
            var (before, after) = (Codes(type, all), Codes(type, back));
            // A number that is none comes back quiet, so only that bit may differ.
            for (var code = 0; code < count; code++)
                Assert.True(before[code] == after[code] || (double.IsNaN(Meaning(type, code)) && double.IsNaN(Meaning(type, after[code]))), $"{type} {code:x}");
        }
    }

    [Fact]
    public void Rounding_is_to_nearest_with_ties_to_even_at_every_place_where_it_decides()
    {
        foreach (var type in Narrow)
        {
            var (_, _, largest) = Form(type);
            var numbers = new List<double>();
            for (var code = 0; code <= largest; code++)
            {
                // Where the next number would lie, also beyond the largest.
                var (low, high) = (Meaning(type, code), code < largest ? Meaning(type, code + 1) : 2 * Meaning(type, code) - Meaning(type, code - 1));
                var middle = low + (high - low) / 2;
                numbers.AddRange([low, middle, Math.BitIncrement(middle), Math.BitDecrement(middle), low + (high - low) * 0.3, high]);
            }
            numbers.AddRange([1e300, double.PositiveInfinity, double.NaN, double.Epsilon, float.Epsilon, float.MaxValue]);
            double[] all = [.. numbers, .. numbers.Select(n => -n)];

            var fromDouble = Codes(type, Cast(DType.F64, all, type));
            float[] exact = [.. all.Select(n => (float)n)];
            var fromSingle = Codes(type, Cast(DType.F32, exact, type));
            for (var i = 0; i < all.Length; i++)
            {
                Assert.True(IsNearest(type, all[i], fromDouble[i]), $"{type} of {all[i]:R} became {fromDouble[i]:x}");
                Assert.True(IsNearest(type, exact[i], fromSingle[i]), $"{type} of the single {exact[i]:R} became {fromSingle[i]:x}");
            }
        }
    }

    [Fact]
    public void Random_bits_round_like_the_platform_where_it_can()
    {
        var random = new Random(7);
        var numbers = new float[100_003];
        random.NextBytes(MemoryMarshal.AsBytes(numbers.AsSpan()));
        var halves = Codes(DType.F16, Cast(DType.F32, numbers, DType.F16));
        var brains = Codes(DType.BF16, Cast(DType.F32, numbers, DType.BF16));
        for (var i = 0; i < numbers.Length; i++)
        {
            if (float.IsNaN(numbers[i]))
            {
                Assert.True(double.IsNaN(Meaning(DType.F16, halves[i])) && double.IsNaN(Meaning(DType.BF16, brains[i])));
                Assert.Equal(float.IsNegative(numbers[i]), halves[i] >= 0x8000);
                continue;
            }
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)numbers[i]), halves[i]);
            Assert.True(IsNearest(DType.BF16, numbers[i], brains[i]));
        }
        var wide = new double[numbers.Length];
        random.NextBytes(MemoryMarshal.AsBytes(wide.AsSpan()));
        var singles = MemoryMarshal.Cast<byte, float>(Cast(DType.F64, wide, DType.F32));
        for (var i = 0; i < wide.Length; i++) Assert.Equal((float)wide[i], singles[i]);
    }

    /// <summary>Nothing representable is nearer; of two that are equally near it is the even one; overflow as the type says.</summary>
    static bool IsNearest(DType type, double number, int code)
    {
        if (double.IsNaN(number)) return double.IsNaN(Meaning(type, code));
        var (_, _, largest) = Form(type);
        var half = type.BytesPerBlock == 2 ? 0x8000 : 0x80;
        var size = code & (half - 1);
        if ((code & half) != 0 != double.IsNegative(number)) return false;
        number = Math.Abs(number);
        var limit = Meaning(type, largest) + (Meaning(type, largest) - Meaning(type, largest - 1)) / 2;
        // The largest code of E4M3 is even, so a tie stays there; those of the others are odd, so a tie overflows.
        if (number > limit || (number == limit && type != DType.F8E4M3)) return size == largest + 1;
        if (size > largest) return false;
        var error = Math.Abs(Meaning(type, size) - number);
        var below = size > 0 ? Math.Abs(Meaning(type, size - 1) - number) : double.MaxValue;
        var above = size < largest ? Math.Abs(Meaning(type, size + 1) - number) : double.MaxValue;
        return error <= below && error <= above && (size % 2 == 0 || (error < below && error < above));
    }
}
