using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>The response's body as before, except for how it sends a file.</summary>
sealed class SendFileBody(HttpContext http, IHttpResponseBodyFeature inner) : IHttpResponseBodyFeature
{
    const int FlushBytes = SocketPipeWriter.MaxFileBytes;

    public Stream Stream => inner.Stream;

    public PipeWriter Writer => inner.Writer;

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        var left = count ?? length - offset;
        // Said before the first byte it is an error page; later only a broken connection can say it.
        if (offset < 0 || left < 0 || offset > length - left) throw new IOException($"The file has {length} bytes, not {left} from {offset}.");
        if (FindSink() is not { } sink)
        {
            await BodyCopy.SendAsync(http, (buffer, position, stop) => RandomAccess.ReadAsync(file, buffer, offset + position, stop), left, cancellationToken);
            return;
        }
        await inner.StartAsync(cancellationToken);
        await inner.Writer.FlushAsync(cancellationToken);   // the headers, before the file's bytes
        sink.BeginFile(file, offset);
        try
        {
            await SendAsync(left, cancellationToken);
        }
        finally
        {
            sink.EndFile();
        }
    }

    async Task SendAsync(long left, CancellationToken stop)
    {
        while (left > 0)
        {
            var count = (int)Math.Min(left, FlushBytes);
            _ = inner.Writer.GetMemory(count);
            inner.Writer.Advance(count);
            var result = await inner.Writer.FlushAsync(stop);
            if (result.IsCompleted || result.IsCanceled)
            {
                http.Abort();       // the client has gone, or the file ended: either way there is nothing to say
                return;
            }
            left -= count;
        }
    }

    /// <summary>Only where bytes on the wire are the file's: not under TLS or HTTP/2, not in chunks, not for HEAD.</summary>
    IFileSegmentSink? FindSink() =>
        HttpProtocol.IsHttp11(http.Request.Protocol) && http.Response.ContentLength is not null && !HttpMethods.IsHead(http.Request.Method)
            && http.Features.Get<ITlsHandshakeFeature>() is null && http.Features.Get<ITlsConnectionFeature>() is null
            ? http.Features.Get<IFileSegmentSink>()
            : null;
}
