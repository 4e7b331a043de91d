using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>The forms of address that Hugging Face clients use.</summary>
static class HuggingFaceRoutes
{
    /// <summary>"/api/models/{owner}/{name}" and the same for datasets and spaces.</summary>
    public const string Repository = $"/api/{{kinds:regex(^({RepositoryKinds.Plurals})$)}}/{{owner}}/{{name}}";

    public static void MapHuggingFace(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("").WithMetadata(HuggingFaceErrors.Dialect).RequireCors(CorsPolicy);
        IdentityEndpoints.Map(group);
        DeviceLoginEndpoints.Map(group);
        RepositoryEndpoints.Map(group);
        InfoEndpoints.Map(group);
        TreeEndpoints.Map(group);
        ResolveEndpoints.Map(group);
        PreuploadEndpoints.Map(group);
        CommitEndpoints.Map(group);
        ReferenceEndpoints.Map(group);
        HistoryEndpoints.Map(group);
        CardEndpoints.Map(group);
        ListEndpoints.Map(group);
        LeaderboardEndpoints.Map(group);
        TagVocabularyEndpoints.Map(group);
        LikeEndpoints.Map(group);
        DiscussionEndpoints.Map(group);
        UserEndpoints.Map(group);
        LargeFileEndpoints.Map(group);
        XetEndpoints.Map(group);
        MapNothing(group);
    }

    /// <summary>What is said below /api where nothing else is: without this, addresses of pages would match.</summary>
    static void MapNothing(IEndpointRouteBuilder app) => app.Map("/api/{**rest}", Nothing).WithMetadata(new Public("says only that nothing is here"));

    internal static IResult Nothing(HttpContext _) => throw Refusal.NotFound("There is nothing at this address.");

    public const string CorsPolicy = "huggingface";

    /// <summary>Maps an address of files, which carries no kind for models: "/{owner}/{name}/resolve/…", "/datasets/{owner}/{name}/resolve/…".</summary>
    public static void MapFiles(this IEndpointRouteBuilder app, string pattern, string[] methods, Delegate handler)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
        {
            app.MapMethods($"/{kind.AddressPrefix()}{{owner}}/{{name}}/{pattern}", methods, handler).WithMetadata(new AddressedKind(kind));
            // An id of one segment is a repository of nobody: missing, in the words for a missing repository.
            app.MapMethods($"/{kind.AddressPrefix()}{{name}}/{pattern}", methods, (ReadableRepository _) => Results.NotFound()).WithMetadata(new AddressedKind(kind));
        }
    }
}
