using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class TextMergeTests
{
    const string Before = "1\n2\n3\n4\n5\n6\n";

    [Theory]
    [InlineData("one\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\nsix\n", "one\n2\n3\n4\n5\nsix\n")]
    [InlineData("0\n1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6\n7\n", "0\n1\n2\n3\n4\n5\n6\n7\n")]
    [InlineData("3\n4\n5\n6\n", "1\n2\n3\n4\n", "3\n4\n")]
    [InlineData("1\nsame\n3\n4\n5\n6\n", "1\nsame\n3\n4\n5\n6", "1\nsame\n3\n4\n5\n6")]
    [InlineData("", "", "")]
    public void Changes_in_different_places_come_together(string ours, string theirs, string merged) => Assert.Equal(merged, TextMerge.Merge(Before, ours, theirs));

    [Theory]
    [InlineData("1\nzwei\n3\n4\n5\n6\n", "1\ntwo\n3\n4\n5\n6\n")]
    [InlineData("1\n3\n4\n5\n6\n", "1\ntwo\n3\n4\n5\n6\n")]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\n5\n6\nseven\n")]
    [InlineData("1\n2\n3\n4\n5\nsix", "1\n2\n3\n4\n5\n6")]
    [InlineData("1\nzwei\n3\n4\n5\n6\n", "1\n2\nthree\n4\n5\n6\n")]      // lines that touch each other, as git has it
    public void Different_changes_of_the_same_place_do_not(string ours, string theirs) => Assert.Null(TextMerge.Merge(Before, ours, theirs));

    [Fact]
    public void What_only_one_side_changed_is_taken_and_sides_do_not_matter() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), (before, ours, theirs) =>
        {
            var (b, o, t) = (Text(before), Text(ours), Text(theirs));
            return TextMerge.Merge(b, o, b) == o && TextMerge.Merge(b, b, t) == t && TextMerge.Merge(b, o, o) == o && TextMerge.Merge(b, o, t) == TextMerge.Merge(b, t, o);
        }));

    /// <summary>Few different lines, so that many are the same.</summary>
    static string Text(byte[] lines) => string.Concat(lines.Select((line, i) => i == lines.Length - 1 && line % 2 == 0 ? $"{line % 4}" : $"{line % 4}\n"));
}
