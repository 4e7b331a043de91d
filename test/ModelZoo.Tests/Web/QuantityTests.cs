using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(44_200_000, "44.2 MB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_500, "1.00 MB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void Bytes_have_three_digits_and_an_SI_prefix(long sizeBytes, string expected) => Assert.Equal(expected, Quantity.Bytes(sizeBytes));

    [Theory]
    [InlineData(741_376, "741 k")]
    [InlineData(7_241_732_096, "7.24 B")]
    [InlineData(12, "12")]
    public void Parameters_have_no_unit(long count, string expected) => Assert.Equal(expected, Quantity.Parameters(count));

    [Theory]
    [InlineData(9_999, "9,999")]
    [InlineData(12_345, "12.3 k")]
    public void Counts_are_exact_while_they_are_short(long count, string expected) => Assert.Equal(expected, Quantity.Count(count));

    [Theory]
    [InlineData(-10, "just now")]
    [InlineData(-90, "2 minutes ago")]
    [InlineData(-3600, "1 hour ago")]
    [InlineData(-86_400 * 3, "3 days ago")]
    [InlineData(86_400 * 2, "in 2 days")]
    [InlineData(-86_400 * 90, "23 Aug 2026")]
    public void Times_are_relative_until_a_date_says_more(int seconds, string expected) =>
        Assert.Equal(expected, Quantity.Relative(Samples.Now.AddSeconds(seconds), Samples.Now));

    [Fact]
    public void One_is_not_plural() => Assert.Equal(("1 file", "2 files", "0 files"), (Quantity.Of(1, "file"), Quantity.Of(2, "file"), Quantity.Of(0, "file")));
}
