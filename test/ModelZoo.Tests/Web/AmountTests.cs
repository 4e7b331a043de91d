using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

public sealed class AmountTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(999.6, "1.00 kB")]
    [InlineData(85_899_345_920, "85.9 GB")]
    [InlineData(-1500, "−1.50 kB")]
    [InlineData(1e30, "1,000,000 YB")]
    [InlineData(double.NaN, "–")]
    public void Bytes_have_three_digits_and_an_SI_prefix(double value, string words) => Assert.Equal(words, Amount.Bytes(value));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(2.5e-8, "25.0 ns")]
    [InlineData(0.0205, "20.5 ms")]
    [InlineData(90, "90.0 s")]
    [InlineData(600, "10.0 min")]
    [InlineData(86_400 * 30.0, "30.0 days")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Times_take_the_unit_that_people_would(double seconds, string words) => Assert.Equal(words, Amount.Seconds(seconds));

    [Theory]
    [InlineData(2048, "2 k")]
    [InlineData(131_072, "128 k")]
    [InlineData(1_048_576, "1 M")]
    [InlineData(2000, "2,000")]
    public void Lengths_are_named_as_contexts_are(double tokens, string words) => Assert.Equal(words, Amount.Tokens(tokens));

    [Theory]
    [InlineData(0.00012, "1.2e-4")]
    [InlineData(1.049, "1.05")]
    [InlineData(88.04, "88")]
    [InlineData(1311.2, "1,311")]
    [InlineData(3.15e23, "3.15e23")]
    public void Plain_numbers_count_no_zeros(double value, string words) => Assert.Equal(words, Amount.Plain(value));
}
