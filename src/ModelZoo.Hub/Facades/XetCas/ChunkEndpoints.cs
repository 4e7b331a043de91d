using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>Clients ask here whether a chunk need not be sent.</summary>
static class ChunkEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/v1/chunks/{prefix}/{hash}", GetAsync);

    static async Task<IResult> GetAsync(CasReader reader, string prefix, string hash, HttpContext http, Deduplication deduplication, CancellationToken stop)
    {
        if (prefix is not ("default" or "default-merkledb")) throw Refusal.NotFound("There is no such chunk.");
        var answer = await deduplication.FindAsync(reader.Actor, XetCasRoutes.ParseHash(hash), stop) ?? throw Refusal.NotFound("There is no such chunk.");
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.Bytes(answer, "application/octet-stream");
    }
}
