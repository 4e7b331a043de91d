using System.Text.Json;
using ModelZoo.Hub.Cards;

namespace ModelZoo.Tests.Cards;

public sealed class CardFindingTests
{
    static readonly CardFacts Facts = new()
    {
        RepositoryId = "acme/child",
        Files = new HashSet<string> { "README.md", "config.json", "LICENSE" },
        Models = new Dictionary<string, KnownModel>
        {
            ["acme/base"] = new(["cc-by-nc-4.0"], ["acme/child"], "acme/child"),
            ["acme/free"] = new(["mit"], [], null),
        },
        Datasets = new HashSet<string> { "acme/reviews" },
        Benchmarks = new HashSet<string> { "acme/bench" },
        Architectures = ["BertForMaskedLM"],
        ModelType = "bert",
    };

    /// <summary>One card for every message that a card alone or with facts can get.</summary>
    public static TheoryData<string, string, string> Cases => new()
    {
        { "license: apache 2", "license_unknown", "\"apache 2\" is not a licence id. Did you mean `apache-2.0`?" },
        { "license: other", "license_other_incomplete", "`license: other` needs `license_name` and `license_link`." },
        { "license_link: LICENSE.md", "license_link_missing_file", "`license_link` names LICENSE.md, which is not in this revision." },
        { "language: english", "language_invalid", "\"english\" is not a language code. Use `en`." },
        { "language: [en, no]", "language_boolean", "Quote `no` if your tools read YAML 1.1; here it is Norwegian." },
        { "pipeline_tag: text-klassification", "pipeline_tag_unknown", "\"text-klassification\" is not a task. Nearest: `text-classification`." },
        { "pipeline_tag: text-generation", "pipeline_tag_mismatch", "config.json says the architecture is for `fill-mask`." },
        { "library_name: foo", "library_unknown", "No snippet is known for library \"foo\"." },
        { "base_model: acme/gone", "base_model_not_found", "acme/gone is not on this hub; the link goes to its upstream." },
        { "base_model: acme/base", "base_model_cycle", "base_model leads back to this repository." },
        { "base_model: acme/child", "base_model_cycle", "base_model leads back to this repository." },
        { "base_model_relation: cousin", "base_model_relation_invalid", "\"cousin\" is not one of finetune, adapter, quantized, merge." },
        { "base_model: acme/base\nlicense: apache-2.0", "base_license_conflict", "acme/base is `cc-by-nc-4.0`; this card says `apache-2.0`." },
        { "datasets: [x/y@main]", "dataset_not_found", "Data set x/y is not on this hub." },
        { "datasets: [x/y]", "dataset_unpinned", "Data set x/y has no revision; the training cannot be repeated from the card." },
        { "new_version: acme/base", "new_version_cycle", "`new_version` leads back to this repository." },
        { "model-index: [{name: a, results: [{task: {type: t}, dataset: {type: d, name: D}, metrics: [{type: m}]}]}]", "result_invalid", "model-index[0].results[0].metrics[0].value is missing." },
        { "model-index: [{name: a, results: [{task: {type: t}, dataset: {type: d, name: D}, metrics: [{type: m, value: 1}], source: {name: s}}]}]", "source_url_missing", "`source` needs `url`." },
        { "co2_eq_emissions: {emissions: lots}", "co2_not_a_number", "`emissions` must be a number of grams." },
        { "co2_eq_emissions: 7", "co2_unit_suspect", "7 grams is very little; tonnes?" },
        { "extra_gated_fields: {Age: number}", "gated_field_invalid", "Field \"Age\" has the type `number`; allowed: text, checkbox, date_picker, country, select." },
        { "extra_gated_fields: {Use: {type: select}}", "select_without_options", "A `select` field needs `options`." },
        { "thumbnail: thumbnail.png", "thumbnail_missing_file", "thumbnail.png is not in this revision." },
        { "license: mit", "placeholder_left", "Section \"Training Data\" still says \"[More Information Needed]\"." },
        { "tags: [a]\ntags: [b]", "duplicate_key", "`tags` is given twice; the last one counts." },
        { "license: mit", "contact_missing", "Nothing says whom to contact." },
        { "a: [", "yaml_syntax", "The metadata block is not valid YAML: line 3, column 1." },
        { "- a", "not_a_mapping", "The metadata block must be a mapping of keys to values." },
        { "a: !!python/none x", "yaml_tag", "The tag `!!python/none` is not allowed." },
    };

    static readonly HashSet<string> Errors =
    [
        "yaml_syntax", "not_a_mapping", "yaml_tag", "too_large", "license_unknown", "license_other_incomplete", "language_invalid", "pipeline_tag_unknown", "base_model_cycle",
        "base_model_relation_invalid", "new_version_cycle", "result_invalid", "source_url_missing", "eval_not_benchmark", "co2_not_a_number", "gated_field_invalid", "select_without_options",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_message_has_its_code_severity_and_words(string yaml, string code, string message)
    {
        var card = Card.Parse($"---\n{yaml}\n---\n# T\n\nTraining emitted 7 tonnes of CO2.\n\n## Training Data\n\n[More Information Needed]\n");
        var finding = CardValidator.Check(card, Facts).First(finding => finding.Code == code);
        Assert.Equal(message, finding.Message);
        Assert.Equal(Errors.Contains(code), finding.IsError);
        Assert.NotEmpty(finding.Place);
    }

    [Fact]
    public void A_block_over_a_mebibyte_is_said_to_be_too_large() =>
        Assert.Equal("The metadata block is larger than 1 MiB.", CardValidator.Check(Card.Parse($"---\na: {new string('x', FrontMatter.MaxBytes)}\n---\n"))[0].Message);

    [Fact]
    public void A_result_file_needs_a_benchmark_a_task_and_a_value()
    {
        var good = File.ReadAllText(Path.Combine(CardFiles.Made, "eval_results", "good.yaml"));
        Assert.Empty(CardValidator.CheckResultsFile("r.yaml", good, CardFacts.None));
        Assert.Contains("acme/reviews has no eval.yaml, so it cannot take results.", CardValidator.CheckResultsFile("r.yaml", good, Facts).Select(finding => finding.Message));
        var bad = CardValidator.CheckResultsFile("r.yaml", File.ReadAllText(Path.Combine(CardFiles.Made, "eval_results", "bad.yaml")), CardFacts.None);
        Assert.Equal(["r.yaml[0].dataset.task_id", "r.yaml[1].value", "r.yaml[1].source", "r.yaml[2].dataset.id", "r.yaml[2].dataset.task_id"], bad.Select(finding => finding.Place));
        Assert.Equal("yaml_syntax", CardValidator.CheckResultsFile("r.yaml", "- [", CardFacts.None)[0].Code);
    }

    [Fact]
    public void A_complete_card_has_nothing_but_the_warning_about_norwegian()
    {
        var card = Card.Parse(File.ReadAllText(Path.Combine(CardFiles.Made, "full.md")));
        Assert.Equal(["language_boolean"], CardValidator.Check(card).Select(finding => finding.Code));
    }

    [Fact]
    public void Made_cards_with_mistakes_are_told_each()
    {
        IEnumerable<string> Codes(string name) => CardValidator.Check(Card.Parse(File.ReadAllText(Path.Combine(CardFiles.Made, name)))).Where(finding => finding.IsError).Select(finding => finding.Code);
        Assert.Equal(["license_unknown", "language_invalid", "pipeline_tag_unknown", "base_model_relation_invalid"], Codes("bad_license.md"));
        Assert.Equal(["result_invalid", "source_url_missing", "result_invalid"], Codes("bad_results.md"));
        Assert.Empty(Codes("gated.md"));
        Assert.Empty(Codes("merge.md"));
        Assert.Empty(Codes("quantized.md"));
    }

    [Fact]
    public void A_permissive_parent_and_a_newer_version_elsewhere_are_fine()
    {
        var card = Card.Parse("---\nlicense: apache-2.0\nbase_model: acme/free\nnew_version: acme/other\n---\nMail ml@acme.example\n");
        Assert.Empty(CardValidator.Check(card, Facts));
    }

    [Theory]
    [InlineData("zh-Hant", true)]
    [InlineData("pt-BR", true)]
    [InlineData("nno", true)]
    [InlineData("multilingual", true)]
    [InlineData("code", true)]
    [InlineData("xx", false)]
    [InlineData("EN", false)]
    [InlineData("en_US", false)]
    [InlineData("", false)]
    public void Language_codes_are_those_of_iso_639_and_bcp_47(string code, bool valid) => Assert.Equal(valid, CardVocabulary.Default.IsLanguage(code));

    [Fact]
    public void An_administrator_can_add_ids()
    {
        var own = CardVocabulary.Default.With(JsonDocument.Parse("""{"licenses":["acme-1.0"],"pipeline_tags":{"smell-to-text":"other"},"libraries":["acmelib"]}""").RootElement);
        var card = Card.Parse("---\nlicense: acme-1.0\npipeline_tag: smell-to-text\nlibrary_name: acmelib\n---\nml@acme.example\n");
        Assert.Empty(CardValidator.Check(card, null, own));
        Assert.Equal(3, CardValidator.Check(card).Count);
        Assert.Equal((83, 57, 240), (CardVocabulary.Default.Licenses.Count, CardVocabulary.Default.Modalities.Count, CardVocabulary.Default.Libraries.Count));
    }

    [Fact]
    public void Validate_yaml_answers_in_the_words_clients_know()
    {
        Assert.Equal(["empty or missing yaml metadata in repo card"], YamlVerdict.Of("# T", CardKind.Model).Warnings);
        Assert.Equal(["empty or missing yaml metadata in repo card"], YamlVerdict.Of("---\n---\n# T", CardKind.Model).Warnings);
        Assert.True(YamlVerdict.Of("# T", CardKind.Model).IsValid);
        var fine = YamlVerdict.Of("---\nlicense: mit\ntags: [a]\n---\n# T", CardKind.Model);
        Assert.Empty(fine.Errors.Concat(fine.Warnings));
        Assert.StartsWith("\"license\" must be one of [afl-3.0, agpl-3.0, apache-2.0, ", YamlVerdict.Of("---\nlicense: apache 2\n---\n", CardKind.Model).Errors[0]);
        Assert.Equal(["\"model-index[0].results[0].dataset.type\" is required"], YamlVerdict.Of("---\nmodel-index: [{name: a, results: [{task: {type: t}, dataset: {name: D}, metrics: [{type: m, value: 1}]}]}]\n---\n", CardKind.Model).Errors);
        Assert.Empty(YamlVerdict.Of("---\npipeline_tag: nothing\n---\n", CardKind.Model).Errors);
        Assert.Single(YamlVerdict.Of("---\npipeline_tag: nothing\n---\n", CardKind.Model).Warnings);
        Assert.Equal(["\"sdk\" must be one of [gradio, streamlit, docker, static]"], YamlVerdict.Of("---\nsdk: cobol\ncolorFrom: red\n---\n", CardKind.Space).Errors);
        Assert.False(YamlVerdict.Of("---\n- a\n---\n", CardKind.Dataset).IsValid);
    }
}
