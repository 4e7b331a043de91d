using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class QuantizedTests
{
    static byte[] Quantize(DType type, float[] numbers)
    {
        var target = new byte[numbers.Length / type.ElementsPerBlock * type.BytesPerBlock];
        Assert.Equal(numbers.Length, TensorCast.Convert(DType.F32, MemoryMarshal.AsBytes(numbers.AsSpan()), type, target));
        return target;
    }

    static float[] Read(DType type, byte[] blocks)
    {
        var numbers = new float[blocks.Length / type.BytesPerBlock * type.ElementsPerBlock];
        TensorCast.Convert(type, blocks, DType.F32, MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    static float Scale(ReadOnlySpan<byte> block) => (float)BinaryPrimitives.ReadHalfLittleEndian(block);

    [Fact]
    public void Q8_0_of_a_block_worked_out_by_hand()
    {
        // The largest is 254, so d is 2; halves go away from zero: 1 / 2 → 1, -1 / 2 → -1, 3 / 2 → 2, 5 / 2 → 3, 4.9 / 2 → 2.
        float[] x = [254, 1, -1, 3, 5, 4.9f, -254, .. new float[25]];
        var block = Quantize(DType.Q80, x);

        Assert.Equal(2f, Scale(block));
        Assert.Equal([127, 1, -1, 2, 3, 2, -127, 0], MemoryMarshal.Cast<byte, sbyte>(block.AsSpan(2, 8)).ToArray());
        Assert.Equal([254, 2, -2, 4, 6, 4, -254, 0], Read(DType.Q80, block)[..8]);
    }

    [Fact]
    public void Q4_0_of_a_block_worked_out_by_hand()
    {
        // The largest in size is -16, so d is 2: -16 → 0, 0 → 8, 2 → 9, 14 → 15, and 16 is cut to 15.
        float[] x = [-16, 0, 2, 14, .. new float[12], 16, 3, -3, .. new float[13]];
        var block = Quantize(DType.Q40, x);

        Assert.Equal(2f, Scale(block));
        // Byte i: element i below, element i + 16 above. 3 / 2 + 8.5 = 10; -3 / 2 + 8.5 = 7.
        Assert.Equal([0xf0, 0xa8, 0x79, 0x8f, 0x88], block[2..7]);
        Assert.Equal([-16, 0, 4, 14], [Read(DType.Q40, block)[0], Read(DType.Q40, block)[1], Read(DType.Q40, block)[17], Read(DType.Q40, block)[3]]);
        // A positive largest turns the sign of d, and of equals the first decides.
        Assert.Equal(-2f, Scale(Quantize(DType.Q40, [16, -16, .. new float[30]])));
    }

    [Fact]
    public void Blocks_of_zeros_and_of_tiny_numbers_are_zeros()
    {
        foreach (var type in (DType[])[DType.Q80, DType.Q40, DType.Q4K])
        {
            Assert.All(Read(type, Quantize(type, new float[256])), number => Assert.Equal(0f, number));
            Assert.All(Read(type, Quantize(type, [.. Enumerable.Repeat(1e-42f, 256)])), number => Assert.Equal(0f, number));
        }
    }

    [Fact]
    public void What_no_block_can_express_stops_before_it()
    {
        foreach (var type in (DType[])[DType.Q80, DType.Q40, DType.Q4K])
        {
            foreach (var bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity, 3e38f])
            {
                var numbers = new float[768];
                numbers[600] = bad;
                var target = new byte[768 / type.ElementsPerBlock * type.BytesPerBlock];
                var done = TensorCast.Convert(DType.F32, MemoryMarshal.AsBytes(numbers.AsSpan()), type, target);
                Assert.Equal(600 / type.ElementsPerBlock * type.ElementsPerBlock, done);
            }
        }
    }

    [Fact]
    public void Errors_stay_within_what_the_scales_allow()
    {
        var x = Numbers(3, 256 * 200);
        var (q8, q4, k4) = (Read(DType.Q80, Quantize(DType.Q80, x)), Read(DType.Q40, Quantize(DType.Q40, x)), Read(DType.Q4K, Quantize(DType.Q4K, x)));
        for (var block = 0; block < x.Length; block += 32)
        {
            var largest = x.Skip(block).Take(32).Max(MathF.Abs);
                for (var i = block; i < block + 32; i++)
            {
                // Half a step, and what rounding the scale itself costs (to 11 bits, or to 2^-24 where it is tiny); Q4_0 also cuts the far end
                // by a whole step.
                Assert.True(Math.Abs(q8[i] - x[i]) <= largest * (0.5f / 127 + 1f / 2048) + MathF.ScaleB(127, -25), $"Q8_0 {i}");
                Assert.True(Math.Abs(q4[i] - x[i]) <= largest * (1.01f / 8) + MathF.ScaleB(8, -25), $"Q4_0 {i}");
            }
        }
        static double Loss(float[] x, float[] y) => x.Zip(y, (a, b) => (double)(a - b) * (a - b)).Sum() / x.Sum(a => (double)a * a);
        Assert.True(Loss(x, q8) < 1e-4 && Loss(x, k4) < 1e-2 && Loss(x, k4) < Loss(x, q4), $"{Loss(x, q8)} {Loss(x, k4)} {Loss(x, q4)}");
    }

    /// <summary>
    /// Digests of what the reference quantisers of ggml (ggml-quants.c, built without contraction of multiply-adds) make of the numbers below:
    /// the same blocks, bit for bit.
    /// </summary>
    [Theory]
    [InlineData("Q8_0", "9b648940b84bec7e22d475c61460ea495c77f70ddd9c2ad6ddc2cae4aa4aeaaa")]
    [InlineData("Q4_0", "846084b670ca9459876efced62cb054708847af4a1e07382ad73e12b0ab6f770")]
    [InlineData("Q4_K", "8da6de77639523cc10e1a6be6f99c20ac388759304ed0d5e25afe02794ba7be4")]
    public void Blocks_equal_those_of_the_reference(string type, string digest)
    {
        var blocks = Quantize(DType.Find(type)!, Numbers(1, 256 * 4000));
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(blocks)));
    }

    /// <summary>
    /// Numbers that any program can make again: a linear congruence gives 24 bits, spread over sizes and signs; some groups are constant, positive
    /// only, or zero.
    /// </summary>
    internal static float[] Numbers(uint seed, int count)
    {
        var numbers = new float[count];
        var state = seed;
        for (var i = 0; i < count; i++)
        {
            state = state * 1_664_525 + 1_013_904_223;
            var unit = (state >> 8) / 8_388_608f - 1f;
            var group = i / 32;
            var number = unit * unit * unit * MathF.ScaleB(1f, (int)(group % 13) - 8);
            numbers[i] = (group % 29) switch { 0 => 0f, 1 => 0.25f, 2 => Math.Abs(number), 3 => -0.125f, 4 => MathF.Round(unit * 8) / 8, _ => number };
        }
        return numbers;
    }
}
