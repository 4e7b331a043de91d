using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Storage;

public sealed class StorageOptionsTests
{
    static readonly StorageOptions S3 = new() { Kind = StorageKind.S3, Bucket = "zoo", Endpoint = "http://localhost:9000", AccessKey = "a", SecretKey = "s" };

    [Fact]
    public void Right_options_pass()
    {
        new StorageOptions { Root = "/data" }.Validate();
        S3.Validate();
        (S3 with { Endpoint = null, AccessKey = null, SecretKey = null, Prefix = "hub/", RedirectDownloads = true }).Validate();
        Assert.DoesNotContain("SecretKey", S3.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_mistake_is_said_in_one_sentence()
    {
        foreach (var wrong in new[]
        {
            new(), new StorageOptions { Root = "/data", RedirectDownloads = true }, S3 with { Kind = (StorageKind)7 }, S3 with { Bucket = " " }, S3 with { Region = "" },
            S3 with { Endpoint = "localhost:9000" }, S3 with { Endpoint = "ftp://x" }, S3 with { SecretKey = null }, S3 with { Prefix = "hub" }, S3 with { Prefix = "/hub/" },
        })
        {
            var mistake = Assert.Throws<InvalidOperationException>(wrong.Validate).Message;
            Assert.EndsWith(".", mistake, StringComparison.Ordinal);
        }
    }
}
