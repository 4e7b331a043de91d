using System.Net.Sockets;
using System.Text;

namespace ModelZoo.Hub.Tests.Operations;

/// <summary>A connection that sends exactly the bytes it is told to, which no HTTP client would.</summary>
sealed class RawConnection(TcpClient client) : IAsyncDisposable
{
    public static async Task<RawConnection> OpenAsync(string url)
    {
        var address = new Uri(url);
        var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        return new(client);
    }

    /// <summary>Sends one request that ends the connection and returns the whole answer.</summary>
    public static async Task<string> AskAsync(string url, string request)
    {
        await using var raw = await OpenAsync(url);
        await raw.SendAsync(request);
        return await raw.ReadToEndAsync(TimeSpan.FromSeconds(15));
    }

    public async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>What came until the other side closed.</summary>
    public async Task<string> ReadToEndAsync(TimeSpan atMost)
    {
        using var limit = new CancellationTokenSource(atMost);
        using var all = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(all, limit.Token);
        }
        catch (IOException)
        {
            // Reset: what came before counts.
        }
        return Encoding.Latin1.GetString(all.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
