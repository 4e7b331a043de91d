using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Conversions;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Starts conversions of weights: `zoo convert owner/name --to …`.</summary>
static class ConvertEndpoints
{
    static readonly string[] s_fields = ["repository", "revision", "target", "to", "type", "maxShardSize", "file"];

    public static void Map(IEndpointRouteBuilder app) => app.MapPost($"{ZooRoutes.Base}/convert", ConvertAsync)
        .Describe<JobAnswer>("convert", "models", "Convert a model's weights and propose them as a pull request; the answer is the job", StatusCodes.Status202Accepted)
        .ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);

    static async Task<IResult> ConvertAsync(SignedIn me, HttpRequest request, AccessPolicy policy, Conversions.Conversions conversions, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, s_fields, stop);
        var name = body.Text("repository") ?? throw Refusal.Invalid("\"repository\" must name a model as owner/name.");
        var isSame = body.Text("target") is not { Length: > 0 } other || string.Equals(other, name, StringComparison.OrdinalIgnoreCase);
        var source = await GetAsync(name, isSame ? AccessLevel.Contribute : AccessLevel.Read, me, policy, stop);
        var target = isSame ? source : await GetAsync(body.Text("target")!, AccessLevel.Write, me, policy, stop);
        var wish = new ConversionWish(body.Text("to"), body.Text("type"), Size(body), body.Text("file"));
        var job = await conversions.BeginAsync(source, body.Text("revision") is { Length: > 0 } revision ? revision : "HEAD", (ContributingRepository)target, wish, stop);
        return Results.Json(JobAnswer.Of(job), statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>A size with its unit, or a count of bytes.</summary>
    static string? Size(JsonBody body) => body.Number("maxShardSize")?.ToString() ?? body.Text("maxShardSize");

    static async Task<ReadableRepository> GetAsync(string id, AccessLevel level, SignedIn me, AccessPolicy policy, CancellationToken stop)
    {
        var (owner, name) = id.Split('/') is [var first, var second] ? (first, second) : throw Refusal.Invalid("A model is named owner/name.");
        try
        {
            return await policy.GetAsync(RepositoryKind.Model, owner, name, me.Actor, level, stop);
        }
        catch (RepositoryMoved moved)
        {
            return await policy.GetAsync(moved.Repository.Id, me.Actor, level, stop);
        }
    }
}
