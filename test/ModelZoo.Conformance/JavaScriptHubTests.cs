using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>@huggingface/hub from npm, unmodified, with only its hub address changed.</summary>
public sealed class JavaScriptHubTests(HubProcess hub)
{
    [Theory]
    [InlineData("repositories.mjs")]
    [InlineData("files.mjs")]
    [InlineData("uploads.mjs")]
    [InlineData("proposals.mjs")]
    [InlineData("xet.mjs")]
    [InlineData("listing.mjs")]
    [InlineData("errors.mjs")]
    public async Task The_hub_package_from_npm_works_unmodified(string script) => await NodeClient.RunAsync(hub, script);
}
