using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Hub.Cards;

namespace ModelZoo.Tests.Cards;

public sealed class CardReadingTests
{
    static Card Made(string name) => Card.Parse(File.ReadAllText(Path.Combine(CardFiles.Made, name)));

    static Card Yaml(string yaml) => Card.Parse($"---\n{yaml}\n---\n# T\n");

    [Fact]
    public void A_byte_order_mark_and_carriage_returns_are_accepted()
    {
        var card = Made("bom_crlf.md");
        Assert.Equal(["mit"], card.Metadata.Licenses);
        Assert.Equal(["a"], card.Metadata.Tags);
        Assert.Equal("# Byte order mark and CRLF\r\n", card.Body);
    }

    [Fact]
    public void A_rule_further_down_and_an_unclosed_block_are_no_metadata()
    {
        Assert.False(Made("rule_not_front_matter.md").HasBlock);
        Assert.False(Card.Parse("---\nlicense: mit\n").HasBlock);
        Assert.False(Card.Parse("----\nlicense: mit\n---\n").HasBlock);
        Assert.False(Card.Parse(" ---\nlicense: mit\n---\n").HasBlock);
        Assert.Equal("", Card.Empty.Body);
    }

    [Fact]
    public void An_empty_block_is_a_mapping_without_keys()
    {
        var card = Made("empty_front_matter.md");
        Assert.True(card.HasBlock);
        Assert.True(card.Metadata.IsEmpty);
        Assert.Empty(card.Findings);
        Assert.Null(card.ToJson());
    }

    [Fact]
    public void No_is_text_dates_are_text_and_digits_stay_as_written()
    {
        var json = Made("norwegian.md").ToJson()!;
        Assert.Equal("""{"language":"no","license":"mit","date":"2024-01-02","version":1.10}""", json.ToJsonString());
    }

    [Theory]
    [InlineData("no", "\"no\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("Yes", "\"Yes\"")]
    [InlineData("true", "true")]
    [InlineData("FALSE", "false")]
    [InlineData("tRue", "\"tRue\"")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("12", "12")]
    [InlineData("007", "7")]
    [InlineData("-0", "-0")]
    [InlineData("+3", "3")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("0xfg", "\"0xfg\"")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5.0")]
    [InlineData("1.e3", "1.0e3")]
    [InlineData("1e-5", "1e-5")]
    [InlineData("1e", "\"1e\"")]
    [InlineData(".inf", "\".inf\"")]
    [InlineData("'12'", "\"12\"")]
    [InlineData("12:30:45", "\"12:30:45\"")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!!int 12", "12")]
    [InlineData("{a: [1, b]}", "{\"a\":[1,\"b\"]}")]
    public void Scalars_mean_what_the_core_schema_says(string yaml, string json)
    {
        var written = Yaml($"k: {yaml}").ToJson()!["k"]?.ToJsonString() ?? "null";
        Assert.Equal(json, written);
    }

    [Fact]
    public void Typed_keys_read_texts_and_lists_alike()
    {
        var full = Made("full.md").Metadata;
        Assert.Equal(["en", "no"], full.Languages);
        Assert.Equal("transformers", full.LibraryName);
        Assert.Equal(412.5, full.EmissionsGrams);
        Assert.False(full.InferenceAllowed);
        Assert.Equal("acme/review-sentiment-v2", full.NewVersion);
        Assert.Equal(["acme/tiny-bert"], full.BaseModels);
        Assert.Equal(("acme/reviews", "9f1c2ab34de56f7890123456789abcdef0123456"), CardMetadata.SplitPin(full.Datasets[0]));
        var result = full.Results[0];
        Assert.Equal(("text-classification", "acme/reviews", "accuracy", "0.913"), (result.TaskType, result.DatasetType, result.MetricType, result.ValueText));
        Assert.True(result.IsPinned);
        Assert.NotEqual(full.Results[0].CellKey, full.Results[1].CellKey);
        Assert.Equal("0.902", full.Results[1].ValueText);
    }

    [Fact]
    public void An_alias_is_copied_and_the_last_of_two_keys_counts()
    {
        Assert.Equal("""{"license":"mit","name":"mit"}""", Yaml("license: &l mit\nname: *l").ToJson()!.ToJsonString());
        var twice = Yaml("tags: [a]\nlicense: mit\ntags: [b]");
        Assert.Equal(["b"], twice.Metadata.Tags);
        var finding = Assert.Single(twice.Findings);
        Assert.Equal(("duplicate_key", "line 4", "`tags` is given twice; the last one counts."), (finding.Code, finding.Place, finding.Message));
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "tags:\n  - a\n b: c", "yaml_syntax" }, { "license: mit\n\ttags: [a]", "yaml_syntax" }, { "a: b: c", "yaml_syntax" }, { "a: [1, 2", "yaml_syntax" }, { "a: \"x", "yaml_syntax" },
        { "a: *nobody", "yaml_syntax" }, { "a: &a [*a]", "yaml_syntax" }, { "? [a]\n: b", "yaml_syntax" }, { "a: 1\n...\nb: 2", "yaml_syntax" }, { "%YAML 3.0", "yaml_syntax" },
        { "- a\n- b", "not_a_mapping" }, { "just text", "not_a_mapping" }, { "[]", "not_a_mapping" },
        { "x: !!python/object/apply:os.system [\"true\"]", "yaml_tag" }, { "x: !ruby/object:Gem {}", "yaml_tag" }, { "x: !!binary aGk=", "yaml_tag" }, { "!!set {a}", "yaml_tag" },
        { "a: " + new string('[', 40) + new string(']', 40), "yaml_syntax" }, { "a: " + new string('[', 500_000), "yaml_syntax" }, { "a: " + new string('{', 500_000), "yaml_syntax" },
        { string.Concat(Enumerable.Range(0, 11_000).Select(i => $"k{i}: v\n")), "yaml_syntax" }, { "a: " + new string('x', FrontMatter.MaxBytes), "too_large" }, { "a: " + new string('é', FrontMatter.MaxBytes / 2), "too_large" },
        { "a: &a [x, x, x, x, x, x, x, x, x]\n" + string.Concat("bcdefghi".Select((c, i) => $"{c}: &{c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 9))}]\n")), "yaml_syntax" },
        { string.Concat(Enumerable.Range(0, 40).Select(i => i == 0 ? "a0: &a0 [x]\n" : $"a{i}: &a{i} [*a{i - 1}]\n")), "yaml_syntax" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Broken_and_hostile_blocks_are_one_error_and_no_metadata(string yaml, string code)
    {
        var card = Yaml(yaml);
        Assert.True(card.HasBlock);
        Assert.True(card.Metadata.IsEmpty);
        Assert.Equal("# T\n", card.Body);
        Assert.Equal(code, Assert.Single(card.Findings).Code);
        Assert.True(card.Findings[0].IsError);
    }

    [Fact]
    public void The_place_of_a_mistake_is_a_line_of_the_file()
    {
        var finding = Assert.Single(Made("bad_yaml.md").Findings);
        Assert.Equal("The metadata block is not valid YAML: line 3, column 1.", finding.Message);
        Assert.Equal("The tag `!!python/object/apply:os.system` is not allowed.", Assert.Single(Made("yaml_tags.md").Findings).Message);
    }

    [Fact]
    public void Any_text_is_read_without_an_exception_and_loses_nothing() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            var readme = "---\n" + (text ?? "") + "\n---\nbody";
            var card = Card.Parse(readme);
            CardScore.Of(card);
            CardValidator.Check(card);
            return readme.EndsWith(card.Body, StringComparison.Ordinal) && (card.ToJson() is null || JsonNode.Parse(card.ToJson()!.ToJsonString()) is not null);
        }));
}
