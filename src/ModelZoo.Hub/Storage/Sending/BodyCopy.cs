using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>Copies bytes of a known number into a response, in large pieces and in constant memory.</summary>
static class BodyCopy
{
    const int PieceBytes = 1 << 20;

    /// <summary>From a network the piece is whatever has come, but not so little that each flush is mostly overhead.</summary>
    const int MinFlushBytes = 256 << 10;

    /// <summary>
    /// What a client may take for one piece. Here only whole flushes are seen, not single bytes, so this is a lowest rate
    /// of about 3.5 kB/s.
    /// </summary>
    static readonly TimeSpan FlushLimit = TimeSpan.FromMinutes(5);

    /// <summary>What the source may take to give the next bytes.</summary>
    static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(60);

    public delegate ValueTask<int> Read(Memory<byte> buffer, long position, CancellationToken stop);

    /// <summary>Breaks the connection off when the client stalls, or when the source fails or ends too early once the response began.</summary>
    public static async Task SendAsync(HttpContext http, Read read, long count, CancellationToken stop)
    {
        var writer = http.Response.BodyWriter;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop, http.RequestAborted);
        try
        {
            for (long position = 0; position < count;)
            {
                var buffer = writer.GetMemory((int)Math.Min(PieceBytes, count - position));
                buffer = buffer[..(int)Math.Min(buffer.Length, count - position)];
                var filled = 0;
                for (limit.CancelAfter(ReadLimit); filled < Math.Min(MinFlushBytes, buffer.Length);)
                {
                    var got = await read(buffer[filled..], position + filled, limit.Token);
                    if (got == 0) throw new EndOfStreamException($"The content ends {count - position - filled} bytes too early.");
                    filled += got;
                }
                writer.Advance(filled);
                position += filled;
                limit.CancelAfter(FlushLimit);
                var result = await writer.FlushAsync(limit.Token);
                if (result.IsCompleted || result.IsCanceled) break;
            }
        }
        catch (Exception error)
        {
            // Headers that promise what will not come must not be followed by anything else.
            if (http.Response.HasStarted) http.Abort();
            if (error is OperationCanceledException && (limit.IsCancellationRequested || http.RequestAborted.IsCancellationRequested)) return;
            throw;
        }
    }
}
