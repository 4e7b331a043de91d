using System.Net;

namespace ModelZoo.Hub.Tests.Xet;

/// <summary>A network between client and hub that can be made to fail; remembers what was asked.</summary>
sealed class TroubledHandler : DelegatingHandler
{
    readonly List<string> _log = [];

    public TroubledHandler() : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { }

    /// <summary>Answers instead of the hub, or null. May also throw, as a broken connection does.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?> Before { get; set; } = _ => null;

    /// <summary>Changes what the hub answered.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage, Task<HttpResponseMessage>> After { get; set; } = (_, response) => Task.FromResult(response);

    public int Count(string method, string part)
    {
        lock (_log) return _log.Count(line => line.StartsWith(method + " ", StringComparison.Ordinal) && line.Contains(part, StringComparison.Ordinal));
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken stop)
    {
        lock (_log) _log.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
        if (Before(request) is not { } answer) return await After(request, await base.SendAsync(request, stop));
        answer.RequestMessage = request;
        return answer;
    }

    public static HttpResponseMessage Answer(int status, string body = "{}") => new((HttpStatusCode)status) { Content = new StringContent(body) };

    /// <summary>The same answer with a body that breaks off.</summary>
    public static async Task<HttpResponseMessage> BreakAsync(HttpResponseMessage response, int after)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return Replace(response, new BrokenStream(bytes[..Math.Min(after, bytes.Length)]));
    }

    public static HttpResponseMessage Replace(HttpResponseMessage response, Stream body)
    {
        var content = new StreamContent(body);
        foreach (var header in response.Content.Headers) content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        response.Content = content;
        return response;
    }

    sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop = default) =>
            await base.ReadAsync(buffer, stop) is > 0 and var read ? read : throw new IOException("The connection was reset.");
    }
}
