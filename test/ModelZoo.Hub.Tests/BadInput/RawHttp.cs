using System.Net.Sockets;
using System.Text;

namespace ModelZoo.Hub.Tests.BadInput;

/// <summary>Says exactly these bytes to the hub: what the framework's client would mend or refuse to send.</summary>
public static class RawHttp
{
    /// <param name="request">The head as it is sent, without the empty line at its end; Host and Connection are added.</param>
    public static async Task<RawAnswer> SendAsync(TestHub hub, string request, byte[]? body = null)
    {
        using var client = await ConnectAsync(hub);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{request}\r\nHost: hub.test\r\nConnection: close\r\n\r\n"));
        if (body is not null) await stream.WriteAsync(body);
        return await ReadAsync(stream);
    }

    public static async Task<TcpClient> ConnectAsync(TestHub hub)
    {
        var client = new TcpClient();
        var url = new Uri(hub.Url);
        await client.ConnectAsync(url.Host, url.Port);
        return client;
    }

    static string Unchunk(string text)
    {
        var body = new StringBuilder();
        for (var at = 0; text.IndexOf("\r\n", at, StringComparison.Ordinal) is var line and >= 0;)
        {
            var length = Convert.ToInt32(text[at..line], 16);
            if (length == 0 || line + 2 + length > text.Length) break;
            body.Append(text, line + 2, length);
            at = line + 2 + length + 2;
        }
        return body.ToString();
    }

    public static async Task<RawAnswer> ReadAsync(NetworkStream stream)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var buffer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(buffer, timeout.Token);
        }
        catch (IOException)
        {
            // The hub closed a connection on which more was sent than it wanted to read.
        }
        var text = Encoding.Latin1.GetString(buffer.ToArray());
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return new(0, [], text);
        var lines = text[..end].Split("\r\n");
        var body = text[(end + 4)..];
        return new(int.Parse(lines[0].Split(' ')[1]), lines[1..], lines.Contains("Transfer-Encoding: chunked") ? Unchunk(body) : body);
    }
}

/// <param name="Status">0 when the connection ended without an answer.</param>
public sealed record RawAnswer(int Status, string[] Headers, string Body)
{
    public string? Header(string name) => Headers.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
