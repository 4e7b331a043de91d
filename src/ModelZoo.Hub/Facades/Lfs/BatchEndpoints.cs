using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.Lfs;

/// <summary>The LFS batch call: where to send or fetch large content, object by object; and the check after sending.</summary>
static class BatchEndpoints
{
    const int MaxObjects = 1_000;

    /// <summary>Clients that ask for parts alone (ours, so that it can resume) get them from this size on.</summary>
    const long PartsAloneAbove = 16L * 1024 * 1024;

    static readonly TimeSpan s_validFor = TimeSpan.FromHours(12);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapLfs("objects/batch", ["POST"], BatchAsync);
        app.MapLfs("objects/verify", ["POST"], VerifyAsync);
    }

    static async Task<IResult> BatchAsync(
        ReadableRepository repository, HttpContext http, BlobLinkStore links, BlobUploads uploads, IBlobStore blobs, XetFiles files, XetOffer offer, UrlSigner signer,
        PublicAddress address, HubOptions options, TimeProvider time, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(http.Request, stop);
        var objects = body.List("objects");
        if (objects.Count > MaxObjects) throw new Refusal(RefusalKind.TooLarge, $"At most {MaxObjects} objects may be named in one call.");
        if (body.Text("hash_algo") is { } algorithm && algorithm is not ("sha256" or "sha_256")) throw new Refusal(RefusalKind.Conflict, "Only sha256 is supported.");
        var transfers = body.List("transfers").Select(t => t.ToString()).ToList();
        var batch = new Batch(repository, links, uploads, blobs, files, signer, address.Of(http), transfers, options.Limits.PartsAboveBytes)
        {
            Proof = http.Request.Headers.Authorization.ToString(),
            Xet = transfers.Contains("xet") && repository is ContributingRepository sender && await offer.TakesContentAsync(stop) ? XetUpload.Prepare(sender, http, address, signer, options, time) : null,
        };
        return body.Text("operation") switch
        {
            "upload" => Answer(await batch.UploadAsync(AsContributing(repository), Read(objects), stop)),
            "download" => Answer(await batch.DownloadAsync(Read(objects), stop)),
            _ => throw new Refusal(RefusalKind.Unprocessable, "\"operation\" must be upload or download."),
        };
    }

    /// <summary>
    /// The batch is one address for reading and writing; writing asks for more. Content for a pull request may be sent by whoever may
    /// open one: it is its sender's alone until a commit refers to it.
    /// </summary>
    static ContributingRepository AsContributing(ReadableRepository repository) => repository as ContributingRepository
        ?? throw (repository.Actor.IsNobody
            ? new Refusal(RefusalKind.Unauthenticated, "Invalid username or password.")
            : Refusal.Forbidden(AccessPolicy.WriteMessage(repository.Repository)));

    static async Task<IResult> VerifyAsync(ContributingRepository repository, HttpContext http, BlobLinkStore links, BlobUploads uploads, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(http.Request, stop);
        if (!Digest.TryParse(body.Text("oid"), out var digest)) throw new Refusal(RefusalKind.Unprocessable, "\"oid\" must be a SHA-256 digest of 64 lowercase hex digits.");
        await uploads.FinishSentAsync(repository, [digest], stop);
        var usable = await links.UsableAsync(repository.Id, repository.Author.Id, [digest], stop);
        if (!usable.TryGetValue(digest, out var size)) throw Refusal.NotFound("This object is not stored.");
        if (body.Number("size") is { } stated && stated != size) throw new Refusal(RefusalKind.Unprocessable, $"The stored object has {size} bytes, not {stated}.");
        return Results.Json(new { oid = digest.Hex, size }, contentType: LfsErrors.MediaType);
    }

    static List<(string Oid, Digest? Digest, long SizeBytes)> Read(IReadOnlyList<JsonElement> objects) =>
    [
        .. objects.Select(item =>
        {
            var oid = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("oid", out var id) ? id.ToString() : "";
            var size = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("size", out var bytes) && bytes.ValueKind == JsonValueKind.Number && bytes.TryGetInt64(out var n) ? n : -1;
            return (oid.Length > 200 ? oid[..200] : oid, Digest.TryParse(oid, out var digest) ? digest : null, size);
        }),
    ];

    static IResult Answer(JsonObject json) => Results.Text(json.ToJsonString(), LfsErrors.MediaType);

    sealed class Batch(
        ReadableRepository repository, BlobLinkStore links, BlobUploads uploads, IBlobStore blobs, XetFiles files, UrlSigner signer, string address,
        IReadOnlyList<string> transfers, long partsAbove)
    {
        /// <summary>How to send content by Xet, where the client offers that: the same for every object.</summary>
        public XetUpload? Xet { get; init; }

        public async Task<JsonObject> UploadAsync(ContributingRepository sender, List<(string Oid, Digest? Digest, long SizeBytes)> objects, CancellationToken stop)
        {
            var known = await links.UsableAsync(repository.Id, sender.Author.Id, [.. objects.Select(o => o.Digest).OfType<Digest>()], stop);
            var partsAlone = transfers.Contains("multipart") && !transfers.Contains("basic");
            var transfer = Xet is null ? "basic" : "xet";
            var answers = new JsonArray();
            foreach (var (oid, digest, size) in objects)
            {
                var answer = new JsonObject { ["oid"] = oid, ["size"] = Math.Max(0, size) };
                answers.Add(answer);
                if (digest is null || size < 0) Fail(answer, 422, "An object needs a SHA-256 oid of 64 lowercase hex digits and a size.");
                else if (size > BlobUploads.MaxBlobBytes) Fail(answer, 422, $"An object may have at most {BlobUploads.MaxBlobBytes} bytes.");
                else if (known.TryGetValue(digest, out var stored))
                {
                    if (stored != size) Fail(answer, 422, $"The stored object has {stored} bytes, not {size}.");
                }
                else if (Xet is not null)
                {
                    answer["authenticated"] = true;
                    answer["actions"] = new JsonObject { ["upload"] = Xet.Action() };
                }
                else
                {
                    var inParts = transfers.Contains("multipart") && size > (partsAlone ? PartsAloneAbove : partsAbove);
                    if (await uploads.BeginAsync(sender, digest, size, inParts, mayGoElsewhere: true, stop) is not { } upload) continue;
                    if (inParts) transfer = "multipart";
                    answer["authenticated"] = true;
                    answer["actions"] = new JsonObject { ["upload"] = inParts ? await PartsAsync(upload, stop) : Whole(upload), ["verify"] = Verify() };
                }
            }
            return new JsonObject { ["transfer"] = transfer, ["hash_algo"] = "sha256", ["objects"] = answers };
        }

        public async Task<JsonObject> DownloadAsync(List<(string Oid, Digest? Digest, long SizeBytes)> objects, CancellationToken stop)
        {
            var linked = await links.LinkedAsync(repository.Id, [.. objects.Select(o => o.Digest).OfType<Digest>()], stop);
            await files.FindManyAsync([.. linked.Keys], stop);       // the store signs addresses of what is known to be whole
            var answers = new JsonArray();
            foreach (var (oid, digest, size) in objects)
            {
                var answer = new JsonObject { ["oid"] = oid, ["size"] = Math.Max(0, size) };
                answers.Add(answer);
                if (digest is null) Fail(answer, 422, "An object needs a SHA-256 oid of 64 lowercase hex digits.");
                else if (!linked.TryGetValue(digest, out var stored)) Fail(answer, 404, "This object is not stored in this repository.");
                else
                {
                    answer["size"] = stored;
                    answer["authenticated"] = true;
                    answer["actions"] = new JsonObject { ["download"] = Action((await blobs.SignDownloadAsync(digest, null, null, s_validFor, stop))?.AbsoluteUri ?? OwnAddress(digest)) };
                }
            }
            return new JsonObject { ["transfer"] = "basic", ["hash_algo"] = "sha256", ["objects"] = answers };
        }

        string OwnAddress(Digest digest) =>
            $"{address}/api/blobs/{Ids.ToWire(repository.Id)}/{digest.Hex}?{signer.Sign(TransferEndpoints.DownloadSubject(repository.Id, digest), s_validFor)}";

        JsonObject Whole(Upload upload) => Action(uploads.FindAddress(upload, 1)?.AbsoluteUri
            ?? $"{address}/api/uploads/{Ids.ToWire(upload.Id)}?{signer.Sign(TransferEndpoints.UploadSubject(upload.Id), s_validFor)}");

        /// <summary>The addresses of the parts travel as header values, numbered with leading zeros; the action itself completes the upload.</summary>
        async Task<JsonObject> PartsAsync(Upload upload, CancellationToken stop)
        {
            var signed = signer.Sign(TransferEndpoints.UploadSubject(upload.Id), s_validFor);
            var id = Ids.ToWire(upload.Id);
            var header = new JsonObject { ["chunk_size"] = upload.PartBytes!.Value.ToString() };
            for (var number = 1; number <= upload.Parts.PartCount; number++)
                header[number.ToString("D5")] = uploads.FindAddress(upload, number)?.AbsoluteUri ?? $"{address}/api/uploads/{id}/parts/{number}?{signed}";
            // Addresses outside the hub cannot be asked what they have: an interrupted client of ours reads it here.
            if (uploads.FindAddress(upload, 1) is not null && await uploads.ListPartsAsync(upload, stop) is { Count: > 0 } stored)
                header["stored"] = string.Join(' ', stored.Select(part => $"{part.Key}={part.Value.Trim('"')}"));
            return new JsonObject { ["href"] = $"{address}/api/uploads/{id}/complete?{signed}", ["header"] = header, ["expires_in"] = (int)s_validFor.TotalSeconds };
        }

        /// <summary>What the asker proved itself with: git-lfs sends none of its own to addresses that stand beside "authenticated".</summary>
        public string Proof { get; init; } = "";

        JsonObject Verify()
        {
            var action = Action($"{address}/{repository.Repository.Kind.AddressPrefix()}{repository.Repository.FullName}.git/info/lfs/objects/verify");
            if (Proof.Length > 0) action["header"]!["Authorization"] = Proof;
            return action;
        }

        static JsonObject Action(string href) => new() { ["href"] = href, ["header"] = new JsonObject(), ["expires_in"] = (int)s_validFor.TotalSeconds };

        static void Fail(JsonObject answer, int code, string message) => answer["error"] = new JsonObject { ["code"] = code, ["message"] = message };
    }
}
