using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Sending;

namespace ModelZoo.Hub.Facades.Lfs;

/// <summary>
/// Moves large content. Clients send no credentials here, so each address is signed for one upload or one blob of one
/// repository, and only whoever passed the batch call's access check was given it.
/// </summary>
static class TransferEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var signed = app.MapGroup("").WithMetadata(new SelfAuthorising(), new Limited(RateClass.Unlimited), new Public("the address is signed"));
        signed.MapPut("/api/uploads/{id}", PutAsync);
        signed.MapPut("/api/uploads/{id}/parts/{number:int}", PutPartAsync);
        signed.MapMethods("/api/uploads/{id}/parts/{number:int}", ["HEAD"], HeadPartAsync);
        signed.MapPost("/api/uploads/{id}/complete", CompleteAsync);
        signed.MapMethods("/api/blobs/{repository}/{digest}", ["GET", "HEAD"], GetBlobAsync);
    }

    public static string UploadSubject(long id) => $"upload {id}";

    public static string DownloadSubject(long repositoryId, Digest digest) => $"download {repositoryId} {digest}";

    static async Task<IResult> PutAsync(string id, HttpContext http, BlobUploads uploads, UrlSigner signer, CancellationToken stop)
    {
        var upload = await AdmitAsync(id, http, uploads, signer, stop);
        Expect(http, upload.SizeBytes);
        await uploads.ReceiveAsync(upload, http.Request.BodyReader, stop);
        http.Response.Headers.ETag = $"\"{upload.DigestHex}\"";
        return Results.Ok();
    }

    static async Task<IResult> PutPartAsync(string id, int number, HttpContext http, BlobUploads uploads, UrlSigner signer, CancellationToken stop)
    {
        var upload = await AdmitAsync(id, http, uploads, signer, stop);
        if (upload.PartBytes is not null && number >= 1 && number <= upload.Parts.PartCount) Expect(http, upload.Parts.PartLength(number));
        http.Response.Headers.ETag = await uploads.ReceivePartAsync(upload, number, http.Request.BodyReader, stop);
        return Results.Ok();
    }

    /// <summary>Lets a client that was interrupted find out which parts it need not send again.</summary>
    static async Task<IResult> HeadPartAsync(string id, int number, HttpContext http, BlobUploads uploads, UrlSigner signer, CancellationToken stop)
    {
        var upload = await AdmitAsync(id, http, uploads, signer, stop);
        if (await uploads.FindPartAsync(upload, number, stop) is not { } etag) return Results.NotFound();
        http.Response.Headers.ETag = etag;
        return Results.Ok();
    }

    static async Task<IResult> CompleteAsync(string id, HttpContext http, BlobUploads uploads, UrlSigner signer, CancellationToken stop)
    {
        var upload = await AdmitAsync(id, http, uploads, signer, stop);
        var body = await JsonBody.ReadAsync(http.Request, stop);
        if (body.Text("oid") is { } oid && oid != upload.DigestHex) throw Refusal.Invalid($"This upload is of {upload.DigestHex}, not of {oid}.");
        var named = new Dictionary<int, string>();
        foreach (var part in body.List("parts"))
            named[PartNumber(part)] = part.TryGetProperty("etag", out var etag) ? etag.ToString() : "";
        await uploads.CompleteAsync(upload, named, stop);
        return Results.Json(new { oid = upload.DigestHex, size = upload.SizeBytes });
    }

    static int PartNumber(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("partNumber", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var n)
            ? n
            : throw Refusal.Invalid("Each of \"parts\" needs a \"partNumber\" and an \"etag\".");

    static async Task GetBlobAsync(
        string repository, string digest, HttpContext http, IBlobStore blobs, BlobLinkStore links, UrlSigner signer, CancellationToken stop)
    {
        if (!Ids.TryFromWire(repository, out var repositoryId) || !Digest.TryParse(digest, out var name)) throw Refusal.NotFound("No such content.");
        signer.Check(http, DownloadSubject(repositoryId, name));
        var linked = await links.LinkedAsync(repositoryId, [name], stop);
        if (!linked.TryGetValue(name, out var size)) throw Refusal.NotFound("This object is not stored in this repository.");
        await BlobResponse.SendAsync(http, blobs, name, size, new BlobHeaders($"\"{name.Hex}\"", "application/octet-stream") { CacheControl = "private, no-store" });
    }

    static async Task<Upload> AdmitAsync(string id, HttpContext http, BlobUploads uploads, UrlSigner signer, CancellationToken stop)
    {
        if (!Ids.TryFromWire(id, out var uploadId)) throw Refusal.NotFound("This upload is unknown or has expired; ask for a new one.");
        signer.Check(http, UploadSubject(uploadId));
        return await uploads.GetAsync(uploadId, stop);
    }

    /// <summary>
    /// A length that is already wrong in the header is refused before a byte is read. The store stops at the promised length by
    /// itself; the server's limit is of no use here, since it counts the framing of chunks as well.
    /// </summary>
    static void Expect(HttpContext http, long sizeBytes)
    {
        if (http.Request.ContentLength is { } stated && stated != sizeBytes)
            throw Refusal.Invalid($"{stated} bytes were announced; this upload takes exactly {sizeBytes}.");
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
    }
}
