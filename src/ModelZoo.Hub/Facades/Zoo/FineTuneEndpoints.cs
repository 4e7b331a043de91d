using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Training;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Starts fine-tunings on the hub.</summary>
static class FineTuneEndpoints
{
    static readonly string[] s_fields =
    [
        "model", "revision", "dataset", "datasetRevision", "target", "private", "method", "merge", "evaluate", "task", "config", "textColumn", "pairColumn", "imageColumn", "labelColumn", "limit", "maxLength", "regression",
        "newHead", "targetModules", "rank", "alpha", "loraDropout", "epochs", "batch", "learningRate", "optimizer", "momentum", "weightDecay", "schedule", "warmup", "labelSmoothing", "clipNorm", "dropout", "patience", "keepLast", "seed",
    ];

    public static void Map(IEndpointRouteBuilder app) => app.MapPost($"{ZooRoutes.Base}/finetune", BeginAsync)
        .Describe<JobAnswer>("finetune", "models", "Fine-tune a model on a dataset and commit the result; the answer is the job", StatusCodes.Status202Accepted)
        .ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);

    static async Task<IResult> BeginAsync(SignedIn me, HttpRequest request, FineTuneRequests requests, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, s_fields, stop);
        var job = await requests.BeginAsync(new()
        {
            Model = body.Text("model"), Revision = body.Text("revision"), Dataset = body.Text("dataset"), DatasetRevision = body.Text("datasetRevision"), Target = body.Text("target"), IsPrivate = body.Flag("private"),
            Merges = body.Flag("merge"), Evaluates = body.Value("evaluate") is not { ValueKind: JsonValueKind.False }, Settings = Settings(body),
            Columns = new()
            {
                Task = body.Text("task"), Config = body.Text("config"), Text = body.Text("textColumn"), Pair = body.Text("pairColumn"), Image = body.Text("imageColumn"), Label = body.Text("labelColumn"),
                Limit = Whole(body, "limit"), MaxLength = Whole(body, "maxLength"), IsRegression = body.Flag("regression"), DrawsHead = body.Flag("newHead"),
            },
        }, me, stop);
        return Results.Json(JobAnswer.Of(job), statusCode: StatusCodes.Status202Accepted);
    }

    static FineTuneSettings Settings(JsonBody body)
    {
        var method = Word(body, "method", FineTuneMethod.Lora);
        var rank = Whole(body, "rank") ?? 8;
        var defaults = new FineTuneSettings { Method = method, LearningRate = method switch { FineTuneMethod.Probe => 1e-2, FineTuneMethod.Lora => 1e-3, _ => 1e-4 } };
        return defaults with
        {
            Lora = method == FineTuneMethod.Lora ? new([.. body.List("targetModules").Select(name => name.ValueKind == JsonValueKind.String ? name.GetString()! : throw Refusal.Invalid("\"targetModules\" must be a list of names."))], rank, Real(body, "alpha") ?? 2 * rank, Real(body, "loraDropout") ?? 0) : null,
            Epochs = Whole(body, "epochs") ?? (method == FineTuneMethod.Probe ? 30 : 5), Batch = Whole(body, "batch") ?? defaults.Batch, LearningRate = Real(body, "learningRate") ?? defaults.LearningRate,
            Optimizer = Word(body, "optimizer", OptimizerKind.AdamW), Momentum = Real(body, "momentum") ?? 0.9, WeightDecay = Real(body, "weightDecay") ?? 0.01, Schedule = Word(body, "schedule", RateSchedule.Linear),
            Warmup = Real(body, "warmup") ?? 0.06, LabelSmoothing = Real(body, "labelSmoothing") ?? 0, ClipNorm = Real(body, "clipNorm") ?? 1, Dropout = Real(body, "dropout"), Patience = Whole(body, "patience") ?? 0,
            KeepsBest = !body.Flag("keepLast"), Seed = (ulong)(Whole(body, "seed") is { } seed ? seed >= 0 ? seed : throw Refusal.Invalid("\"seed\" must be a number from 0.") : 1),
        };
    }

    static T Word<T>(JsonBody body, string name, T otherwise) where T : struct, Enum
    {
        if (body.Value(name) is not { ValueKind: not JsonValueKind.Null }) return otherwise;
        foreach (var value in Enum.GetValues<T>())
            if (string.Equals(value.ToString(), body.Text(name), StringComparison.OrdinalIgnoreCase)) return value;
        throw Refusal.Invalid($"\"{name}\" must be one of [{string.Join(", ", Enum.GetNames<T>().Select(known => known.ToLowerInvariant()))}].");
    }

    static int? Whole(JsonBody body, string name) => body.Value(name) is { ValueKind: not JsonValueKind.Null } ? body.Number(name) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : throw Refusal.Invalid($"\"{name}\" must be a whole number.") : null;

    static double? Real(JsonBody body, string name) => body.Value(name) is { ValueKind: not JsonValueKind.Null } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : throw Refusal.Invalid($"\"{name}\" must be a number.") : null;
}
