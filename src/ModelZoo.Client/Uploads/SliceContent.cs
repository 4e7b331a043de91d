using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace ModelZoo.Client;

/// <summary>A slice of a source as a request body, read from disk as it is sent. May be sent again after a failure.</summary>
sealed class SliceContent : HttpContent
{
    const int BufferBytes = 256 * 1024;

    readonly UploadSource _source;
    readonly long _offset;
    readonly long _lengthBytes;
    readonly TimeSpan _idle;
    readonly Action<long>? _sent;
    long _reportedBytes;

    /// <summary>The callback is told how many bytes more (or, after a failure, fewer) are on their way.</summary>
    public SliceContent(UploadSource source, long offset, long lengthBytes, TimeSpan idle, Action<long>? sent)
    {
        (_source, _offset, _lengthBytes, _idle, _sent) = (source, offset, lengthBytes, idle, sent);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _lengthBytes;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken stop)
    {
        Report(-_reportedBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await using var content = _source.Open(_offset);
            for (var left = _lengthBytes; left > 0;)
            {
                var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), stop);
                if (read == 0) throw new IOException("A file became shorter while it was being uploaded.");
                timeout.CancelAfter(_idle);
                await stream.WriteAsync(buffer.AsMemory(0, read), timeout.Token);
                left -= read;
                Report(read);
            }
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new IOException($"The hub took nothing for {_idle.TotalSeconds:0} s.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    void Report(long bytes)
    {
        _reportedBytes += bytes;
        if (bytes != 0) _sent?.Invoke(bytes);
    }
}
