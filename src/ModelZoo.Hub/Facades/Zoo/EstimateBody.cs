using System.Globalization;
using System.Text.Json;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>One scenario of a call: texts by name, whatever their case.</summary>
/// <param name="Device">An id or a record; null: that of the call.</param>
sealed record AskedScenario(IReadOnlyDictionary<string, string> Fields, JsonElement? Device, string? Grid, JsonElement? Training, JsonElement? Serving, JsonElement? Concurrency, bool TakesCompanions)
{
    public string? Find(string name) => Fields.GetValueOrDefault(name);
}

/// <summary>What `POST /api/zoo/estimate` is asked. Names are checked, so that a mistyped one is told and not passed over.</summary>
sealed record EstimateBody(string? Model, string? Revision, JsonElement? Config, JsonElement? Workload, IReadOnlyList<AskedScenario> Scenarios, bool IsSweep)
{
    /// <summary>Scenarios of one call.</summary>
    public const int MaxScenarios = 500;

    static readonly string[] s_models = ["model", "revision", "config", "workload"];
    static readonly string[] s_parts = ["device", "grid", "training", "serving", "concurrency", "companions"];

    public static async Task<EstimateBody> ReadAsync(Microsoft.AspNetCore.Http.HttpRequest request, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var root = body.Root;
        if (root.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("The body must be a JSON object with \"model\" and \"device\".");
        var whole = Scenario(root, [.. s_models, .. s_parts, "scenarios"], null);
        var list = body.Value("scenarios") is { } given and not { ValueKind: JsonValueKind.Null } ? given : (JsonElement?)null;
        if (list is { ValueKind: not JsonValueKind.Array }) throw Refusal.Invalid("\"scenarios\" must be a list.");
        if (list is { } many && many.GetArrayLength() is < 1 or > MaxScenarios) throw Refusal.Invalid($"\"scenarios\" must have between 1 and {MaxScenarios} entries.");
        return new(body.Text("model"), body.Text("revision"), Part(root, "config"), Part(root, "workload"),
            list is { } scenarios ? [.. scenarios.EnumerateArray().Select(each => Scenario(each, s_parts, whole))] : [whole], list is not null);
    }

    /// <summary>A scenario, where it says nothing that of the whole call.</summary>
    static AskedScenario Scenario(JsonElement json, IReadOnlyCollection<string> others, AskedScenario? whole)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("Each of \"scenarios\" must be a JSON object.");
        var fields = Fields(json, ScenarioFields.Names, others);
        foreach (var (name, text) in whole?.Fields ?? new Dictionary<string, string>()) fields.TryAdd(name, text);
        return new(fields, Part(json, "device") ?? whole?.Device, Part(json, "grid") is { } grid ? Text("grid", grid) : whole?.Grid, Part(json, "training") ?? whole?.Training, Part(json, "serving") ?? whole?.Serving,
            Part(json, "concurrency") ?? whole?.Concurrency, Part(json, "companions") is { } companions ? ScenarioFields.ParseFlag("companions", Text("companions", companions)) : whole is { TakesCompanions: true });
    }

    /// <exception cref="Refusal">A name that there is not, or a value that is no number, word or flag.</exception>
    public static Dictionary<string, string> Fields(JsonElement json, IReadOnlyList<string> names, IReadOnlyCollection<string> others)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("It must be a JSON object.");
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in json.EnumerateObject())
        {
            if (others.Contains(field.Name) || field.Value.ValueKind == JsonValueKind.Null) continue;
            if (!names.Contains(field.Name, StringComparer.OrdinalIgnoreCase))
                throw JsonBody.NoField(field.Name, others.Concat(names));
            fields[field.Name] = Text(field.Name, field.Value);
        }
        return fields;
    }

    static string Text(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw Refusal.Invalid($"\"{name}\" must be a number, a word or a flag."),
    };

    static JsonElement? Part(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>How many requests come and what a device costs.</summary>
    public static ServingPlan Serving(JsonElement json)
    {
        var fields = Fields(json, ["arrivalsPerSecond", "replicas", "dollarsPerHour"], []);
        return new(Number("arrivalsPerSecond"), (int)Math.Clamp(Number("replicas") ?? 1, 0, int.MaxValue), Number("dollarsPerHour"));

        double? Number(string name) => !fields.TryGetValue(name, out var text) ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw Refusal.Invalid($"\"{name}\" must be a number.");
    }
}
