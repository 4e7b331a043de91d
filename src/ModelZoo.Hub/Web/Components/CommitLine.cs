namespace ModelZoo.Hub.Web.Components;

/// <summary>One commit in a list.</summary>
/// <param name="Author">The account's handle where it is known, else the name in the commit.</param>
public sealed record CommitLine(string Id, string Title, string Author, DateTimeOffset At)
{
    /// <summary>The author's page, when the author has an account here.</summary>
    public Href? AuthorLink { get; init; }

    public string ShortId => Id.Length > 8 ? Id[..8] : Id;
}
