using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Tests.Cards;

public sealed class CardEditTests
{
    const string Readme = "---\n# who may use it\nlicense: mit # ours\nlanguage:\n  - en # main\n  - no\n\n# odd key\nx-odd: {a: 1}\ntags: [a, b]\ntext: |\n  one\n  two\n---\n# Body\n\n---\nlicense: not this\n";

    [Fact]
    public void A_scalar_changes_within_its_line() =>
        Assert.Equal(Readme.Replace("license: mit #", "license: apache-2.0 #"), CardEdit.Set(Readme, "license", "apache-2.0"));

    [Fact]
    public void Items_that_stay_keep_their_line() =>
        Assert.Equal(Readme.Replace("  - no\n", "  - de\n"), CardEdit.Set(Readme, "language", ["en", "de"]));

    [Fact]
    public void Comments_and_blank_lines_belong_to_what_follows() =>
        Assert.Equal(Readme.Replace("language:\n  - en # main\n  - no\n", ""), CardEdit.Remove(Readme, "language"));

    [Fact]
    public void Blocks_and_flow_lists_are_replaced_whole()
    {
        Assert.Equal(Readme.Replace("text: |\n  one\n  two\n", "text: short\n"), CardEdit.Set(Readme, "text", "short"));
        Assert.Equal(Readme.Replace("tags: [a, b]\n", "tags:\n- c\n"), CardEdit.Set(Readme, "tags", ["c"]));
        Assert.Equal(Readme.Replace("tags: [a, b]\n", "tags: []\n"), CardEdit.Set(Readme, "tags", []));
    }

    [Fact]
    public void A_new_key_goes_to_the_end_of_the_block() =>
        Assert.Equal(Readme.Replace("  two\n---", "  two\npipeline_tag: fill-mask\n---"), CardEdit.Set(Readme, "pipeline_tag", "fill-mask"));

    [Fact]
    public void A_file_without_a_block_gets_one()
    {
        Assert.Equal("---\nlicense: mit\n---\n\n# T\n", CardEdit.Set("# T\n", "license", "mit"));
        Assert.Equal("---\nlicense: mit\n---\n", CardEdit.Set("", "license", "mit"));
        Assert.Equal("\ufeff---\r\nlicense: mit\r\n---\r\n\r\n# T\r\n", CardEdit.Set("\ufeff# T\r\n", "license", "mit"));
        Assert.Equal("---\nlicense: mit\n---\n# T\n", CardEdit.Set("---\n---\n# T\n", "license", "mit"));
    }

    [Fact]
    public void Carriage_returns_and_the_byte_order_mark_stay()
    {
        var readme = File.ReadAllText(Path.Combine(CardFiles.Made, "bom_crlf.md"), new System.Text.UTF8Encoding(false));
        readme = readme.StartsWith('\ufeff') ? readme : "\ufeff" + readme;
        Assert.Equal(readme.Replace("mit", "apache-2.0"), CardEdit.Set(readme, "license", "apache-2.0"));
        Assert.Equal(readme.Replace("- a\r\n", "- a\r\n- b\r\n"), CardEdit.Set(readme, "tags", ["a", "b"]));
    }

    [Theory]
    [InlineData("no", "\"no\"")]
    [InlineData("1.10", "\"1.10\"")]
    [InlineData("2024-01-02", "\"2024-01-02\"")]
    [InlineData("null", "\"null\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("a # b", "\"a # b\"")]
    [InlineData("say \"hi\"\nthere", "\"say \\\"hi\\\"\\nthere\"")]
    [InlineData("", "\"\"")]
    [InlineData("@acme", "\"@acme\"")]
    [InlineData("acme/vit-b", "acme/vit-b")]
    public void What_another_reader_might_take_otherwise_is_quoted(string value, string written) =>
        Assert.Equal($"---\nk: {written}\n---\n", CardEdit.Set("", "k", value));

    [Theory]
    [InlineData("---\n{license: mit}\n---\n")]
    [InlineData("---\n- a\n---\n")]
    [InlineData("---\nlicense: [\n---\n")]
    [InlineData("---\nlicense: &l mit\nname: *l\n---\n")]
    [InlineData("---\nx: !!python/none a\n---\n")]
    public void A_block_that_cannot_be_edited_by_lines_is_refused(string readme) =>
        Assert.Throws<Refusal>(() => CardEdit.Set(readme, "license", "apache-2.0"));

    [Fact]
    public void A_key_or_value_that_would_break_out_is_refused_or_quoted()
    {
        Assert.Throws<Refusal>(() => CardEdit.Set(Readme, "a: b\nlicense", "x"));
        Assert.Equal("x\n---\nlicense: evil", Card.Parse(CardEdit.Set(Readme, "tagline", "x\n---\nlicense: evil")).Metadata["tagline"]!.Text);
        Assert.Throws<Refusal>(() => CardEdit.Set(Readme, "inference", new CardScalar("false\nx: y", ScalarKind.Boolean)));
        Assert.Contains("inference: false\n", CardEdit.Set(Readme, "inference", new CardScalar("false", ScalarKind.Boolean)));
    }

    [Fact]
    public void An_edit_says_what_was_asked_and_leaves_every_other_line()
    {
        var key = Gen.Elements("license", "language", "x-odd", "tags", "text", "new_key");
        var word = Gen.OneOf(ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => text.Get).Where(IsUnicode), Gen.Elements("mit", "no", "a: b", "#", "- x", "|", "1.0", "é", "日本語", "\u2028", "\ufeff"));
        var newLine = Gen.Elements("\n", "\r\n");
        var edit = from k in key from words in Gen.ListOf(word) from isList in ArbMap.Default.GeneratorFor<bool>() from end in newLine select (k, words: words.ToList(), isList, end);
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(edit.ToArbitrary(), sample =>
        {
            var before = Readme.Replace("\n", sample.end);
            var isList = sample.isList || sample.words.Count == 0;
            var after = isList ? CardEdit.Set(before, sample.k, sample.words) : CardEdit.Set(before, sample.k, sample.words[0]);
            var value = Card.Parse(after).Metadata[sample.k];
            Assert.Equal(isList ? sample.words : [sample.words[0]], isList ? value!.Items.Select(item => item.Text!) : [value!.Text!]);
            // Removing the key from both gives the same text, so nothing else moved.
            Assert.Equal(CardEdit.Remove(before, sample.k), CardEdit.Remove(after, sample.k));
            Assert.Equal(after, isList ? CardEdit.Set(after, sample.k, sample.words) : CardEdit.Set(after, sample.k, sample.words[0]));
        }));
    }

    static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else if (char.IsSurrogate(text[i])) return false;
        return true;
    }
}
