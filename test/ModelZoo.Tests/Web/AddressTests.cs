using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

public sealed class AddressTests
{
    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("//elsewhere.example")]
    [InlineData("/\\elsewhere.example")]
    [InlineData("/a b")]
    [InlineData("/a\nb")]
    [InlineData("")]
    [InlineData(null)]
    public void What_would_leave_the_hub_is_not_a_local_address(string? text) => Assert.False(Href.TryLocal(text, out _));

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("LICENSE")]
    public void Only_web_addresses_lead_elsewhere(string text) => Assert.False(Href.TryElsewhere(text, out _));

    [Fact]
    public void A_revision_is_encoded_once_as_one_segment_and_a_path_segment_by_segment()
    {
        var address = new RepositoryLinks("dataset", "ada", "birds");

        Assert.Equal("/datasets/ada/birds/tree/feature%2Fx/a%20b/50%25%20%23c", address.Tree("feature/x", "a b/50% #c").Value);
        Assert.Equal("/datasets/ada/birds/compare?from=a%26b&to=c", address.Compare("a&b", "c").Value);
        Assert.Equal("/datasets/ada/birds", address.Home.Value);
    }
}
