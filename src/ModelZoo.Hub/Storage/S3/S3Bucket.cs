using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// One bucket on one server: the client as servers other than Amazon's need it, the few calls that several places make, and
/// the server's faults said as <see cref="Refusal"/>s.
/// </summary>
sealed class S3Bucket : IDisposable
{
    readonly bool _signsPlainHttp;

    public S3Bucket(StorageOptions options)
    {
        Name = options.Bucket!;
        Prefix = options.Prefix;
        _signsPlainHttp = (options.PublicEndpoint ?? options.Endpoint)?.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ?? false;
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            AuthenticationRegion = options.Region,
            // The newer default checksums are unknown to servers such as the Ceph gateway (XAmzContentSHA256Mismatch).
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 3,
        };
        if (string.IsNullOrEmpty(options.Endpoint)) config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        else config.ServiceURL = options.Endpoint;
        Client = Connect(options, config);
        Signer = string.IsNullOrEmpty(options.PublicEndpoint) ? Client : Connect(options, new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle, AuthenticationRegion = options.Region, ServiceURL = options.PublicEndpoint,
        });
    }

    static AmazonS3Client Connect(StorageOptions options, AmazonS3Config config) => string.IsNullOrEmpty(options.AccessKey)
        ? new AmazonS3Client(config)
        : new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);

    public AmazonS3Client Client { get; }

    /// <summary>Makes addresses for clients, at the address where they see the server.</summary>
    AmazonS3Client Signer { get; }

    public string Name { get; }

    public string Prefix { get; }

    public string Blobs => $"{Prefix}blobs/";

    public string Staging => $"{Prefix}staging/";

    /// <summary>
    /// Servers refuse requests and addresses whose time is minutes off. The SDK mends its own requests when told so by the server,
    /// but nobody tells it about addresses that clients use.
    /// </summary>
    public static void CorrectClock(TimeSpan correction) =>
        Amazon.AWSConfigs.ManualClockCorrection = correction.Duration() > TimeSpan.FromSeconds(2) ? correction : null;

    static DateTime Now => DateTime.UtcNow + (Amazon.AWSConfigs.ManualClockCorrection ?? TimeSpan.Zero);

    /// <summary>An address that carries its own permission for a while.</summary>
    public Uri Sign(GetPreSignedUrlRequest request, TimeSpan validFor)
    {
        request.BucketName = Name;
        request.Expires = Now + validFor;
        request.Protocol = _signsPlainHttp ? Protocol.HTTP : Protocol.HTTPS;
        // As signed: another escaping of the same path would be another path to the signature.
        return new(Signer.GetPreSignedURL(request), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }

    public async Task<long?> FindSizeAsync(string key, CancellationToken stop)
    {
        try
        {
            return await CallAsync(async () => (await Client.GetObjectMetadataAsync(Name, key, stop)).ContentLength);
        }
        catch (AmazonS3Exception e) when (IsMissing(e))
        {
            return null;
        }
    }

    /// <summary>Reads a range. The stream throws when the body ends early.</summary>
    /// <exception cref="FileNotFoundException">The object is absent.</exception>
    public async Task<Stream> OpenReadAsync(string key, long offset, long length, CancellationToken stop)
    {
        // HTTP has no range of no bytes.
        if (length == 0) return await FindSizeAsync(key, stop) is null ? throw new FileNotFoundException($"There is no object {key}.") : Stream.Null;
        var request = new GetObjectRequest { BucketName = Name, Key = key, ByteRange = new ByteRange(offset, offset + length - 1) };
        try
        {
            var response = await CallAsync(() => Client.GetObjectAsync(request, stop));
            if (response.ContentLength != length)
            {
                response.Dispose();
                throw new EndOfStreamException($"The object store offers {response.ContentLength} bytes where {length} were asked for.");
            }
            return new S3ReadStream(response, length);
        }
        catch (AmazonS3Exception e) when (IsMissing(e))
        {
            throw new FileNotFoundException($"There is no object {key}.", e);
        }
    }

    /// <summary>Stores a small object in one request; false when the key is taken.</summary>
    public async Task<bool> TryPutAsync(string key, byte[] buffer, int count, CancellationToken stop)
    {
        try
        {
            await CallAsync(async () =>
            {
                using var body = new MemoryStream(buffer, 0, count, writable: false);
                return await Client.PutObjectAsync(new PutObjectRequest
                {
                    BucketName = Name, Key = key, InputStream = body, IfNoneMatch = "*", UseChunkEncoding = false, AutoCloseStream = false,
                }, stop);
            });
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    public Task DeleteAsync(string key, CancellationToken stop) => CallAsync(() => Client.DeleteObjectAsync(Name, key, stop));

    public async Task<string> BeginMultipartAsync(string key, CancellationToken stop) =>
        (await CallAsync(() => Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = Name, Key = key }, stop))).UploadId;

    public async Task<PartETag> UploadPartAsync(string key, string uploadId, int number, byte[] buffer, int count, CancellationToken stop)
    {
        var response = await CallAsync(async () =>
        {
            using var body = new MemoryStream(buffer, 0, count, writable: false);
            return await Client.UploadPartAsync(new UploadPartRequest
            {
                BucketName = Name, Key = key, UploadId = uploadId, PartNumber = number, InputStream = body, PartSize = count, UseChunkEncoding = false,
            }, stop);
        });
        return new(number, response.ETag);
    }

    /// <summary>
    /// Joins the parts, unless the key is taken. False when it is, or when the server no longer knows the upload, which a lost
    /// answer to an earlier try can mean.
    /// </summary>
    public async Task<bool> TryCompleteMultipartAsync(string key, string uploadId, List<PartETag> parts, CancellationToken stop)
    {
        try
        {
            await CallAsync(() => Client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = Name, Key = key, UploadId = uploadId, PartETags = parts, IfNoneMatch = "*" }, stop));
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
        {
            await AbortMultipartAsync(key, uploadId, stop);
            return false;
        }
        catch (AmazonS3Exception e) when (IsMissing(e))
        {
            return false;
        }
    }

    /// <summary>Does nothing when the upload is gone.</summary>
    public async Task AbortMultipartAsync(string key, string uploadId, CancellationToken stop)
    {
        try
        {
            await CallAsync(() => Client.AbortMultipartUploadAsync(Name, key, uploadId, stop));
        }
        catch (AmazonS3Exception e) when (IsMissing(e))
        {
            // Completed or aborted before.
        }
    }

    public static bool IsMissing(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.NotFound;

    /// <summary>Makes a call; what says that the server is away, full or closed to us becomes a refusal that says so.</summary>
    public static async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        for (var triesLeft = 2; ; triesLeft--)
        {
            try
            {
                return await call();
            }
            catch (AmazonServiceException error) when (IsConfusion(error) && triesLeft > 0)
            {
                // Once more, on another connection.
            }
            catch (Exception error) when (FindFault(error) is { } fault)
            {
                throw fault;
            }
        }
    }

    /// <summary>
    /// A 400 without S3's own words comes from a web server that was not at a request's beginning: the Ceph gateway refuses some
    /// requests (403, 404) without reading their bodies and then takes what follows on the connection for a request.
    /// </summary>
    static bool IsConfusion(AmazonServiceException error) => error is { StatusCode: HttpStatusCode.BadRequest, ErrorCode: null or "" or "BadRequest" };

    static Refusal? FindFault(Exception error) => error switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => Unavailable("The object store has no such bucket."),
        AmazonServiceException { ErrorCode: "QuotaExceeded" or "StorageFull" or "XMinioStorageFull" } or
            AmazonServiceException { StatusCode: HttpStatusCode.InsufficientStorage } => Unavailable("The object store is full; nothing was stored."),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } => Unavailable("The object store refuses the hub's credentials."),
        AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout } or
            HttpRequestException or TimeoutException or IOException and not FileNotFoundException and not EndOfStreamException => Away(),
        AmazonServiceException { StatusCode: 0 } or AmazonClientException => Away(),
        // The SDK's own time-out; a caller's cancellation carries the caller's token and passes.
        TaskCanceledException { InnerException: TimeoutException } => Away(),
        _ => null,
    };

    static Refusal Away() => Unavailable("The object store does not answer; nothing was stored.");

    static Refusal Unavailable(string message) => new(RefusalKind.Unavailable, message);

    public void Dispose()
    {
        Client.Dispose();
        Signer.Dispose();
    }
}
