using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ModelZoo.Bench;

/// <summary>
/// One keep-alive HTTP/1.1 connection with blocking calls and no allocation per request, so that on a small machine the client
/// takes as little from the server as it can.
/// </summary>
sealed class RawConnection : IDisposable
{
    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly byte[] _buffer = new byte[256 * 1024];
    int _start, _end;

    public RawConnection(int port)
    {
        _socket.ReceiveTimeout = _socket.SendTimeout = 120_000;
        _socket.Connect(IPAddress.Loopback, port);
    }

    public static byte[] Request(string method, string target, string? token = null, string headers = "") => Encoding.ASCII.GetBytes(
        $"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}{headers}\r\n");

    /// <summary>Sends the request and reads the answer to its end; the body is counted and thrown away.</summary>
    public (int Status, long BodyBytes) Exchange(ReadOnlySpan<byte> request, bool isHead = false)
    {
        Send(request);
        return Answer(isHead);
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[_socket.Send(bytes)..];
    }

    public void SendFile(string path) => _socket.SendFile(path);

    public (int Status, long BodyBytes) Answer(bool isHead)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0) Fill();
        var head = _buffer.AsSpan(_start, length + 2);
        _ = Utf8Parser.TryParse(head[9..], out int status, out _);
        var bodyBytes = Field(head, "content-length: "u8) is var at && at >= 0 && Utf8Parser.TryParse(head[at..], out long stated, out _) ? stated : 0;
        var isChunked = Field(head, "transfer-encoding: chunked"u8) >= 0;
        _start += length + 4;
        if (isHead || status is 204 or 304) return (status, 0);
        if (isChunked) return (status, SkipChunks());
        Skip(bodyBytes);
        return (status, bodyBytes);
    }

    /// <summary>Where the field's value begins; names are compared without case.</summary>
    static int Field(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        for (var line = head.IndexOf((byte)'\n') + 1; line > 0 && line < head.Length;)
        {
            var rest = head[line..];
            if (rest.Length >= name.Length && Ascii.EqualsIgnoreCase(rest[..name.Length], name)) return line + name.Length;
            var next = rest.IndexOf((byte)'\n');
            if (next < 0) break;
            line += next + 1;
        }
        return -1;
    }

    void Skip(long bytes)
    {
        var ready = (int)Math.Min(bytes, _end - _start);
        _start += ready;
        for (bytes -= ready; bytes > 0;)
        {
            var count = _socket.Receive(_buffer, 0, (int)Math.Min(bytes, _buffer.Length), SocketFlags.None);
            if (count == 0) throw new EndOfStreamException("The server closed the connection within an answer.");
            bytes -= count;
        }
    }

    long SkipChunks()
    {
        for (long total = 0; ;)
        {
            int end;
            while ((end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0) Fill();
            _ = Utf8Parser.TryParse(_buffer.AsSpan(_start, end), out long size, out _, 'x');
            _start += end + 2;
            Skip(size + 2);
            if (size == 0) return total;
            total += size;
        }
    }

    void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        var count = _socket.Receive(_buffer, _end, _buffer.Length - _end, SocketFlags.None);
        if (count == 0) throw new EndOfStreamException("The server closed the connection.");
        _end += count;
    }

    public void Dispose() => _socket.Dispose();
}
