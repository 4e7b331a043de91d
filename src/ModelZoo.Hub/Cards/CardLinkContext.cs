namespace ModelZoo.Hub.Cards;

/// <summary>Where the links of a text lead.</summary>
/// <param name="RepositoryUrl">Address of the repository's page without a slash at the end: <c>/acme/vit</c>, <c>/datasets/acme/reviews</c>.</param>
/// <param name="Revision">Branch, tag or commit that relative links stay on, not yet escaped.</param>
sealed record CardLinkContext(string RepositoryUrl, string Revision)
{
    /// <summary>Folder of the file the text comes from, without slashes around it; empty for the root.</summary>
    public string Folder { get; init; } = "";

    /// <summary>True when images may be loaded from other hosts; otherwise they become links.</summary>
    public bool AllowRemoteImages { get; init; }

    /// <summary>Stands in every anchor, so that several texts on one page have none in common.</summary>
    public string Anchors { get; init; } = "";

    /// <summary>Hosts (with port) that are this hub: links to them are not outside links.</summary>
    public IReadOnlyList<string> OwnHosts { get; init; } = [];

    public string BlobUrl(string path) => $"{RepositoryUrl}/blob/{Escape(Revision)}/{EscapePath(path)}";

    public string TreeUrl(string path) => path.Length == 0 ? $"{RepositoryUrl}/tree/{Escape(Revision)}" : $"{RepositoryUrl}/tree/{Escape(Revision)}/{EscapePath(path)}";

    public string ResolveUrl(string path) => $"{RepositoryUrl}/resolve/{Escape(Revision)}/{EscapePath(path)}";

    /// <summary>One segment: a branch "feature/x" is "feature%2Fx" in addresses.</summary>
    static string Escape(string revision) => Uri.EscapeDataString(revision);

    static string EscapePath(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
