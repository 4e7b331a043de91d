using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The hub's own API: what the Hugging Face protocol has no calls for. JSON in camelCase, refusals as problem+json.</summary>
static class ZooRoutes
{
    public const string Base = "/api/zoo";

    /// <summary>"/api/zoo/models/{owner}/{name}" and the same for datasets and spaces.</summary>
    public const string Repository = $"{Base}/{{kinds:regex(^({RepositoryKinds.Plurals})$)}}/{{owner}}/{{name}}";

    /// <summary>A population is a model repository and addressed like one.</summary>
    public const string Population = $"{Base}/populations/{{owner}}/{{name}}";

    public static readonly AddressedKind OfModels = new(RepositoryKind.Model);

    public static void MapZoo(this IEndpointRouteBuilder app)
    {
        // A browser's session may call this API from our own pages: each change shows the page's form token.
        var group = app.MapGroup("").WithMetadata(ZooErrors.Dialect, new AntiforgeryChecked()).AddEndpointFilter(CheckFormTokenAsync);
        TokenEndpoints.Map(group);
        MeEndpoints.Map(group);
        AccountEndpoints.Map(group);
        CollaboratorEndpoints.Map(group);
        SettingsEndpoints.Map(group);
        ActivityEndpoints.Map(group);
        StorageEndpoints.Map(group);
        JobEndpoints.Map(group);
        MaintenanceEndpoints.Map(group);
        StatusEndpoints.Map(group);
        NodeEndpoints.Map(group);
        AuditEndpoints.Map(group);
        SearchEndpoints.Map(group);
        ProfileEndpoints.Map(group);
        EstimateEndpoints.Map(group);
        ConvertEndpoints.Map(group);
        FineTuneEndpoints.Map(group);
        MergeEndpoints.Map(group);
        KeyEndpoints.Map(group);
        EvaluationEndpoints.Map(group);
        InferEndpoints.Map(group);
        ServingEndpoints.Map(group);
        RegistryEndpoints.Map(group);
        RecordEndpoints.Map(group);
        TensorDiffEndpoints.Map(group);
        LeaderboardEndpoints.Map(group);
        ScoreEndpoints.Map(group);
        SnippetEndpoints.Map(group);
        SubmissionEndpoints.Map(group);
        PopulationEndpoints.Map(group);
        PopulationWorkEndpoints.Map(group);
        app.Map(Base + "/{**rest}", HuggingFace.HuggingFaceRoutes.Nothing)
            .WithMetadata(ZooErrors.Dialect, new Kernel.Public("says only that nothing is here")).ExcludeFromDescription();
    }

    /// <summary>What the description of the API says about an endpoint: one sentence, the answer's type, and the refusals all have.</summary>
    public static RouteHandlerBuilder Describe<TAnswer>(this RouteHandlerBuilder endpoint, string name, string tag, string summary, int status = 200) =>
        endpoint.WithName(name).WithTags(tag).WithSummary(summary)
            .Produces<TAnswer>(status)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string name, string tag, string summary) =>
        endpoint.WithName(name).WithTags(tag).WithSummary(summary)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);

    static ValueTask<object?> CheckFormTokenAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var http = call.HttpContext;
        var restsOnCookie = http.Request.Headers.Authorization.Count == 0 && http.Features.Get<Actor>() is { IsNobody: false };
        if (restsOnCookie && !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
            FormToken.Check(http, http.Request.Headers[FormToken.Header]);
        return next(call);
    }
}
