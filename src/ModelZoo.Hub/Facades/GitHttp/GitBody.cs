using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Kernel;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>The body of a request by git: maybe gzipped, maybe in chunks of no known number, never longer than is taken here.</summary>
static class GitBody
{
    /// <param name="mediaType">What git states for this request; anything else was not sent by git.</param>
    public static Stream Open(HttpContext http, string mediaType, long maxBytes)
    {
        if (http.Request.ContentType is not { } type || !type.Equals(mediaType, StringComparison.OrdinalIgnoreCase)) throw Refusal.Invalid($"This address takes {mediaType}, which git sends.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = maxBytes + 64 * 1024;
        var body = http.Request.Headers.ContentEncoding.ToString() switch
        {
            "" or "identity" => http.Request.Body,
            "gzip" or "x-gzip" => new GZipStream(http.Request.Body, CompressionMode.Decompress),
            _ => throw new Refusal(RefusalKind.Unprocessable, "A body may be gzipped or plain."),
        };
        return new Bounded(body, maxBytes);
    }

    sealed class Bounded(Stream inner, long maxBytes) : ForwardStream
    {
        readonly long _most = maxBytes;
        long _read;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                var read = await inner.ReadAsync(buffer, cancellationToken);
                if ((_read += read) > _most) throw new Refusal(RefusalKind.TooLarge, $"The request has more than {_most} bytes.");
                return read;
            }
            catch (InvalidDataException)
            {
                throw Refusal.Invalid("The body is not gzip, as its header says.");
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
