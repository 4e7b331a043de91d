namespace ModelZoo.Hub.Web.Pages.Settings;

/// <param name="Role">read, write or fine-grained.</param>
/// <param name="Ending">The last characters, to tell tokens apart.</param>
public sealed record TokenLine(string Id, string Name, string Role, string Ending, DateTimeOffset CreatedAt)
{
    public DateTimeOffset? LastUsedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Repositories a fine-grained token reaches, with what it may there.</summary>
    public IReadOnlyList<string> Reach { get; init; } = [];
}

/// <summary>How programs sign in. A new token's text is on this page once, right after it was made.</summary>
public sealed record TokensPageModel(PageFrame Frame, FormState Form)
{
    public IReadOnlyList<TokenLine> Tokens { get; init; } = [];

    /// <summary>The text of the token just made; shown this once.</summary>
    public string? NewToken { get; init; }

    /// <summary>Ids that a fine-grained token can be limited to, offered while typing.</summary>
    public IReadOnlyList<string> Repositories { get; init; } = [];
}
