namespace ModelZoo.Hub.Cards;

/// <summary>What POST /api/validate-yaml answers: valid with 200, anything in <see cref="Errors"/> with 400.</summary>
sealed record YamlVerdict(IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    static readonly string[] SpaceSdks = ["gradio", "streamlit", "docker", "static"];
    static readonly string[] SpaceColors = ["red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"];

    /// <summary>Codes that say something about the text or other repositories, not about the metadata block.</summary>
    static readonly HashSet<string> NotAboutTheBlock = ["placeholder_left", "contact_missing", "dataset_unpinned", "library_unknown"];

    public bool IsValid => Errors.Count == 0;

    /// <param name="content">The whole README.</param>
    public static YamlVerdict Of(string content, CardKind kind, CardVocabulary? vocabulary = null)
    {
        vocabulary ??= CardVocabulary.Default;
        var card = Card.Parse(content);
        if (card.Metadata.IsEmpty && card.Findings.Count == 0) return new([], ["empty or missing yaml metadata in repo card"]);

        var findings = CardValidator.Check(card, CardFacts.None, vocabulary, kind).Where(finding => !NotAboutTheBlock.Contains(finding.Code)).ToList();
        var errors = findings.Where(finding => finding.IsError && finding.Code != "pipeline_tag_unknown").Select(finding => Say(finding, vocabulary)).ToList();
        var warnings = findings.Where(finding => !finding.IsError || finding.Code == "pipeline_tag_unknown").Select(finding => finding.Message).ToList();
        if (card.Metadata["tags"] is { } tags and not CardList) errors.AddRange(tags.Text is null ? [] : ["\"tags\" must be an array"]);
        if (kind == CardKind.Space)
        {
            CheckWord(card, "sdk", SpaceSdks, errors);
            CheckWord(card, "colorFrom", SpaceColors, errors);
            CheckWord(card, "colorTo", SpaceColors, errors);
        }
        return new(errors.Distinct().ToList(), warnings);
    }

    /// <summary>The wording clients of Hugging Face know, where it has one.</summary>
    static string Say(CardFinding finding, CardVocabulary vocabulary) => finding.Code switch
    {
        "license_unknown" => $"\"{finding.Place}\" must be one of [{string.Join(", ", vocabulary.Licenses)}]",
        "result_invalid" when finding.Message.EndsWith("is missing.", StringComparison.Ordinal) => $"\"{finding.Place}\" is required",
        "source_url_missing" => $"\"{finding.Place}.url\" is required",
        _ => finding.Message,
    };

    static void CheckWord(Card card, string key, string[] words, List<string> errors)
    {
        if (card.Metadata[key] is { } value && (value.Text is null || !words.Contains(value.Text)))
            errors.Add($"\"{key}\" must be one of [{string.Join(", ", words)}]");
    }
}
