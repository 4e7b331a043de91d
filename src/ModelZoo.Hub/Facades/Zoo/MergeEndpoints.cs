using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Merging;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Verdict">can be averaged, doubtful or cannot be averaged: the worst of the pairs'.</param>
/// <param name="Remarks">What was not looked at, and why.</param>
sealed record MergeCheckAnswer(string Verdict, IReadOnlyList<MergePairAnswer> Pairs, IReadOnlyList<string> Remarks);

/// <param name="Backbone">Relative distance without the head, from 0 to 2; null when the two are of different shapes.</param>
/// <param name="HeadCosine">Null when heads are missing or of different shapes.</param>
/// <param name="AccuracyBarrier">On validation data; null when it was not measured.</param>
sealed record MergePairAnswer(string First, string Second, string Verdict, double? Backbone, double? HeadCosine, double? AccuracyBarrier, IReadOnlyList<string> Reasons);

/// <summary>Soups and merges: whether they make sense, and making them.</summary>
static class MergeEndpoints
{
    static readonly string[] s_fields = ["sources", "method", "base", "weights", "parameters", "seed", "configuration", "type", "skipMismatch", "force", "target", "branch", "pullRequest", "private"];

    public static void Map(IEndpointRouteBuilder app)
    {
        const string all = $"{ZooRoutes.Base}/merges";
        app.MapPost(all, BeginAsync)
            .Describe<JobAnswer>("merge", "models", "Make a soup or merge of models and commit it; the answer is the job", StatusCodes.Status202Accepted)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);
        app.MapPost($"{all}/check", CheckAsync)
            .Describe<MergeCheckAnswer>("checkMerge", "models", "Whether models can be averaged: distances, directions and, between members of a population, barriers")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(422).ProducesProblem(429);
    }

    static async Task<IResult> BeginAsync(SignedIn me, HttpRequest request, MergeRequests merges, CancellationToken stop)
    {
        var job = await merges.BeginAsync(Read(await JsonBody.ReadAsync(request, s_fields, stop)), me, stop);
        return Results.Json(JobAnswer.Of(job), statusCode: StatusCodes.Status202Accepted);
    }

    /// <remarks>Reading and comparing takes time and memory, so it is for people who are known.</remarks>
    static async Task<IResult> CheckAsync(SignedIn me, HttpRequest request, MergeRequests merges, MergeCheck check, CancellationToken stop)
    {
        var outlook = await check.LookAsync(await merges.ReadAsync(Read(await JsonBody.ReadAsync(request, s_fields, stop)), me.Actor, stop), me.Actor, stop);
        return Results.Json(new MergeCheckAnswer(outlook.Verdict, [.. outlook.Pairs.Select(pair => new MergePairAnswer(
            pair.First, pair.Second, Learning.Merging.MergeAdvice.Word(pair.Verdict), Finite(pair.Backbone), Finite(pair.HeadCosine), Finite(pair.AccuracyBarrier), pair.Reasons))], outlook.Remarks));
    }

    static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    static MergeWish Read(JsonBody body) => new()
    {
        Sources = [.. body.List("sources").Select(each => each is { ValueKind: JsonValueKind.String } ? each.GetString()! : throw Refusal.Invalid("\"sources\" must be a list of names."))],
        Method = body.Text("method"), Base = body.Text("base"), Configuration = body.Text("configuration"), Type = body.Text("type"), Target = body.Text("target"), Branch = body.Text("branch"),
        Weights = body.Value("weights") is { ValueKind: JsonValueKind.Array } weights ? [.. weights.EnumerateArray().Select(each => Number(each, "weights"))] : null,
        Parameters = body.Value("parameters") is { ValueKind: not JsonValueKind.Null } parameters ? Parameters(parameters) : new Dictionary<string, double>(),
        Seed = body.Value("seed") is { ValueKind: not JsonValueKind.Null } ? body.Number("seed") ?? throw Refusal.Invalid("\"seed\" must be a whole number.") : null,
        SkipMismatch = body.Flag("skipMismatch"), Force = body.Flag("force"), PullRequest = body.Flag("pullRequest"),
        IsPrivate = body.Value("private") is { ValueKind: JsonValueKind.True or JsonValueKind.False } hidden ? hidden.GetBoolean() : null,
    };

    static Dictionary<string, double> Parameters(JsonElement parameters)
    {
        if (parameters.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("\"parameters\" must be an object of numbers.");
        var read = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var each in parameters.EnumerateObject()) read[each.Name] = each.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? each.Value.GetBoolean() ? 1 : 0 : Number(each.Value, "parameters");
        return read;
    }

    static double Number(JsonElement value, string field) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Refusal.Invalid($"\"{field}\" must hold finite numbers.");
}
