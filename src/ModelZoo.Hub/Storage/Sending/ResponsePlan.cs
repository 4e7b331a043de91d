using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>How a request for a file is answered: the status, and which of its bytes are sent.</summary>
sealed record ResponsePlan(int Status, long Offset, long Length, string? ContentRange = null)
{
    /// <summary>RFC 9110, 13.2.2: preconditions in their order, then the range.</summary>
    public static ResponsePlan For(HttpRequest request, BlobHeaders file, long sizeBytes)
    {
        var conditions = new RequestHeaders(request.Headers);
        var etag = EntityTagHeaderValue.Parse(file.ETag);
        if (conditions.IfMatch is { Count: > 0 } wanted && !Matches(wanted, etag, strong: true)) return new(StatusCodes.Status412PreconditionFailed, 0, 0);
        if (conditions.IfNoneMatch is { Count: > 0 } known && Matches(known, etag, strong: false)) return new(StatusCodes.Status304NotModified, 0, 0);

        var whole = new ResponsePlan(StatusCodes.Status200OK, 0, sizeBytes);
        var header = request.Headers.Range is [{ } single] ? single : null;
        if (header is null || !HttpMethods.IsGet(request.Method)) return whole;
        // An empty file has no range; clients that probe a file with its first byte want to learn that, not an error.
        if (sizeBytes == 0) return whole with { ContentRange = "bytes */0" };
        if (!IsStill(conditions.IfRange, request.Headers.IfRange.Count > 0, etag, file.LastModified)) return whole;
        return RangeRequest.Find(header, sizeBytes) switch
        {
            null => whole,
            { IsSatisfiable: false } => new(StatusCodes.Status416RangeNotSatisfiable, 0, 0, $"bytes */{sizeBytes}"),
            { } range => new(StatusCodes.Status206PartialContent, range.Offset, range.Length, $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{sizeBytes}"),
        };
    }

    static bool Matches(IList<EntityTagHeaderValue> tags, EntityTagHeaderValue etag, bool strong) =>
        tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(etag, strong));

    /// <summary>If-Range: the range counts only when the file is still the one that the client has a part of.</summary>
    static bool IsStill(RangeConditionHeaderValue? condition, bool isSent, EntityTagHeaderValue etag, DateTimeOffset? lastModified) =>
        !isSent || condition?.EntityTag?.Compare(etag, useStrongComparison: true) == true
            || (condition?.LastModified is { } date && lastModified is { } modified && date.ToUnixTimeSeconds() == modified.ToUnixTimeSeconds());
}
