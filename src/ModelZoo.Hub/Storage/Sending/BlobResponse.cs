using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Git;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>
/// The whole HTTP side of giving out one file: HEAD, ranges, conditions, lengths. The same for blobs and for small content in
/// memory, so clients see one behaviour. GET and HEAD only; who may read was decided before.
/// </summary>
static class BlobResponse
{
    const int GlanceBytes = 64 * 1024;

    /// <param name="redirectFor">
    /// When given, and the store can sign addresses: a GET is sent there by a 302 that holds for this long. HEAD is always
    /// answered here, from the size alone, and so is a small range.
    /// </param>
    /// <exception cref="FileNotFoundException">The store has lost the blob; nothing was sent.</exception>
    public static async Task SendAsync(
        HttpContext http, IBlobStore blobs, Digest digest, long sizeBytes, BlobHeaders file, TimeSpan? redirectFor = null)
    {
        var plan = ResponsePlan.For(http.Request, file, sizeBytes);
        var stop = http.RequestAborted;
        if (!SendsBody(http, plan))
        {
            Announce(http.Response, plan, file);
            return;
        }
        if (redirectFor is { } time && !IsGlance(plan) && await blobs.SignDownloadAsync(digest, file.ContentType, file.ContentDisposition, time, stop) is { } address)
        {
            Announce(http.Response, new(StatusCodes.Status302Found, 0, 0), file);
            http.Response.Headers.Location = address.AbsoluteUri;
            return;
        }
        if (blobs.FindLocalFile(digest) is { } path)
        {
            Announce(http.Response, plan, file);
            try
            {
                await http.Response.SendFileAsync(path, plan.Offset, plan.Length, stop);
                return;
            }
            catch (FileNotFoundException) when (!http.Response.HasStarted)
            {
                // It took another form in this moment: the store knows which.
            }
        }
        await using var content = await blobs.OpenReadAsync(digest, plan.Offset, plan.Length, stop);
        Announce(http.Response, plan, file);
        await BodyCopy.SendAsync(http, (buffer, _, limit) => content.ReadAsync(buffer, limit), plan.Length, stop);
    }

    public static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> content, BlobHeaders file)
    {
        var plan = ResponsePlan.For(http.Request, file, content.Length);
        Announce(http.Response, plan, file);
        if (SendsBody(http, plan)) await http.Response.BodyWriter.WriteAsync(content.Slice((int)plan.Offset, (int)plan.Length), http.RequestAborted);
    }

    /// <summary>Answers HEAD from the size alone; the content is not read.</summary>
    public static void Describe(HttpContext http, long sizeBytes, BlobHeaders file) =>
        Announce(http.Response, ResponsePlan.For(http.Request, file, sizeBytes), file);

    /// <summary>
    /// A small piece of a file is given at once: @huggingface/hub asks for the first byte to learn length and ETag, and behind a
    /// redirect it would be told the ETag of the object store.
    /// </summary>
    static bool IsGlance(ResponsePlan plan) => plan.Status == StatusCodes.Status206PartialContent && plan.Length <= GlanceBytes;

    static bool SendsBody(HttpContext http, ResponsePlan plan) => plan.Length > 0 && !HttpMethods.IsHead(http.Request.Method);

    static void Announce(HttpResponse response, ResponsePlan plan, BlobHeaders file)
    {
        var headers = response.Headers;
        response.StatusCode = plan.Status;
        headers.ETag = file.ETag;
        headers.AcceptRanges = "bytes";
        if (file.CacheControl is not null) headers.CacheControl = file.CacheControl;
        if (file.LastModified is { } modified) headers.LastModified = modified.ToUniversalTime().ToString("r", CultureInfo.InvariantCulture);
        if (plan.ContentRange is not null) headers.ContentRange = plan.ContentRange;
        if (plan.Status == StatusCodes.Status304NotModified) return;
        response.ContentLength = plan.Length;
        if (plan.Status is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent)) return;
        response.ContentType = file.ContentType;
        if (file.ContentDisposition is not null) headers.ContentDisposition = file.ContentDisposition;
    }
}
