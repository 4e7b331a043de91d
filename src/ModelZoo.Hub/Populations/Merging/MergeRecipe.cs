using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>What a merge says of itself: merge.json for programs, the card for people.</summary>
static class MergeRecipe
{
    public const string FileName = "merge.json";

    const int ShownSources = 100;
    const int ShownRemarks = 50;

    static readonly JsonSerializerOptions s_pages = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Bytes(JsonObject recipe) => Encoding.UTF8.GetBytes(recipe.ToJsonString(s_pages) + "\n");

    /// <summary>All that the result depends on: sources by commit and content, method, parameters, seed and program; then what was found.</summary>
    public static JsonObject Write(MergeWork work, OpenedSources sources, MadeMerge made)
    {
        var weights = work.Weights is null ? null : work.Sources.Select((source, i) => (source.Name, Weight: work.Weights[i])).ToDictionary(pair => pair.Name, pair => pair.Weight, StringComparer.Ordinal);
        var recipe = new JsonObject
        {
            ["kind"] = IsSoup(work) ? "soup" : "merge", ["method"] = work.Method, ["parameters"] = new JsonObject(work.Parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["seed"] = work.Seed, ["base"] = sources.Origin is { } origin ? Input(origin, null) : null, ["inputs"] = new JsonArray([.. sources.Models.Select(source => (JsonNode)Input(source, weights?[source.Work.Name]))]),
            ["configuration"] = work.Configuration, ["type"] = work.Type, ["skipMismatch"] = work.SkipMismatch, ["forced"] = work.Force, ["remarks"] = new JsonArray([.. made.Remarks.Select(remark => (JsonNode)remark)]), ["program"] = PopulationStore.Code,
        };
        foreach (var (name, value) in made.Facts) recipe[name] = value?.DeepClone();
        return recipe;
    }

    public static bool IsSoup(MergeWork work) => work.Configuration is null && work.Method is "uniform" or "weighted" or "greedy" or "learned" or "ema";

    static JsonObject Input(OpenedSource source, double? weight) => new()
    {
        ["model"] = source.Name, ["repository"] = source.Repository.Repository.FullName, ["commit"] = source.Work.CommitId, ["member"] = source.State?.Member.Id, ["epoch"] = source.State?.Epoch, ["weight"] = weight,
        ["files"] = new JsonArray([.. source.Files.Select(file => (JsonNode)new JsonObject { ["path"] = file.Path, [file.ContentId.Length == 64 ? "sha256" : "git"] = file.ContentId, ["size"] = file.SizeBytes })]),
    };

    public static string Title(MergeWork work, OpenedSources sources) => $"Add {(IsSoup(work) ? "soup" : "merge")} ({work.Method}) of {sources.Models.Count} {(sources.Models.Count == 1 ? "model" : "models")}";

    /// <summary>The card: lineage as metadata that hubs read, and each source with its commit.</summary>
    public static string Card(MergeWork work, OpenedSources sources, JsonObject recipe, string name)
    {
        var text = new StringBuilder("---\nbase_model:\n");
        foreach (var repository in sources.All.Select(source => source.Repository.Repository.FullName).Distinct(StringComparer.Ordinal)) text.Append($"- {repository}\n");
        text.Append($"base_model_relation: {(work.Method == MergeMethods.Lora && sources.Origin is null ? "adapter" : "merge")}\ntags:\n- merge\n");
        if (recipe["scores"] is not null) text.Append("pipeline_tag: image-classification\n");
        text.Append($"---\n# {name}\n\n{(IsSoup(work) ? "A soup" : "A merge")} by the method `{work.Method}`, computed in float64 and rounded once. `{FileName}` has the whole recipe.\n\n");
        if (sources.Origin is { } origin) text.Append($"Base: {Line(origin)}\n\n");
        text.Append("Made of:\n\n");
        foreach (var source in sources.Models.Take(ShownSources)) text.Append($"- {Line(source)}\n");
        if (sources.Models.Count > ShownSources) text.Append($"- and {sources.Models.Count - ShownSources} more\n");
        if (recipe["scores"] is JsonObject scores)
        {
            text.Append("\n| split | n | soup | mean of inputs | best input | ensemble |\n| --- | --- | --- | --- | --- | --- |\n");
            foreach (var (split, score) in scores) text.Append($"| {split} | {score?["n"]} | {Number(score, "soup")} | {Number(score, "mean")} | {Number(score, "best")} | {Number(score, "ensemble")} |\n");
        }
        if (recipe["verdict"]?.GetValue<string>() is { } verdict) text.Append($"\n{verdict}\n");
        foreach (var remark in (recipe["remarks"] as JsonArray ?? []).Take(ShownRemarks)) text.Append($"\n{remark}\n");
        if (work.Configuration is { } yaml) text.Append("\nConfiguration:\n\n").Append(string.Concat(yaml.TrimEnd().Split('\n').Select(line => $"    {line.TrimEnd()}\n")));
        return text.ToString();
    }

    static string Line(OpenedSource source) => $"[{source.Repository.Repository.FullName}](/{source.Repository.Repository.FullName}/tree/{source.Work.CommitId}) at `{source.Work.CommitId}`{(source.State is var (_, member, epoch) ? $", member {member.Id}, epoch {epoch}" : "")}";

    static string Number(JsonNode? score, string name) => score?[name]?["accuracy"]?.GetValue<double>().ToString("0.000", System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
