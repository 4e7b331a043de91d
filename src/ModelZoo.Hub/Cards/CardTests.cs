namespace ModelZoo.Hub.Cards;

/// <summary>The tests behind the score, in the order they are shown. The weights sum to 100.</summary>
sealed class CardTests(Card card, CardVocabulary vocabulary)
{
    /// <summary>Modalities whose models read or write a natural language.</summary>
    static readonly string[] LanguageModalities = ["nlp", "audio", "multimodal"];

    readonly CardMetadata _metadata = card.Metadata;
    readonly CardText _text = CardText.Parse(card.Body);

    public IEnumerable<(string Id, int Worth, bool Counts, string Advice)> Run()
    {
        var results = _metadata.Results;
        yield return ("license", 8, HasLicense(), "Set `license` to an id of the list.");
        yield return ("pipeline_tag", 5, _metadata.PipelineTag is { } task && vocabulary.IsPipelineTag(task), "Set `pipeline_tag` to the task the model is for.");
        yield return ("library_name", 3, _metadata.LibraryName is not null, "Set `library_name` to the library that loads the model.");
        yield return ("language", 3, HasLanguage(), "List the languages with their codes in `language`.");
        yield return ("tags", 1, _metadata.Tags.Count > 0, "Add a tag or two.");
        yield return ("datasets", 5, _metadata.Datasets.Count > 0, "List the data sets trained on in `datasets`.");
        yield return ("base_model", 4, _metadata.BaseModels.Count > 0 || CardSigns.SaysFromScratch(card.Body), "Name the parent in `base_model`, or say that the model was trained from scratch.");
        yield return ("metrics", 1, _metadata.Metrics.Count > 0, "List the metrics used in `metrics`.");
        yield return ("results", 6, results.Count > 0, "Give at least one result in `model-index`.");
        yield return ("results_pinned", 2, results.Count > 0 && results.All(result => result.DatasetRevision is not null), "Name the data set's revision in every result.");
        yield return ("results_verified", 2, results.Any(result => result.VerifyToken is not null), "Have a result verified.");
        yield return ("description", 5, HasSection(25, CardSections.Description), "Describe the model in 25 words or more under \"Model description\".");
        yield return ("intended_use", 6, HasSection(12, CardSections.IntendedUse, CardSections.OutOfScope), "Say in 12 words or more what the model is for, under \"Intended use\".");
        yield return ("out_of_scope", 5, HasSection(10, CardSections.OutOfScope), "Say in 10 words or more what the model is not for, under \"Out-of-scope use\".");
        yield return ("bias_risks", 7, HasSection(12, CardSections.BiasRisks), "Say in 12 words or more where the model fails, under \"Bias, risks, and limitations\".");
        yield return ("ethics", 3, HasSection(10, CardSections.Ethics), "Write 10 words or more under \"Ethical considerations\".");
        yield return ("training_data", 6, HasSection(10, CardSections.TrainingData), "Describe the data in 10 words or more under \"Training data\".");
        yield return ("training_procedure", 3, HasSection(10, CardSections.TrainingProcedure), "Describe the training in 10 words or more under \"Training procedure\".");
        yield return ("evaluation", 4, HasSection(10, CardSections.Evaluation), "Say in 10 words or more how the model was measured, under \"Evaluation\".");
        yield return ("subgroups", 4, HasSection(10, CardSections.Subgroups), "Break the results down by group under \"Factors\".");
        yield return ("get_started", 2, HasFence(), "Show a few lines of code under \"How to get started\".");
        yield return ("co2", 4, _metadata.EmissionsGrams is not null || CardSigns.StatesCarbon(Plain()), "Give the grams of CO2 in `co2_eq_emissions`.");
        yield return ("env_details", 2, CountEnvironment() >= 3, "Name hardware, hours, region and provider of the training.");
        yield return ("energy", 2, CardSigns.HasEnergyFigure(card.Body), "Give the energy in kWh or the compute in FLOPs.");
        yield return ("code_commit", 2, CardSigns.HasCommit(card.Body) || _metadata.Text("training_commit") is not null, "Name the whole commit id of the training code.");
        yield return ("datasets_pinned", 2, HasPinnedDatasets(), "Write every data set as `name@revision`.");
        yield return ("hyperparameters", 1, CardSigns.NamesHyperparameters(card.Body), "Name the learning rate, batch size or epochs.");
        yield return ("citation", 1, CardSigns.CitesAPaper(card.Body), "Say how to cite the model.");
        yield return ("contact", 1, CardSigns.NamesContact(card.Body), "Say whom to contact.");
    }

    bool HasLicense()
    {
        var licenses = _metadata.Licenses;
        if (licenses.Count == 0 || licenses.Any(id => id == "unknown" || !vocabulary.IsLicense(id))) return false;
        return !licenses.Contains("other") || (_metadata.LicenseName is not null && _metadata.LicenseLink is not null);
    }

    /// <summary>A task that has nothing to do with language does not lose the points.</summary>
    bool HasLanguage() =>
        (_metadata.Languages.Count > 0 && _metadata.Languages.All(vocabulary.IsLanguage))
        || (_metadata.PipelineTag is { } task && vocabulary.Modalities.TryGetValue(task, out var modality) && !LanguageModalities.Contains(modality));

    bool HasPinnedDatasets() => _metadata.Datasets.Count > 0 && _metadata.Datasets.All(id => CardMetadata.SplitPin(id).Revision is not null);

    bool HasSection(int words, string[][] phrases, string[][]? butNot = null) =>
        CardSections.Matching(_text, phrases, butNot).Any(section => _text.CountWords(section) >= words);

    bool HasFence() => CardSections.Matching(_text, CardSections.GetStarted).Any(_text.HasFence);

    int CountEnvironment()
    {
        var emissions = _metadata["co2_eq_emissions"];
        bool Says(string key) => emissions?[key]?.Text is { Length: > 0 };
        var text = Plain();
        bool[] signs =
        [
            Says("hardware_used") || CardSigns.NamesHardware(text), CardSigns.NamesHours(text), CardSigns.NamesProvider(text),
            Says("geographical_location") || CardSigns.NamesRegion(text), Says("source"),
        ];
        return signs.Count(sign => sign);
    }

    /// <summary>The text with code left out: a template's code is no statement.</summary>
    string Plain() => _text.Prose();
}
