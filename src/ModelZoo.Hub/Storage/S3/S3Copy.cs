using Amazon.S3.Model;

namespace ModelZoo.Hub.Storage;

/// <summary>Copies an object inside the server, in one request up to 5 GB and in parts above (S3's limit of CopyObject).</summary>
static class S3Copy
{
    const long MaxSingleBytes = 5_000_000_000;
    const long PartBytes = 1L << 30;

    public static async Task CopyAsync(S3Bucket bucket, string from, string to, long sizeBytes, CancellationToken stop)
    {
        if (sizeBytes <= MaxSingleBytes)
        {
            await S3Bucket.CallAsync(() => bucket.Client.CopyObjectAsync(bucket.Name, from, bucket.Name, to, stop));
            return;
        }
        await CopyPartsAsync(bucket, from, to, sizeBytes, PartBytes, stop);
    }

    public static async Task CopyPartsAsync(S3Bucket bucket, string from, string to, long sizeBytes, long partBytes, CancellationToken stop)
    {
        var uploadId = await bucket.BeginMultipartAsync(to, stop);
        try
        {
            var parts = new List<PartETag>();
            for (long position = 0; position < sizeBytes; position += partBytes)
            {
                var request = new CopyPartRequest
                {
                    SourceBucket = bucket.Name, SourceKey = from, DestinationBucket = bucket.Name, DestinationKey = to, UploadId = uploadId,
                    PartNumber = parts.Count + 1, FirstByte = position, LastByte = Math.Min(position + partBytes, sizeBytes) - 1,
                };
                var response = await S3Bucket.CallAsync(() => bucket.Client.CopyPartAsync(request, stop));
                parts.Add(new(request.PartNumber ?? 0, response.ETag));
            }
            if (!await bucket.TryCompleteMultipartAsync(to, uploadId, parts, stop) && await bucket.FindSizeAsync(to, stop) != sizeBytes)
                throw new IOException($"The object store lost the copy to {to}.");
        }
        catch
        {
            await bucket.AbortMultipartAsync(to, uploadId, CancellationToken.None);
            throw;
        }
    }
}
