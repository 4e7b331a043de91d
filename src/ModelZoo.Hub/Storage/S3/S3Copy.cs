using Amazon.S3.Model;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Copies an object inside the server, always in parts: joining them takes the condition that the key is free, which a plain
/// copy does not.
/// </summary>
static class S3Copy
{
    const long PartBytes = 1L << 30;

    public static Task CopyAsync(S3Bucket bucket, string from, string to, long sizeBytes, CancellationToken stop) =>
        CopyPartsAsync(bucket, from, to, sizeBytes, PartBytes, stop);

    public static async Task CopyPartsAsync(S3Bucket bucket, string from, string to, long sizeBytes, long partBytes, CancellationToken stop)
    {
        if (sizeBytes == 0)
        {
            await bucket.TryPutAsync(to, [], 0, stop);      // no part of it could be copied
            return;
        }
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
