using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Sending;
using ModelZoo.Hub.Xet;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>
/// Gives out parts of stored xorbs. The address is signed for certain ranges; the request's Range header says which of them, one or
/// several. A file that is asked for that way is decoded by the client, so nothing is decoded here.
/// </summary>
static class XorbDownloadEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/xorbs/{hash}", GetAsync)
        .WithMetadata(new SelfAuthorising(), new Limited(RateClass.Unlimited), new Public("the address is signed"));

    static async Task GetAsync(string hash, HttpContext http, UrlSigner signer, Xorbs xorbs, XorbBytes bytes, IBlobStore blobs, CancellationToken stop)
    {
        var named = XetCasRoutes.ParseHash(hash);
        var text = http.Request.Query["r"].ToString();
        signer.Check(http, XorbAddresses.Subject(named, text));
        var signed = Parse(text) ?? throw Refusal.Forbidden("This address is not signed by this hub.");
        if (!http.Request.Headers.Range.ToString().StartsWith("bytes=", StringComparison.Ordinal) || Parse(http.Request.Headers.Range.ToString()[6..]) is not { } wanted)
            throw Refusal.Invalid("Say with a Range header which of the signed ranges to send.");
        if (wanted.Count > signed.Count || !wanted.All(range => signed.Any(allowed => allowed.Start <= range.Start && allowed.End >= range.End)))
            throw Refusal.Forbidden("This address is signed for other ranges.");
        if (await xorbs.FindAsync(named, stop) is not { } xorb || wanted.Any(range => range.End > xorb.Index.StoredLength)) throw Refusal.NotFound("This xorb is not stored any more.");

        http.Response.StatusCode = StatusCodes.Status206PartialContent;
        http.Response.Headers.ETag = $"\"{named}\"";
        http.Response.Headers.AcceptRanges = "bytes";
        http.Response.Headers.CacheControl = "private, max-age=3600";
        if (wanted is [var single]) await SendAsync(http, xorb, single, bytes, blobs, stop);
        else await SendAsync(http, xorb, wanted, bytes, blobs, stop);
    }

    static async Task SendAsync(HttpContext http, StoredXorb xorb, ByteRange range, XorbBytes bytes, IBlobStore blobs, CancellationToken stop)
    {
        if (xorb.ViewOffset is null && blobs.FindLocalFile(xorb.Digest) is { } path)
        {
            Announce();
            await http.Response.SendFileAsync(path, range.Start, range.Length, stop);
            return;
        }
        await using var content = await bytes.OpenAsync(blobs, xorb.Hash, range, stop);
        Announce();
        await BodyCopy.SendAsync(http, (buffer, _, limit) => content.ReadAsync(buffer, limit), range.Length, stop);

        void Announce()
        {
            http.Response.ContentType = "application/octet-stream";
            http.Response.Headers.ContentRange = ContentRange(range, xorb);
            http.Response.ContentLength = range.Length;
        }
    }

    /// <summary>Several ranges are the parts of one body (RFC 9110, 14.6), in the order in which they were asked for.</summary>
    static async Task SendAsync(HttpContext http, StoredXorb xorb, List<ByteRange> ranges, XorbBytes bytes, IBlobStore blobs, CancellationToken stop)
    {
        var boundary = $"zoo-{Guid.NewGuid():n}";
        var heads = ranges.Select((range, i) => Encoding.ASCII.GetBytes(
            $"{(i == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: {ContentRange(range, xorb)}\r\n\r\n")).ToList();
        var tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        http.Response.ContentType = $"multipart/byteranges; boundary={boundary}";
        http.Response.ContentLength = heads.Sum(head => (long)head.Length) + ranges.Sum(range => range.Length) + tail.Length;
        for (var i = 0; i < ranges.Count; i++)
        {
            await using var content = await bytes.OpenAsync(blobs, xorb.Hash, ranges[i], stop);
            await http.Response.BodyWriter.WriteAsync(heads[i], stop);
            await BodyCopy.SendAsync(http, (buffer, _, limit) => content.ReadAsync(buffer, limit), ranges[i].Length, stop);
        }
        await http.Response.BodyWriter.WriteAsync(tail, stop);
    }

    static string ContentRange(ByteRange range, StoredXorb xorb) => string.Create(CultureInfo.InvariantCulture, $"bytes {range.Start}-{range.Last}/{xorb.Index.StoredLength}");

    /// <summary>"a-b" or "a-b,c-d", both ends given; null for anything else.</summary>
    static List<ByteRange>? Parse(string text)
    {
        if (text.Length > 8192) return null;
        var ranges = new List<ByteRange>();
        foreach (var part in text.Split(','))
        {
            if (part.Trim().Split('-') is not [var first, var last]
                || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                || !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var end) || end < start) return null;
            ranges.Add(new(start, end + 1L));
        }
        return ranges;
    }
}
