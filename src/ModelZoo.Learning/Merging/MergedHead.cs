using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelZoo.Learning.Merging;

/// <summary>The head that a merged model has from an adapter, for its config.json.</summary>
/// <param name="Outputs">Rows of its last matrix.</param>
/// <param name="Labels">What they are called; empty where nobody says.</param>
/// <param name="TaskType">PEFT's: SEQ_CLS, TOKEN_CLS …</param>
/// <param name="IsNew">The base has none.</param>
public sealed record MergedHead(int Outputs, IReadOnlyList<string> Labels, string? TaskType, bool IsNew)
{
    /// <summary>The last matrix of the heads that transformers puts on encoders and language models to tell classes apart.</summary>
    internal static bool IsHead(string tensor) => tensor is "classifier.weight" or "classifier.out_proj.weight" or "score.weight"
        || tensor.EndsWith(".classifier.weight", StringComparison.Ordinal) || tensor.EndsWith(".classifier.out_proj.weight", StringComparison.Ordinal) || tensor.EndsWith(".score.weight", StringComparison.Ordinal);

    /// <summary>Says in a configuration how many classes there are, what they are called, and which class of transformers has such a head. False when nothing had to change.</summary>
    internal bool Fit(JsonObject config)
    {
        var changed = false;
        var count = (config["id2label"] as JsonObject)?.Count ?? (config["num_labels"] is JsonValue value && value.TryGetValue(out int said) ? said : 2);
        var hasNames = Labels.Count == Outputs;
        if (hasNames || count != Outputs)
        {
            var (names, numbers) = (new JsonObject(), new JsonObject());
            for (var i = 0; i < Outputs; i++)
            {
                var name = hasNames ? Labels[i] : $"LABEL_{i}";
                names[i.ToString(CultureInfo.InvariantCulture)] = name;
                numbers[name] = i;
            }
            (config["id2label"], config["label2id"]) = (names, numbers);
            config.Remove("num_labels");
            if (count != Outputs) config.Remove("problem_type");
            changed = true;
        }
        if (IsNew && Ending(config) is { } ending && config["architectures"] is JsonArray { Count: 1 } architectures && architectures[0] is JsonValue only && only.TryGetValue(out string? architecture) && Stem(architecture) is { } stem)
            (config["architectures"], changed) = (new JsonArray($"{stem}{ending}"), true);
        return changed;
    }

    string? Ending(JsonObject config) => TaskType switch
    {
        "SEQ_CLS" => "ForSequenceClassification",
        "TOKEN_CLS" => "ForTokenClassification",
        null when config["image_size"] is not null => "ForImageClassification",
        _ => null,
    };

    /// <summary>Bert of BertModel and BertForMaskedLM.</summary>
    static string? Stem(string architecture) => architecture.IndexOf("For", StringComparison.Ordinal) is > 0 and var at ? architecture[..at]
        : architecture.EndsWith("Model", StringComparison.Ordinal) && architecture.Length > 5 ? architecture[..^5] : null;
}
