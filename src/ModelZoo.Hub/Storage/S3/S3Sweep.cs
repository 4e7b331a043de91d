using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace ModelZoo.Hub.Storage;

/// <summary>Lists what a bucket holds, and removes what nobody finished.</summary>
static class S3Sweep
{
    public static async IAsyncEnumerable<S3Object> ListAsync(S3Bucket bucket, string prefix, [EnumeratorCancellation] CancellationToken stop)
    {
        var request = new ListObjectsV2Request { BucketName = bucket.Name, Prefix = prefix };
        for (ListObjectsV2Response page; ; request.ContinuationToken = page.NextContinuationToken)
        {
            page = await S3Bucket.CallAsync(() => bucket.Client.ListObjectsV2Async(request, stop));
            foreach (var found in page.S3Objects ?? []) yield return found;
            if (page.IsTruncated != true) yield break;
        }
    }

    public static async Task<int> SweepAsync(S3Bucket bucket, DateTimeOffset olderThan, CancellationToken stop)
    {
        var removed = 0;
        foreach (var upload in await ListUploadsAsync(bucket, stop))
        {
            if (upload.Initiated >= olderThan.UtcDateTime || await IsActiveAsync(bucket, upload, olderThan, stop)) continue;
            await bucket.AbortMultipartAsync(upload.Key, upload.UploadId, stop);
            removed++;
        }
        await foreach (var staged in ListAsync(bucket, bucket.Staging, stop))
        {
            if (staged.LastModified >= olderThan.UtcDateTime) continue;
            await bucket.DeleteAsync(staged.Key, stop);
            removed++;
        }
        return removed;
    }

    /// <summary>All at once and not page by page, because aborting while paging would move the pages.</summary>
    static async Task<List<MultipartUpload>> ListUploadsAsync(S3Bucket bucket, CancellationToken stop)
    {
        var uploads = new List<MultipartUpload>();
        var request = new ListMultipartUploadsRequest { BucketName = bucket.Name, Prefix = bucket.Prefix };
        for (ListMultipartUploadsResponse page; ; (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker))
        {
            page = await S3Bucket.CallAsync(() => bucket.Client.ListMultipartUploadsAsync(request, stop));
            uploads.AddRange((page.MultipartUploads ?? []).Where(upload =>
                upload.Key.StartsWith(bucket.Blobs, StringComparison.Ordinal) || upload.Key.StartsWith(bucket.Staging, StringComparison.Ordinal)));
            if (page.IsTruncated != true) return uploads;
        }
    }

    /// <summary>An upload that began long ago may still be growing.</summary>
    static async Task<bool> IsActiveAsync(S3Bucket bucket, MultipartUpload upload, DateTimeOffset since, CancellationToken stop)
    {
        var request = new ListPartsRequest { BucketName = bucket.Name, Key = upload.Key, UploadId = upload.UploadId };
        try
        {
            for (ListPartsResponse page; ; request.PartNumberMarker = page.NextPartNumberMarker?.ToString())
            {
                page = await S3Bucket.CallAsync(() => bucket.Client.ListPartsAsync(request, stop));
                if ((page.Parts ?? []).Any(part => part.LastModified >= since.UtcDateTime)) return true;
                if (page.IsTruncated != true) return false;
            }
        }
        catch (AmazonS3Exception e) when (S3Bucket.IsMissing(e))
        {
            return false;
        }
    }
}
