using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Cluster;

/// <summary>Two nodes, and large content at signed addresses of the S3 server.</summary>
public sealed class DirectCluster : IAsyncLifetime
{
    ProcessCluster? _cluster;

    public HubProcess Node => _cluster!.Nodes[0];

    public async ValueTask InitializeAsync() => _cluster = await ProcessCluster.StartAsync(seed: 1, 0);

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
    }
}

/// <summary>The real clients, which know nothing of S3, where large content goes there and comes from there.</summary>
public sealed class DirectClientTests(DirectCluster cluster) : IClassFixture<DirectCluster>
{
    [Theory]
    [InlineData("files.mjs")]
    [InlineData("uploads.mjs")]
    public Task JavaScript(string script) => NodeClient.RunAsync(cluster.Node, script);

    [Theory]
    [InlineData("large_files.py")]
    [InlineData("reading.py")]
    public Task Python_with_requests(string script) => PythonClient.Requests.RunAsync(cluster.Node, script);

    [Theory]
    [InlineData("large_files.py")]
    [InlineData("reading.py")]
    public Task Python_with_httpx(string script) => PythonClient.Httpx.RunAsync(cluster.Node, script);
}
