using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Xet;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>Xorbs are sent here, each under its own hash.</summary>
static class XorbEndpoints
{
    /// <summary>A xorb, and what older clients send behind it.</summary>
    const long MaxBodyBytes = XetLimits.MaxXorbBytes + (1L << 20);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/xorbs/default/{hash}", PostAsync);
        app.MapMethods("/v1/xorbs/default/{hash}", ["HEAD"], HeadAsync);
    }

    static async Task<IResult> PostAsync(CasWriter writer, string hash, HttpContext http, XorbReceiver receiver, CancellationToken stop)
    {
        var named = XetCasRoutes.ParseHash(hash);
        if (http.Request.ContentLength is > MaxBodyBytes) throw Refusal.Invalid($"A xorb has at most {XetLimits.MaxXorbBytes} bytes.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodyBytes;
        await receiver.ReceiveAsync(writer.Repository, named, http.Request.Body, stop);
        // The same to everybody: whether somebody else has stored it before is not the sender's to know.
        return Results.Json(new { was_inserted = true });
    }

    /// <summary>Only whoever may refer to all of it is told that it is here.</summary>
    static async Task<IResult> HeadAsync(CasReader reader, string hash, HttpContext http, Xorbs xorbs, ChunkReachQuery reaches, CancellationToken stop)
    {
        var named = XetCasRoutes.ParseHash(hash);
        if (await xorbs.FindAsync(named, stop) is not { } xorb
            || !(await reaches.FindAsync(reader.Actor, [named], stop)).TryGetValue(named, out var reach)
            || !FileCheck.Covers(reach, xorb.Index.All)) throw Refusal.NotFound("There is no such xorb.");
        http.Response.ContentLength = xorb.Index.StoredLength;
        return Results.Empty;
    }
}
