using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>The chunk store's addresses: what clients call the CAS, below a base that token addresses tell them.</summary>
static class XetCasRoutes
{
    public const string Path = "/xet";

    /// <summary>What clients append "/v1/…" and "/v2/…" to.</summary>
    public static string Base(string address) => address + Path;

    public static void MapXetCas(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Path).WithMetadata(XetCasErrors.Dialect).RequireCors(HuggingFaceRoutes.CorsPolicy);
        var calls = group.MapGroup("").WithMetadata(new CasCredentials());
        XorbEndpoints.Map(calls);
        ShardEndpoints.Map(calls);
        ReconstructionEndpoints.Map(calls);
        ChunkEndpoints.Map(calls);
        calls.MapPost("/v1/telemetry", (CasReader _) => Results.Ok());
        XorbDownloadEndpoints.Map(group);
        group.Map("/{**rest}", HuggingFaceRoutes.Nothing).WithMetadata(new SelfAuthorising(), new Public("says only that nothing is here"));
    }

    public static XetHash ParseHash(string text) =>
        XetHash.TryParse(text, out var hash) ? hash : throw Refusal.Invalid("A hash has 64 lowercase hex digits.");
}
