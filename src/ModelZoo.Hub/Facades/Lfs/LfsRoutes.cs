using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Lfs;

/// <summary>The addresses that git-lfs and Hugging Face clients use for large content.</summary>
static class LfsRoutes
{
    public static void MapLfs(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("").WithMetadata(LfsErrors.Dialect).RequireCors(HuggingFaceRoutes.CorsPolicy);
        BatchEndpoints.Map(group);
        LockEndpoints.Map(group);
        TransferEndpoints.Map(group);
    }

    /// <summary>"/{owner}/{name}.git/info/lfs/…", for each kind of repository.</summary>
    public static void MapLfs(this IEndpointRouteBuilder app, string pattern, string[] methods, Delegate handler)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
            app.MapMethods($"/{kind.AddressPrefix()}{{owner}}/{{name}}/info/lfs/{pattern}", methods, handler).WithMetadata(new AddressedKind(kind));
    }
}
