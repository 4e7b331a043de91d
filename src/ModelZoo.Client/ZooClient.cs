namespace ModelZoo.Client;

/// <summary>
/// A typed client of a model hub that speaks the Hugging Face protocol. One instance serves one hub and one token; it is safe to
/// use from several threads and should live as long as the program.
/// </summary>
/// <example><code>
/// using var zoo = new ZooClient(new() { Endpoint = new("http://localhost:8080"), Token = "hf_…" });
/// await zoo.CreateRepositoryAsync(RepoId.Parse("ada/vit"));
/// await zoo.UploadFolderAsync(RepoId.Parse("ada/vit"), "./vit");
/// await zoo.DownloadSnapshotAsync(RepoId.Parse("ada/vit"), "./copy");
/// </code></example>
/// <remarks>A refusal of the hub is a <see cref="ZooApiException"/>; a connection that cannot be had or kept is an
/// <see cref="HttpRequestException"/> or <see cref="IOException"/> after the tries that <see cref="ZooClientOptions.MaxAttempts"/> allows.</remarks>
public sealed partial class ZooClient : IDisposable
{
    /// <summary>The branch every repository begins with.</summary>
    public const string DefaultBranch = "main";

    readonly HubTransport _hub;

    /// <summary>Makes a client; no request is sent yet.</summary>
    /// <exception cref="ArgumentException">The endpoint is not an http(s) address, or the token cannot be one.</exception>
    public ZooClient(ZooClientOptions options) => _hub = new(options);

    /// <summary>The settings this client was made with.</summary>
    public ZooClientOptions Options => _hub.Options;

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _hub.Dispose();
}
