using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>A name that points at a commit.</summary>
/// <param name="Name">Short name, <c>main</c>.</param>
/// <param name="FullName">Full name, <c>refs/heads/main</c>.</param>
/// <param name="TargetCommit">The commit it points at.</param>
public sealed record Reference(string Name, [property: JsonPropertyName("ref")] string FullName, string TargetCommit);

/// <summary>All names of a repository.</summary>
/// <param name="Branches">Names that move with commits.</param>
/// <param name="Tags">Names that stay.</param>
/// <param name="Converts">Branches the hub makes itself.</param>
/// <param name="PullRequests">Proposals, when asked for.</param>
public sealed record References(
    IReadOnlyList<Reference> Branches, IReadOnlyList<Reference> Tags, IReadOnlyList<Reference>? Converts = null, IReadOnlyList<Reference>? PullRequests = null);
