using System.Globalization;
using System.Text;

namespace ModelZoo.Hub.Cards;

/// <summary>The text behind "New card": what the hub knows, in the order people expect it. What nobody knows is left out, not invented.</summary>
static class CardSkeleton
{
    public static string Write(CardSkeletonFacts facts)
    {
        var text = new StringBuilder("---\n");
        Key(text, "license", facts.License);
        if (facts.License == "other") Key(text, "license_link", facts.LicenseFile);
        Keys(text, "language", facts.Languages);
        Key(text, "library_name", facts.LibraryName ?? CardEvidence.FindLibrary([.. facts.Files], null));
        Key(text, "pipeline_tag", facts.PipelineTag);
        Keys(text, "tags", facts.Tags);
        Keys(text, "datasets", facts.Datasets);
        if (facts.BaseModels.Count == 1) Key(text, "base_model", facts.BaseModels[0]);
        else Keys(text, "base_model", facts.BaseModels);
        Key(text, "base_model_relation", facts.BaseModels.Count > 0 ? facts.BaseModelRelation : null);
        if (facts.EmissionsGrams is { } grams) text.Append(CultureInfo.InvariantCulture, $"co2_eq_emissions: {grams:0.###}\n");
        text.Append("---\n\n");

        var name = facts.RepositoryId[(facts.RepositoryId.LastIndexOf('/') + 1)..];
        text.Append($"# {Line(name)}\n");
        Section(text, "Model description", Description(facts));
        Section(text, "Training data", facts.Datasets.Count == 0 ? [] : [$"Trained on {Join(facts.Datasets)}."]);
        Section(text, "Training procedure", Training(facts));
        Section(text, "How to get started", Start(facts));
        Section(text, "Licence", facts.LicenseFile is null ? [] : [$"The terms are in [{Line(facts.LicenseFile)}]({Line(facts.LicenseFile)})."]);
        return text.ToString();
    }

    static List<string> Description(CardSkeletonFacts facts)
    {
        var lines = new List<string>();
        if (facts.Architecture is { } architecture)
            lines.Add(facts.ParameterCount is { } count
                ? string.Create(CultureInfo.InvariantCulture, $"Architecture: {Line(architecture)}, {count:N0} parameters.") : $"Architecture: {Line(architecture)}.");
        else if (facts.ParameterCount is { } only) lines.Add(string.Create(CultureInfo.InvariantCulture, $"{only:N0} parameters."));
        if (facts.BaseModels.Count > 0) lines.Add($"{Verb(facts.BaseModelRelation, facts.BaseModels.Count)} {Join(facts.BaseModels)}.");
        return lines;
    }

    static List<string> Training(CardSkeletonFacts facts)
    {
        var lines = new List<string>();
        if (facts.TrainingCode is { } code) lines.Add($"The training code is {Line(code)}.");
        if (facts.EnergyKilowattHours is { } energy) lines.Add(string.Create(CultureInfo.InvariantCulture, $"Training used {energy:0.###} kWh."));
        return lines;
    }

    static string[] Start(CardSkeletonFacts facts)
    {
        var code = facts.LibraryName switch
        {
            "transformers" when facts.PipelineTag is { } task => $"from transformers import pipeline\n\nmodel = pipeline(\"{Code(task)}\", \"{Code(facts.RepositoryId)}\")",
            "sentence-transformers" => $"from sentence_transformers import SentenceTransformer\n\nmodel = SentenceTransformer(\"{Code(facts.RepositoryId)}\")",
            "diffusers" => $"from diffusers import DiffusionPipeline\n\npipe = DiffusionPipeline.from_pretrained(\"{Code(facts.RepositoryId)}\")",
            _ => null,
        };
        return code is null ? [] : [$"```python\n{code}\n```"];
    }

    static string Verb(string? relation, int parents) => relation switch
    {
        "adapter" => "An adapter for",
        "quantized" => "Quantised from",
        "merge" => "Merged from",
        _ => parents > 1 ? "Merged from" : "Fine-tuned from",
    };

    static void Section(StringBuilder text, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) return;
        text.Append($"\n## {title}\n\n").AppendJoin('\n', lines).Append('\n');
    }

    static void Key(StringBuilder text, string key, string? value)
    {
        if (value is not null) text.Append(CardYamlText.Entry(key, new CardScalar(value, ScalarKind.Text), "\n"));
    }

    static void Keys(StringBuilder text, string key, IReadOnlyList<string> values)
    {
        if (values.Count > 0) text.Append(CardYamlText.Entry(key, new CardList([.. values.Select(value => new CardScalar(value, ScalarKind.Text))]), "\n"));
    }

    static string Join(IReadOnlyList<string> ids) => string.Join(", ", ids.Select(Line));

    static string Line(string text) => text.ReplaceLineEndings(" ");

    static string Code(string text) => Line(text).Replace("\"", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);
}
