using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Analyses;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="StateBytes">Numbers of all states, without headers.</param>
/// <param name="Seconds">On this hub, when nothing else keeps it busy; null where a member is too large to try.</param>
/// <param name="Parallel">Members trained at once.</param>
/// <param name="Added">Members that the branch does not have; all of them where it has no population.</param>
/// <param name="Lost">Members of the branch that the blueprint gives up: such a blueprint is refused.</param>
/// <param name="Errors">Why the blueprint cannot be followed; then there are no figures.</param>
sealed record PopulationPlanAnswer(
    string? Population, int Members, long States, long StateBytes, double? Seconds, int Parallel, int Added, int Lost, IReadOnlyList<PlannedStageAnswer> Stages, IReadOnlyList<string> Remarks, IReadOnlyList<RecipeErrorAnswer> Errors);

sealed record PlannedStageAnswer(string Name, int Members, long States, long? StateBytes);

/// <param name="Line">From 1; null where the problem has no place.</param>
/// <param name="Key">Dotted path, such as stages[0].train.lr.</param>
sealed record RecipeErrorAnswer(int? Line, string? Key, string Message)
{
    public static RecipeErrorAnswer Of(RecipeException problem) => new(problem.Line > 0 ? problem.Line : null, problem.Key.Length > 0 ? problem.Key : null, problem.Message);
}

/// <summary>Populations made on the hub: planned, trained, analysed.</summary>
static class PopulationWorkEndpoints
{
    static readonly string[] s_fields = ["blueprint", "revision", "branch", "extend", "analyse"];
    static readonly string[] s_analysisFields = ["only", "branch"];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost($"{ZooRoutes.Population}/plan", PlanAsync)
            .Describe<PopulationPlanAnswer>("planPopulation", "populations", "What a blueprint makes and costs; nothing is trained").WithMetadata(ZooRoutes.OfModels).ProducesProblem(400).ProducesProblem(404).ProducesProblem(413);
        app.MapPost($"{ZooRoutes.Population}/generate", GenerateAsync)
            .Describe<JobAnswer>("generatePopulation", "populations", "Train the members of a blueprint and commit each epoch; the answer is the job", StatusCodes.Status202Accepted)
            .WithMetadata(ZooRoutes.OfModels).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(429);
        app.MapPost($"{ZooRoutes.Population}/analyse", AnalyseAsync)
            .Describe<JobAnswer>("analysePopulation", "populations", "Measure a population and commit the figures; the answer is the job", StatusCodes.Status202Accepted)
            .WithMetadata(ZooRoutes.OfModels).ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);
    }

    static async Task<IResult> PlanAsync(ContributingRepository repository, HttpRequest request, Generations generations, CancellationToken stop)
    {
        try
        {
            var (planned, change) = await generations.PlanAsync(repository, await WishAsync(request, stop), stop);
            var plan = planned.Plan;
            return Results.Json(new PopulationPlanAnswer(planned.Blueprint.Population, plan.MemberCount, plan.Checkpoints, plan.CheckpointBytes ?? 0, planned.Time?.TotalSeconds, planned.Parallel, change?.Added.Count ?? plan.MemberCount, change?.Lost.Count ?? 0,
                [.. plan.Stages.Select(stage => new PlannedStageAnswer(stage.Name, stage.Members, stage.Checkpoints, stage.CheckpointBytes))], plan.Remarks, []));
        }
        catch (RecipeException problem)
        {
            return Results.Json(new PopulationPlanAnswer(null, 0, 0, 0, null, 0, 0, 0, [], [], [RecipeErrorAnswer.Of(problem)]));
        }
    }

    static async Task<IResult> GenerateAsync(WritableRepository repository, HttpRequest request, Generations generations, CancellationToken stop) =>
        Results.Json(JobAnswer.Of(await generations.BeginAsync(repository, await WishAsync(request, stop), stop)), statusCode: StatusCodes.Status202Accepted);

    static async Task<IResult> AnalyseAsync(WritableRepository repository, HttpRequest request, PopulationAnalyses analyses, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, s_analysisFields, stop);
        var only = body.List("only").Select(name => name.ValueKind == JsonValueKind.String ? name.GetString()! : throw Refusal.Invalid("\"only\" must be a list of names."));
        return Results.Json(JobAnswer.Of(await analyses.BeginAsync(repository, [.. only.Take(100)], body.Text("branch"), stop)), statusCode: StatusCodes.Status202Accepted);
    }

    static async Task<GenerationWish> WishAsync(HttpRequest request, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, s_fields, stop);
        return new(body.Text("blueprint"), body.Text("revision"), body.Text("branch"), body.Flag("extend"), body.Flag("analyse"));
    }
}
