using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Tests.Populations;

/// <summary>Conditions on members and states, as people write them and as they do not.</summary>
public sealed class ConditionTests
{
    static readonly PopulationMember s_member = new(
        new() { Id = "ft-0123456789ab", Stage = "ft", RootId = "base-0123456789ab", Split = "train", Seed = 9_007_199_254_740_993, Factors = [new("optim.optimizer", "sgd"), new("optim.lr", 0.05), new("head.kind", "mlp")] },
        [new(3, double.NaN, 0.5, [new("test", null, 10, 4, double.NaN)], null, null, new Dictionary<string, double> { ["sparsity_ratio"] = 0.8, ["val_acc"] = 0.25, ["lr"] = 7 })], null, [3]);

    [Theory]
    [InlineData("epoch>=3 and optim='sgd'", true)]
    [InlineData("optim = sgd and lr < 0.1", true)]
    [InlineData("head = 'mlp' and not stage = 'base'", true)]
    [InlineData("test_accuracy = 0.4 and val_accuracy = 0.25 and val_acc > 0.2", true)]
    [InlineData("sparsity_ratio >= 0.8", true)]
    // A loss that is no number is neither small nor large.
    [InlineData("test_loss < 5", false)]
    [InlineData("test_loss >= 5", false)]
    [InlineData("train_loss != 5", false)]
    [InlineData("lr < nan", false)]
    [InlineData("seed = 9007199254740993", true)]
    [InlineData("seed = 9007199254740992", false)]
    [InlineData("nobody = 1", false)]
    [InlineData("not nobody = 1", true)]
    public void A_condition_holds_or_not(string text, bool expected) => Assert.Equal(expected, MemberFilter.Parse(text).Holds(s_member, 3));

    [Theory]
    [InlineData("")]
    [InlineData("epoch >=")]
    [InlineData("epoch >= 1 and")]
    [InlineData("'epoch' = 1")]
    [InlineData("epoch = 'one")]
    [InlineData("epoch = 1; drop table members")]
    [InlineData("epoch = 1 or or epoch = 2")]
    [InlineData("epoch like '%'")]
    [InlineData("(epoch = 1")]
    [InlineData("epoch = 1)")]
    [InlineData("__import__('os')")]
    [InlineData("\0 = 1")]
    public void What_is_no_condition_says_so(string text) => Assert.Contains("condition", Assert.Throws<RecipeException>(() => MemberFilter.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Depth_and_length_are_bounded()
    {
        Assert.Throws<RecipeException>(() => MemberFilter.Parse(new string('(', 5000) + "epoch = 1" + new string(')', 5000)));
        Assert.Throws<RecipeException>(() => MemberFilter.Parse(string.Concat(Enumerable.Repeat("not ", 5000)) + "epoch = 1"));
        Assert.Throws<RecipeException>(() => MemberFilter.Parse("epoch = 1" + string.Concat(Enumerable.Repeat(" or epoch = 1", 5000))));
        Assert.True(MemberFilter.Parse("epoch = 3" + string.Concat(Enumerable.Repeat(" and epoch = 3", 200))).Holds(s_member, 3));
    }

    [Fact]
    public void A_name_that_nobody_knows_is_told_with_those_there_are()
    {
        Assert.Contains("'epohc'", MemberFilter.Parse("epohc = 3 and optim = 'sgd'").FindUnknown([s_member]), StringComparison.Ordinal);
        Assert.Contains("optim.lr", MemberFilter.Parse("epohc = 3").FindUnknown([s_member]), StringComparison.Ordinal);
        Assert.Null(MemberFilter.Parse("epoch = 900 and head_seed = 1 and optim = 'adam' and sparsity_ratio > 2 and val_accuracy > 2").FindUnknown([s_member]));
        Assert.Null(MemberFilter.Parse("whatever = 1").FindUnknown([]));
    }
}
