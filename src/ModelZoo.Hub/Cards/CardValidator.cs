namespace ModelZoo.Hub.Cards;

/// <summary>Everything a card can be told is wrong with it, apart from what only evaluations know.</summary>
static partial class CardValidator
{
    static readonly string[] GatedTypes = ["text", "checkbox", "date_picker", "country", "select"];

    /// <summary>All findings: of reading the block, of the card alone, and of the card against <paramref name="facts"/>.</summary>
    public static IReadOnlyList<CardFinding> Check(Card card, CardFacts? facts = null, CardVocabulary? vocabulary = null, CardKind kind = CardKind.Model)
    {
        vocabulary ??= CardVocabulary.Default;
        var findings = new List<CardFinding>(card.Findings);
        CheckLicense(card.Metadata, vocabulary, findings);
        CheckLanguage(card.Metadata, vocabulary, findings);
        if (kind == CardKind.Model)
        {
            CheckModelKeys(card.Metadata, vocabulary, findings);
            findings.AddRange(ModelIndex.Read(card.Metadata).Findings);
        }
        CheckEmissions(card, findings);
        CheckGatedFields(card.Metadata, findings);
        CheckFacts(card.Metadata, facts ?? CardFacts.None, findings);
        CheckText(card, findings);
        return findings;
    }

    /// <summary>The data sets a card names, without their revisions.</summary>
    public static IReadOnlyList<string> DatasetsOf(Card card) => [.. card.Metadata.Datasets.Select(id => CardMetadata.SplitPin(id).Name).Distinct(StringComparer.Ordinal)];

    static void CheckLicense(CardMetadata metadata, CardVocabulary vocabulary, List<CardFinding> findings)
    {
        foreach (var (place, value) in Scalars(metadata, "license"))
            if (!vocabulary.IsLicense(value))
                findings.Add(CardFinding.Error("license_unknown", place, $"\"{Shorten(value)}\" is not a licence id. Did you mean `{vocabulary.NearestLicense(value)}`?"));
        if (metadata.Licenses.Contains("other") && (metadata.LicenseName is null || metadata.LicenseLink is null))
            findings.Add(CardFinding.Error("license_other_incomplete", "license", "`license: other` needs `license_name` and `license_link`."));
    }

    static void CheckLanguage(CardMetadata metadata, CardVocabulary vocabulary, List<CardFinding> findings)
    {
        foreach (var (place, code) in Scalars(metadata, "language"))
        {
            if (vocabulary.IsLanguage(code)) continue;
            var lower = code.ToLowerInvariant();
            var proposal = vocabulary.FindLanguageByName(code) ?? (vocabulary.IsLanguage(lower) ? lower : null);
            findings.Add(CardFinding.Error("language_invalid", place,
                $"\"{Shorten(code)}\" is not a language code." + (proposal is null ? "" : $" Use `{proposal}`.")));
        }
        var scalars = metadata["language"] is CardList list ? list.Values : metadata["language"] is { } single ? [single] : [];
        if (scalars.Any(value => value is CardScalar { Raw: "no", IsPlain: true }))
            findings.Add(CardFinding.Warning("language_boolean", "language", "Quote `no` if your tools read YAML 1.1; here it is Norwegian."));
    }

    static void CheckModelKeys(CardMetadata metadata, CardVocabulary vocabulary, List<CardFinding> findings)
    {
        if (metadata.PipelineTag is { } task && !vocabulary.IsPipelineTag(task))
            findings.Add(CardFinding.Error("pipeline_tag_unknown", "pipeline_tag", $"\"{Shorten(task)}\" is not a task. Nearest: `{vocabulary.NearestPipelineTag(task)}`."));
        if (metadata.LibraryName is { } library && !vocabulary.Libraries.Contains(library))
            findings.Add(CardFinding.Warning("library_unknown", "library_name", $"No snippet is known for library \"{Shorten(library)}\"."));
        if (metadata.BaseModelRelation is { } relation && !CardTags.Relations.Contains(relation))
            findings.Add(CardFinding.Error("base_model_relation_invalid", "base_model_relation", $"\"{Shorten(relation)}\" is not one of finetune, adapter, quantized, merge."));
        foreach (var (place, id) in Scalars(metadata, "datasets"))
            if (CardMetadata.SplitPin(id).Revision is null)
                findings.Add(CardFinding.Warning("dataset_unpinned", place, $"Data set {Shorten(id)} has no revision; the training cannot be repeated from the card."));
    }

    static void CheckEmissions(Card card, List<CardFinding> findings)
    {
        if (card.Metadata["co2_eq_emissions"] is not { } emissions || emissions is CardScalar { Kind: ScalarKind.Null }) return;
        if (emissions is CardMap map && map.Find("emissions") is null) return;
        if (card.Metadata.EmissionsGrams is not { } grams)
            findings.Add(CardFinding.Error("co2_not_a_number", "co2_eq_emissions", "`emissions` must be a number of grams."));
        // Below a kilogram no figure in tonnes is plausible next to it.
        else if (grams < 1000 && CardSigns.SpeaksOfTonnes(card.Body))
            findings.Add(CardFinding.Warning("co2_unit_suspect", "co2_eq_emissions", $"{grams} grams is very little; tonnes?"));
    }

    static void CheckGatedFields(CardMetadata metadata, List<CardFinding> findings)
    {
        if (metadata["extra_gated_fields"] is not CardMap fields) return;
        foreach (var (name, value) in fields.Entries)
        {
            var type = value is CardMap ? value["type"]?.Text ?? "" : value.Text ?? "";
            var place = $"extra_gated_fields.{Shorten(name)}";
            if (!GatedTypes.Contains(type))
                findings.Add(CardFinding.Error("gated_field_invalid", place,
                    $"Field \"{Shorten(name)}\" has the type `{Shorten(type)}`; allowed: text, checkbox, date_picker, country, select."));
            else if (type == "select" && value["options"] is not CardList { Values.Count: > 0 })
                findings.Add(CardFinding.Error("select_without_options", place, "A `select` field needs `options`."));
        }
    }

    static void CheckText(Card card, List<CardFinding> findings)
    {
        var text = CardText.Parse(card.Body);
        foreach (var section in text.Sections)
            if (text.FindPlaceholder(section) is { } placeholder)
                findings.Add(CardFinding.Warning("placeholder_left", Shorten(section.Title), $"Section \"{Shorten(section.Title)}\" still says \"{Shorten(placeholder)}\"."));
        if (!CardSigns.NamesContact(card.Body))
            findings.Add(CardFinding.Warning("contact_missing", "text", "Nothing says whom to contact."));
    }

    /// <summary>A text or the items of a list with their places; what is neither text nor number is shown as JSON.</summary>
    static IEnumerable<(string Place, string Value)> Scalars(CardMetadata metadata, string key)
    {
        if (metadata[key] is not CardList list)
        {
            if (metadata[key] is { } single && single is not CardScalar { Kind: ScalarKind.Null }) yield return (key, Shown(single));
            yield break;
        }
        for (var i = 0; i < list.Values.Count; i++) yield return ($"{key}[{i}]", Shown(list.Values[i]));
    }

    static string Shown(CardValue value) => value.Text?.Trim() ?? value.ToJson()?.ToJsonString() ?? "null";

    static string Shorten(string text) => text.Length <= 120 ? text : text[..117] + "…";
}
