using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Xet;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>Shards register files: after the answer a commit may name them. Newer clients are told how far the check is.</summary>
static class ShardEndpoints
{
    const long MaxBodyBytes = XetLimits.MaxShardBytes + (1L << 16);

    /// <summary>A shard is held in memory while it is checked; large ones take turns.</summary>
    const long LargeBytes = 4L << 20;

    static readonly SemaphoreSlim s_largeOnes = new(2);

    /// <summary>Clients give up on a connection that says nothing for about a minute.</summary>
    static readonly TimeSpan s_beat = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/shards", PostAsync);
        app.MapPost("/v2/shards", PostWithProgressAsync);
    }

    static async Task<IResult> PostAsync(CasWriter writer, HttpContext http, ShardRegistrar registrar, CancellationToken stop)
    {
        using var turn = await EnterAsync(http, stop);
        await registrar.RegisterAsync(writer.Repository, await ReadAsync(http, stop), null, stop);
        return Results.Json(new { result = 1 });
    }

    static async Task PostWithProgressAsync(CasWriter writer, HttpContext http, ShardRegistrar registrar, CancellationToken stop)
    {
        using var turn = await EnterAsync(http, stop);
        var shard = await ReadAsync(http, stop);
        long verified = 0;
        var total = shard.Files.Sum(file => file.Length);
        var work = registrar.RegisterAsync(writer.Repository, shard, (done, _) => Interlocked.Exchange(ref verified, done), stop);
        http.Response.ContentType = "application/x-ndjson";
        while (!work.IsCompleted)
        {
            await SayAsync(http, new { type = "validating", verified = Interlocked.Read(ref verified), total }, stop);
            await Task.WhenAny(work, Task.Delay(s_beat, stop));
        }
        try
        {
            await work;
            await SayAsync(http, new { type = "committing", stage = "syncing" }, stop);
            await SayAsync(http, new { type = "result", result = 1 }, stop);
        }
        catch (Refusal refusal)
        {
            await SayAsync(http, new { type = "error", message = refusal.Message, retryable = refusal.Kind is RefusalKind.Unavailable }, stop);
        }
    }

    static async Task SayAsync(HttpContext http, object line, CancellationToken stop)
    {
        await http.Response.WriteAsync(JsonSerializer.Serialize(line) + "\n", stop);
        await http.Response.Body.FlushAsync(stop);
    }

    static async Task<Shard> ReadAsync(HttpContext http, CancellationToken stop)
    {
        if (http.Request.ContentLength is > MaxBodyBytes) throw Refusal.Invalid($"A shard has at most {XetLimits.MaxShardBytes} bytes.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodyBytes;
        try
        {
            return await Shard.ReadAsync(http.Request.Body, XetLimits.MaxShardBytes, stop);
        }
        catch (XetFormatException wrong)
        {
            throw Refusal.Invalid($"This is not a shard: {wrong.Message}");
        }
    }

    static async Task<IDisposable?> EnterAsync(HttpContext http, CancellationToken stop)
    {
        if (http.Request.ContentLength is <= LargeBytes) return null;
        await s_largeOnes.WaitAsync(stop);
        return new Turn();
    }

    sealed class Turn : IDisposable
    {
        public void Dispose() => s_largeOnes.Release();
    }
}
