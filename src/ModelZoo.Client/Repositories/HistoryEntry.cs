namespace ModelZoo.Client;

/// <summary>A commit in a repository's history.</summary>
/// <param name="Id">Its git id.</param>
/// <param name="Title">First line of its message.</param>
/// <param name="Message">The rest of its message.</param>
/// <param name="Date">When it was made.</param>
/// <param name="Authors">Who made it.</param>
public sealed record HistoryEntry(string Id, string Title, string? Message, DateTimeOffset? Date, IReadOnlyList<HistoryAuthor>? Authors = null);

/// <summary>Who made a commit.</summary>
/// <param name="User">Account handle, or the name in the commit.</param>
public sealed record HistoryAuthor(string? User);
