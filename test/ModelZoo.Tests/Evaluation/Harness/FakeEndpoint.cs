using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>What kind of server the endpoint plays.</summary>
public enum FakeServer { Vllm, Sglang, Tgi, LlamaCpp, Chat, Completions }

/// <summary>
/// An endpoint with known log-probabilities: a token is a word with the blank before it; its log-probability is minus its length, or minus a quarter of it when it
/// begins with a 'g'. Over real HTTP.
/// </summary>
sealed class FakeEndpoint : IAsyncDisposable
{
    readonly WebApplication _app;

    FakeEndpoint(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Bodies of all requests that were not refused.</summary>
    public List<JsonElement> Asked { get; } = [];

    /// <summary>Comes before the normal answer: true when it has answered.</summary>
    public Func<HttpContext, int, Task<bool>>? Disturb { get; set; }

    /// <summary>Changes an answer before it is sent.</summary>
    public Func<string, string> Twist { get; set; } = text => text;

    /// <summary>Requests after the probes, refused ones among them.</summary>
    public int Count;

    public string Said { get; set; } = "B.";

    public static async Task<FakeEndpoint> StartAsync(FakeServer kind)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var fake = new FakeEndpoint(app);
        app.MapGet("/v1/models", () => Results.Json(new { data = new[] { new { id = "fake", owned_by = "tests", max_model_len = 64 } } }));
        app.MapPost("/{**path}", (HttpContext context, string path) => fake.AnswerAsync(context, path, kind));
        await app.StartAsync();
        return fake;
    }

    async Task AnswerAsync(HttpContext context, string path, FakeServer kind)
    {
        var number = Interlocked.Increment(ref Count);
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        if (Disturb is { } disturb && await disturb(context, number)) return;
        lock (Asked) Asked.Add(body.RootElement.Clone());
        var answer = Answer(path, body.RootElement, kind);
        if (answer is null) context.Response.StatusCode = 400;
        await context.Response.WriteAsync(Twist(JsonSerializer.Serialize(answer ?? new { error = "not here" })));
    }

    object? Answer(string path, JsonElement body, FakeServer kind)
    {
        var echoes = body.TryGetProperty("echo", out var echo) && echo.GetBoolean();
        switch (kind, path)
        {
            case (FakeServer.Vllm, "v1/completions") when echoes:
                var tokens = Split(body.GetProperty("prompt").GetString()!);
                string[] all = [.. tokens, " more"];
                var offsets = all.Select((_, i) => all.Take(i).Sum(token => token.EnumerateRunes().Count())).ToArray();
                return new { choices = new[] { new { index = 0, text = string.Concat(all), logprobs = new
                {
                    tokens = all, token_logprobs = all.Select((token, i) => i == 0 ? (double?)null : LogProbability(token)),
                    top_logprobs = all.Select((token, i) => i == 0 ? null : new Dictionary<string, double> { [token] = LogProbability(token), [" other"] = -3 }), text_offset = offsets,
                } } } };
            case (FakeServer.Sglang, "generate") when body.TryGetProperty("text", out var text):
                return new { text = " more", meta_info = new
                {
                    input_token_logprobs = Split(text.GetString()!).Select((token, i) => new object?[] { i == 0 ? null : LogProbability(token), 5, token }),
                    input_top_logprobs = Split(text.GetString()!).Select((token, i) => i == 0 ? null : new[] { new object?[] { Math.Max(-3, LogProbability(token)), 5, token } }),
                } };
            case (FakeServer.Tgi, "generate") when body.TryGetProperty("inputs", out var inputs):
                return new { generated_text = " more", details = new { prefill = Split(inputs.GetString()!).Select((token, i) => new { id = 5, text = token, logprob = i == 0 ? (double?)null : LogProbability(token) }).Prepend(new { id = 1, text = "<s>", logprob = (double?)null }) } };
            case (FakeServer.LlamaCpp, "v1/completions") when !echoes && body.TryGetProperty("logprobs", out _):
                return new { choices = new[] { new { index = 0, text = " B", logprobs = new { content = new[] { new { token = " B", logprob = -0.5, top_logprobs = new[] { new { token = " B", logprob = -0.5 }, new { token = " A", logprob = -1.5 }, new { token = "x", logprob = -4.0 } } } } } } } };
            case (FakeServer.Chat, "v1/chat/completions"):
                return new { choices = new[] { new { index = 0, message = new { role = "assistant", content = Said } } } };
            case (FakeServer.Vllm or FakeServer.LlamaCpp or FakeServer.Completions, "v1/completions") when !echoes && !body.TryGetProperty("logprobs", out _):
                return new { choices = new[] { new { index = 0, text = Said } } };
            case (FakeServer.Vllm, "v1/embeddings"):
                return new { data = body.GetProperty("input").EnumerateArray().Select((text, i) => new { index = i, embedding = new[] { text.GetString()!.Length, 1.0 } }).Reverse() };
            default: return null;
        }
    }

    public static IEnumerable<string> Split(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf(' ', start + 1);
            if (end < 0) end = text.Length;
            yield return text[start..end];
            start = end;
        }
    }

    public static double LogProbability(string token) => token.TrimStart().StartsWith('g') ? -0.25 * token.Length : -token.Length;

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
