using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Tests.Learning;

/// <summary>The published vectors of the streams and of the data sets made from them.</summary>
public sealed class RandomnessTests
{
    [Fact]
    public void SplitMix64_gives_the_published_numbers_at_any_position()
    {
        var source = new RandomSource(0);
        Assert.Equal([0xe220a8397b1dcdafUL, 0x6e789e6aa1b965f4UL, 0x06c45d188009454fUL], new[] { source.Next(), source.Next(), source.Next() });
        Assert.Equal(0x06c45d188009454fUL, RandomSource.At(0, 3));
    }

    [Fact]
    public void Names_hash_as_published() => Assert.Equal(0xd2cea44474c6e4f3UL, Fnv1a64.Hash("head.weight"));

    [Fact]
    public void The_shuffle_of_an_epoch_begins_as_published()
    {
        var order = RandomSource.Named(2024, "shuffle/1").Permutation(1000);
        Assert.Equal([619, 530, 268, 799, 311], order[..5]);
        Assert.Equal(Enumerable.Range(0, 1000), order.Order());
    }

    [Fact]
    public void Glyphs_are_drawn_bit_for_bit() =>
        Assert.Equal("03a68f566b3a1559835cbc5b97981d54076c0b4950bc4f94fab0bd37b9ccb197", Glyphs8.Make(4096, 1).PixelDigest);

    [Fact]
    public void Shapes_are_drawn_bit_for_bit() =>
        Assert.Equal("de4ef9dec3c8ae6637ae87eb81e0f2484855abeddcd00cc54d9c3480f2b01ba4", Shapes8.Make(4096, 1).PixelDigest);

    [Fact]
    public void Digits_are_split_by_writer_with_the_published_counts_per_class()
    {
        var file = DigitsFile.Find();
        if (file is null) Assert.Skip("The digits are not on this machine.");
        var all = Digits.Parse(File.ReadAllBytes(file!));
        Assert.Equal([99, 102, 100, 104, 98, 100, 101, 99, 98, 99], Counts(Digits.Train(all)));
        Assert.Equal([29, 29, 28, 28, 32, 31, 29, 30, 30, 31], Counts(Digits.Val(all)));
        Assert.Equal([50, 51, 49, 51, 51, 51, 51, 50, 46, 50], Counts(Digits.Test(all)));
        Assert.Equal(Digits.Test(all).Labels, Digits.NoisyTest(all).Labels);
        Assert.InRange(Digits.NoisyTest(all).Pixels.Zip(Digits.Test(all).Pixels, (a, b) => Math.Abs(a - b)).Max(), 1, 5);
    }

    [Theory]
    [InlineData("1,2,3\n")]
    [InlineData("99,")]
    [InlineData("hello")]
    [InlineData("")]
    public void What_is_not_the_data_set_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => Digits.Parse(System.Text.Encoding.ASCII.GetBytes(text)));

    static int[] Counts(ImageSet set) => [.. Enumerable.Range(0, 10).Select(label => set.Labels.Count(each => each == label))];
}
