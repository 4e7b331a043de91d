using ModelZoo.Evaluation.Models;

namespace ModelZoo.Tests.Evaluation;

/// <summary>Which class of a model is which of a task, when their orders or their numbers differ.</summary>
public sealed class LabelOrderTests
{
    [Theory]
    [InlineData("a b c", "a b c", null)]
    [InlineData("a b c", "c a b", "1 2 0")]
    [InlineData("a_b C", "c A-b", null)]
    [InlineData("Card_arrival rate", "RATE card-arrival", null)]
    [InlineData("a b c", "c a", "1 -1 0")]             // tuned on some of the classes
    [InlineData("a b c", "a x", null)]
    [InlineData("a b c", "2 0", "1 -1 0")]             // by number where its data had numbers
    [InlineData("a b c", "0 1 2", null)]
    [InlineData("a b c", "0 3", null)]
    [InlineData("a b", "a b c", null)]
    [InlineData("", "1 5 7", "-1 0 -1 -1 -1 1 -1 2")]
    [InlineData("", "1 2 3", null)]                    // stars, or classes 0 to 2 by whatever name
    [InlineData("", "LABEL_0 LABEL_1", null)]
    [InlineData("", "a a", null)]
    public void Classes_are_found_by_name_then_by_number(string wanted, string given, string? expected)
    {
        var order = LabelOrder.Find(wanted.Split(' ', StringSplitOptions.RemoveEmptyEntries), given.Split(' '));
        Assert.Equal(expected, order is null ? null : string.Join(' ', order));
    }

    [Fact]
    public void A_class_that_the_model_does_not_know_has_no_probability() => Assert.Equal([0.25f, 0, 0.75f], LabelOrder.Apply([1, -1, 0], [0.75f, 0.25f]));
}
