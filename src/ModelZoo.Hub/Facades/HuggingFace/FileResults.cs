using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using ModelZoo.Git;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Answers with a file's bytes: ranges, conditions, HEAD.</summary>
static class FileResults
{
    public static IResult Head(HttpContext http, long sizeBytes, string etag, string contentType)
    {
        http.Response.Headers.AcceptRanges = "bytes";
        http.Response.ContentLength = sizeBytes;
        http.Response.ContentType = contentType;
        return Results.Empty;
    }

    public static IResult Small(HttpContext http, byte[] content, string etag, string contentType) =>
        Results.Bytes(content, contentType, entityTag: new EntityTagHeaderValue($"\"{etag}\""), enableRangeProcessing: true);

    public static async Task<IResult> BlobAsync(HttpContext http, IBlobStore blobs, LfsPointer pointer, string contentType, CancellationToken stop)
    {
        if (HttpMethods.IsHead(http.Request.Method)) return Head(http, pointer.SizeBytes, pointer.Digest.Hex, contentType);
        var tag = new EntityTagHeaderValue($"\"{pointer.Digest.Hex}\"");
        if (blobs.FindLocalFile(pointer.Digest) is { } file) return Results.File(file, contentType, entityTag: tag, enableRangeProcessing: true);
        return Results.Stream(await blobs.OpenReadAsync(pointer.Digest, 0, pointer.SizeBytes, stop), contentType, entityTag: tag);
    }
}
