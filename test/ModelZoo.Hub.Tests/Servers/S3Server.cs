using Amazon.S3;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests;

/// <summary>One S3 server for the whole test run; every test class takes a bucket of its own.</summary>
static class S3Server
{
    static readonly ServerScript Script = new("start-s3.sh", "ceph-mon ceph-osd radosgw ceph-common curl");
    static int s_buckets;

    /// <summary>Makes an empty bucket and returns the options that name it. Skips the test where the server is not installed.</summary>
    public static async Task<StorageOptions> CreateBucketAsync()
    {
        var settings = await Script.GetSettingsAsync();
        var options = new StorageOptions
        {
            Kind = StorageKind.S3, Endpoint = settings["S3_ENDPOINT"], Region = settings["S3_REGION"], AccessKey = settings["S3_ACCESS_KEY"],
            SecretKey = settings["S3_SECRET_KEY"], Bucket = $"zoo-{Interlocked.Increment(ref s_buckets)}",
            RedirectDownloads = false, DirectUploads = false,       // what the hub does itself; tests of the direct way say so
        };
        using var bucket = new S3Bucket(options);
        await bucket.Client.PutBucketAsync(options.Bucket);
        return options;
    }
}
