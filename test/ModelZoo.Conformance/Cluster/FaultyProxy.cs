using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ModelZoo.Conformance.Cluster;

/// <summary>How the way to the object store misbehaves now.</summary>
sealed record Fault(string Name)
{
    public static readonly Fault None = new("none");

    /// <summary>Each piece of bytes waits so long.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Part of requests that are answered by 500 or 503 instead of being passed on.</summary>
    public double Errors { get; init; }

    /// <summary>Part of the pieces of answers after which the connection is cut.</summary>
    public double Cuts { get; init; }
}

/// <summary>
/// Stands between nodes or clients and an HTTP server and passes bytes on; on request slowly, not at all, or not to the end.
/// </summary>
sealed class FaultyProxy : IAsyncDisposable
{
    static readonly string[] s_beginnings = ["GET /", "PUT /", "POST /", "HEAD /", "DELETE /"];

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _end = new();
    readonly Random _random;
    readonly IPEndPoint _target;
    long _connections, _errors, _cuts;

    public FaultyProxy(Uri target, int seed)
    {
        _target = new(IPAddress.Loopback, target.Port);
        _random = new(seed);
        _listener.Start(512);
        _ = AcceptAsync();
    }

    public Fault Fault { get; set; } = Fault.None;

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public string Counts => $"{Volatile.Read(ref _connections)} connections to the store, {Volatile.Read(ref _errors)} errors answered, {Volatile.Read(ref _cuts)} bodies cut";

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                _ = PassAsync(socket);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task PassAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var _ = client;
        try
        {
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(_target, _end.Token);
            await Task.WhenAny(PumpAsync(client, server, isAnswer: false), PumpAsync(server, client, isAnswer: true));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or IOException)
        {
            // One of the two has gone.
        }
    }

    async Task PumpAsync(Socket from, Socket to, bool isAnswer)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var count)
            {
                var fault = Fault;
                if (fault.Delay > TimeSpan.Zero) await Task.Delay(fault.Delay, _end.Token);
                if (!isAnswer && IsRequest(buffer.AsSpan(0, count)) && Chance(fault.Errors))
                {
                    Interlocked.Increment(ref _errors);
                    await from.SendAsync(Answer(), _end.Token);
                    return;
                }
                if (isAnswer && Chance(fault.Cuts))
                {
                    Interlocked.Increment(ref _cuts);
                    await to.SendAsync(buffer.AsMemory(0, count / 2), _end.Token);
                    to.LingerState = new(true, 0);      // a reset and not an orderly end
                    return;
                }
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _end.Token);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction ends with this one.
        }
    }

    static bool IsRequest(ReadOnlySpan<byte> bytes)
    {
        foreach (var beginning in s_beginnings)
            if (bytes.Length > beginning.Length && Encoding.ASCII.GetString(bytes[..beginning.Length]) == beginning) return true;
        return false;
    }

    byte[] Answer()
    {
        var (status, code) = Chance(0.5) ? ("503 Slow Down", "SlowDown") : ("500 Internal Server Error", "InternalError");
        var body = $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Please try again.</Message></Error>";
        return Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
    }

    bool Chance(double part)
    {
        if (part <= 0) return false;
        lock (_random) return _random.NextDouble() < part;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
    }
}
