namespace ModelZoo.Hub.Web.Components;

/// <summary>A repository in a list: what one line can say about it.</summary>
public sealed record RepositorySummary(RepositoryLinks Links, DateTimeOffset UpdatedAt)
{
    public bool IsPrivate { get; init; }
    public string? Description { get; init; }
    public string? PipelineTag { get; init; }
    public string? Library { get; init; }
    public string? License { get; init; }
    public long? ParameterCount { get; init; }
    public long? SizeBytes { get; init; }
    public IReadOnlyList<string> Formats { get; init; } = [];
    public long Downloads { get; init; }
    public long Likes { get; init; }
}
