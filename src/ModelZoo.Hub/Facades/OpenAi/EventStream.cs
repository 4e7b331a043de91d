using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>
/// Sends pieces of an answer as server-sent events. Nothing is sent before the first piece, so what is refused at once has its own status; what fails later is said in
/// the stream.
/// </summary>
static class EventStream
{
    /// <param name="ask">Makes the answer; pieces go to the action that it is given.</param>
    /// <param name="events">What is said for a piece.</param>
    /// <param name="end">What is said when the answer is complete.</param>
    public static async Task SendAsync(HttpContext http, Func<Action<JsonObject>, Task<JsonObject>> ask, Func<JsonObject, IEnumerable<JsonObject>> events, Func<JsonObject, IEnumerable<JsonObject>> end, CancellationToken stop)
    {
        // Pieces are at most the tokens of a context: what waits for a slow reader is bounded by that.
        var pieces = Channel.CreateUnbounded<JsonObject>(new() { SingleReader = true });
        var answer = AskAsync(ask, pieces.Writer);
        if (!await pieces.Reader.WaitToReadAsync(stop))
        {
            await answer;
        }
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await foreach (var piece in pieces.Reader.ReadAllAsync(stop))
            foreach (var one in events(piece)) await WriteAsync(http, one.ToJsonString(), stop);
        try
        {
            foreach (var one in end(await answer)) await WriteAsync(http, one.ToJsonString(), stop);
            await WriteAsync(http, "[DONE]", stop);
        }
        catch (Refusal refusal)
        {
            await WriteAsync(http, OpenAiErrors.Of(refusal).ToJsonString(), stop);
        }
    }

    static async Task<JsonObject> AskAsync(Func<Action<JsonObject>, Task<JsonObject>> ask, ChannelWriter<JsonObject> pieces)
    {
        try
        {
            return await ask(piece => pieces.TryWrite(piece));
        }
        finally
        {
            pieces.Complete();
        }
    }

    static async Task WriteAsync(HttpContext http, string data, CancellationToken stop)
    {
        await http.Response.WriteAsync($"data: {data}\n\n", stop);
        await http.Response.Body.FlushAsync(stop);
    }
}
