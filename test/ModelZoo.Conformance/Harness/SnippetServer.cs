using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace ModelZoo.Conformance.Harness;

/// <summary>A generated server, started on a port that it chooses, asked, and ended.</summary>
sealed class SnippetServer : IDisposable
{
    readonly Process _process;
    readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    SnippetServer(Process process, string url) => (_process, Url) = (process, url);

    /// <summary>Of POST /infer.</summary>
    public string Url { get; }

    public static async Task<SnippetServer> StartAsync(string program, string[] arguments, Dictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var line = await process.StandardOutput.ReadLineAsync(limit.Token);
        if (line is null) Assert.Fail(await process.StandardError.ReadToEndAsync(limit.Token));
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        return new(process, line!);
    }

    public async Task<JsonElement[]> InferAsync(params object[] inputs)
    {
        // With its length stated, as clients other than .NET's do.
        using var answer = await _client.PostAsync(Url, new StringContent(JsonSerializer.Serialize(new { inputs })));
        var body = await WireRepository.JsonOf(answer);
        Assert.True(answer.IsSuccessStatusCode, body.GetRawText());
        return [.. body.GetProperty("outputs").EnumerateArray()];
    }

    public async Task<int> StatusAsync(string body, string path = "/infer")
    {
        using var answer = await _client.PostAsync(Url.Replace("/infer", path, StringComparison.Ordinal), new StringContent(body));
        return (int)answer.StatusCode;
    }

    public Task<JsonElement> HealthAsync() => _client.GetFromJsonAsync<JsonElement>(Url.Replace("/infer", "/health", StringComparison.Ordinal));

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _client.Dispose();
    }
}
