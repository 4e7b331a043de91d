using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web.Pages.FineTuning;

/// <summary>The form as the request that the API takes, and its refusals beside the fields they are about.</summary>
static partial class FineTuneFields
{
    static readonly string[] s_texts = ["revision", "dataset", "datasetRevision", "target", "method", "config", "textColumn", "pairColumn", "imageColumn", "labelColumn"];
    static readonly string[] s_numbers = ["epochs", "learningRate", "rank", "batch", "seed", "limit", "maxLength"];
    static readonly string[] s_boxes = ["private", "newHead", "merge"];

    /// <summary>How sentences that name no field begin.</summary>
    static readonly (string Words, string Field)[] s_beginnings =
    [
        ("Epochs must", "epochs"), ("The batch must", "batch"), ("The learning rate", "learningRate"), ("The rank must", "rank"), ("The result would", "target"), ("You may not create", "target"), ("A repository name", "target"),
    ];

    /// <summary>What was typed, a number where it is one: what is none is refused by the request itself.</summary>
    public static JsonBody Request(PostedForm form, string model)
    {
        var body = new JsonObject { ["model"] = model, ["evaluate"] = form.IsOn("evaluate") };
        foreach (var name in s_texts)
            if (form.Text(name) is { Length: > 0 } text) body[name] = text;
        foreach (var name in s_numbers)
            if (form.Text(name) is { Length: > 0 } text) body[name] = Number(text);
        foreach (var name in s_boxes) body[name] = form.IsOn(name);
        return new(JsonSerializer.SerializeToElement(body));
    }

    /// <summary>The form again, with the reason at its field where it is about one.</summary>
    public static FormState State(PostedForm form, Refusal refusal) =>
        FieldOf(refusal) is { } field ? form.State(null, (field, refusal.Message)) : form.State(refusal.Message);

    static string? FieldOf(Refusal refusal)
    {
        if (Quoted().Match(refusal.Message) is { Success: true } match && match.Groups[1].Value is var name && (s_texts.Contains(name) || s_numbers.Contains(name))) return name;
        foreach (var (words, field) in s_beginnings)
            if (refusal.Message.StartsWith(words, StringComparison.Ordinal)) return field;
        // Everything that was to be read has been found by now: only the result's place can be forbidden or taken.
        return refusal.Kind is RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Conflict || refusal.Message.Contains("the result's repository", StringComparison.Ordinal) ? "target" : null;
    }

    static JsonNode Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : text;

    [GeneratedRegex("^\"([A-Za-z]{1,30})\"")]
    private static partial Regex Quoted();
}
