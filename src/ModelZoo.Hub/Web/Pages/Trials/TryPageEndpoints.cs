using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Hosting;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Trials;

/// <summary>/{owner}/{name}/try: a form that asks the model, and what it answered.</summary>
static class TryPageEndpoints
{
    const int ShownNumbers = 8, MaxShownJson = 8_000;

    static readonly JsonSerializerOptions s_shown = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/{owner}/{name}/try", ["GET", "HEAD"], async (ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, ModelHost host, CancellationToken stop) =>
            (IResult)await ShowAsync(proof, http, null, FormState.Empty, null, 200, frames, parts, host, stop)).WithMetadata(new AddressedKind(RepositoryKind.Model));
        app.MapForm("/{owner}/{name}/try", AskAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static async Task<PageResult<TryPage>> ShowAsync(
        ReadableRepository proof, HttpContext http, string? task, FormState form, TrialAnswer? answer, int status, PageFrames frames, RepositoryPageParts parts, ModelHost host, CancellationToken stop)
    {
        var head = await parts.FindHeadAsync(proof, stop);
        var heading = (await parts.HeadingAsync(proof, head, stop)) with { Revision = null };
        var frame = frames.For(http, proof.Repository.Kind.Plural());
        if (head is null) return new(new TryPageModel(frame, heading, "It has no commits yet.", null, [], "", form, null), status);
        if (await host.FindObstacleAsync(proof, stop) is { } obstacle)
            return new(new TryPageModel(frame, heading, obstacle.Message, proof.Actor.IsAdministrator && obstacle.Kind == RefusalKind.Forbidden ? $"zoo admin serve {proof.Repository.FullName}" : null, [], "", form, null), status);
        JsonObject description;
        try
        {
            description = await host.DescribeAsync(proof, head.Commit.Id, stop);
        }
        catch (Refusal refusal)
        {
            return new(new TryPageModel(frame, heading, refusal.Message, null, [], "", form, null), status);
        }
        var tasks = ((JsonArray)description["tasks"]!).Select(one => one!.GetValue<string>()).ToList();
        task ??= http.Request.Query["task"] is { Count: > 0 } named && tasks.Contains(named[^1]!) ? named[^1] : tasks.Count > 0 ? tasks[0] : null;
        if (task is null) return new(new TryPageModel(frame, heading, "It takes only raw tensors: ask it over the Open Inference Protocol.", null, [], "", form, null), status);
        return new(new TryPageModel(frame, heading, null, null, tasks, task, form, answer) { Mask = description["mask"]?.GetValue<string>() }, status);
    }

    static async Task<IResult> AskAsync(ReadableRepository proof, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts, ModelHost host, HubOptions options, CancellationToken stop)
    {
        var task = form.Text("task") is { Length: > 0 } named ? named : null;
        try
        {
            var head = await parts.FindHeadAsync(proof, stop) ?? throw Refusal.Invalid("It has no commits yet.");
            if (task is null && ((JsonArray)(await host.DescribeAsync(proof, head.Commit.Id, stop))["tasks"]!) is { Count: > 0 } tasks) task = tasks[0]!.GetValue<string>();
            var request = new JsonObject { ["op"] = "infer", ["task"] = task, ["parameters"] = Parameters(form, task) };
            var bytes = await FileAsync(form, options.Hosting.BodyBytes, stop);
            if (bytes.Length == 0) request["inputs"] = Input(form, task);
            var began = Stopwatch.GetTimestamp();
            var answer = (await host.AskAsync(proof, head.Commit.Id, request, bytes, null, stop)).Json;
            return await ShowAsync(proof, http, task, form.State(), Read(answer["outputs"], Stopwatch.GetElapsedTime(began).TotalSeconds, head.Commit.Id), 200, frames, parts, host, stop);
        }
        catch (Refusal refusal) when (refusal.Kind is not (RefusalKind.Unauthenticated or RefusalKind.NotFound))
        {
            return await ShowAsync(proof, http, task, form.State(refusal.Message), null, RefusalStatus.Of(refusal.Kind), frames, parts, host, stop);
        }
    }

    static async Task<byte[]> FileAsync(PostedForm form, long limit, CancellationToken stop)
    {
        if (form.File("file") is not { Length: > 0 } file) return [];
        if (file.Length > limit) throw new Refusal(RefusalKind.TooLarge, $"The file has {file.Length} bytes; at most {limit} are taken.");
        using var buffer = new MemoryStream();
        await file.CopyToAsync(buffer, stop);
        return buffer.ToArray();
    }

    static JsonNode Input(PostedForm form, string? task)
    {
        var text = form.Raw("text");
        if (text.Length == 0) throw Refusal.Invalid("There is nothing to ask: give a text or a file.");
        return task == "tabular-classification"
            ? new JsonArray([.. text.Split([',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(cell => double.TryParse(cell, CultureInfo.InvariantCulture, out var number) ? (JsonNode)number : throw Refusal.Invalid($"'{cell}' is no number."))])
            : JsonValue.Create(text);
    }

    static JsonObject Parameters(PostedForm form, string? task)
    {
        if (task != "text-generation") return [];
        return new()
        {
            ["max_new_tokens"] = int.TryParse(form.Text("tokens"), NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens is > 0 and <= 1000 ? tokens : throw Refusal.Invalid("New tokens must be 1 to 1000."),
            ["temperature"] = form.Text("temperature") is not { Length: > 0 } text ? 0 : double.TryParse(text, CultureInfo.InvariantCulture, out var heat) ? heat : throw Refusal.Invalid("The temperature must be a number."),
        };
    }

    static TrialAnswer Read(JsonNode? outputs, double seconds, string commit)
    {
        var json = outputs?.ToJsonString(s_shown) ?? "null";
        if (json.Length > MaxShownJson) json = json[..MaxShownJson] + "\n…";
        return outputs switch
        {
            JsonArray list when list.Count > 0 && list.All(item => item is JsonValue) => new([], null, [.. list.Take(ShownNumbers).Select(Number)], list.Count, json, seconds, commit),
            JsonArray list => new([.. list.SelectMany(item => item is JsonArray inner ? inner.AsEnumerable() : new[] { item }).OfType<JsonObject>().Take(100).Select(Score)], null, [], 0, json, seconds, commit),
            JsonObject one when one["generated_text"] is { } text => new([], text.GetValue<string>(), [], 0, json, seconds, commit),
            JsonObject one when one["spans"] is JsonArray spans => new([.. spans.OfType<JsonObject>().Select(span => new TrialScore("speech", Number(span["score"]), $"{Number(span["start"]):0.00} to {Number(span["end"]):0.00} s"))], spans.Count == 0 ? "No speech." : null, [], 0, json, seconds, commit),
            JsonObject row => new([.. (row["scores"] as JsonArray ?? []).OfType<JsonObject>().Select(Score)], row["value"] is { } value ? value.ToJsonString() : row["label"]?.GetValue<string>(), [], 0, json, seconds, commit),
            _ => new([], null, [], 0, json, seconds, commit),
        };
    }

    static TrialScore Score(JsonObject item) => new(
        (item["label"] ?? item["token_str"] ?? item["entity_group"])?.GetValue<string>() ?? "", Number(item["score"]), (item["word"] ?? item["sequence"])?.GetValue<string>() ?? (item["box"] is JsonObject box ? Words(box) : null));

    static string Words(JsonObject box) => string.Create(CultureInfo.InvariantCulture, $"{Number(box["xmin"]):0}, {Number(box["ymin"]):0} to {Number(box["xmax"]):0}, {Number(box["ymax"]):0}");

    static double Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : 0;
}
