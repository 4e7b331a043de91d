using System.Net;
using System.Net.Http.Headers;

namespace ModelZoo.Client;

/// <summary>Bytes in memory as a request body that may be sent again; a hub that takes nothing for a while counts as lost.</summary>
sealed class MemoryContent : HttpContent
{
    const int PieceBytes = 256 * 1024;

    readonly ReadOnlyMemory<byte> _bytes;
    readonly TimeSpan _idle;

    public MemoryContent(ReadOnlyMemory<byte> bytes, TimeSpan idle)
    {
        (_bytes, _idle) = (bytes, idle);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            for (var rest = _bytes; !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
            {
                timeout.CancelAfter(_idle);
                await stream.WriteAsync(rest[..Math.Min(PieceBytes, rest.Length)], timeout.Token);
            }
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new IOException($"The hub took nothing for {_idle.TotalSeconds:0} s.", e);
        }
    }
}
