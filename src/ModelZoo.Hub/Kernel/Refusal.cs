namespace ModelZoo.Hub.Kernel;

/// <summary>Why the hub says no. Each facade maps these to its own statuses, once.</summary>
enum RefusalKind
{
    /// <summary>The request itself is wrong: a bad name, a bad body, a digest that does not match.</summary>
    Invalid,
    /// <summary>Nobody is signed in, or the credentials are wrong.</summary>
    Unauthenticated,
    /// <summary>The actor is known and may see the thing, but not do this to it.</summary>
    Forbidden,
    /// <summary>Missing, or hidden from this actor: the two are the same.</summary>
    NotFound,
    /// <summary>It exists already, or something else stands in the way.</summary>
    Conflict,
    /// <summary>The branch moved since the caller looked.</summary>
    Stale,
    TooLarge,
    /// <summary>The content was understood, but it may not be stored as it is.</summary>
    Unprocessable,
    RangeNotSatisfiable,
    /// <summary>The client sent its request too slowly.</summary>
    TimedOut,
    /// <summary>Too many requests; try again after <see cref="Refusal.RetryAfter"/>.</summary>
    TooMany,
    /// <summary>The hub cannot do this now (disk full, database away); nothing was changed.</summary>
    Unavailable,
    NotSupported,
    /// <summary>Our own bug, said without details.</summary>
    Fault,
}

/// <summary>What was not found, in the words that Hugging Face clients branch on (<c>X-Error-Code</c>).</summary>
enum MissingThing { Other, Repository, Revision, Entry }

/// <summary>"No, and this is why you may know." Thrown anywhere, caught once, said in the dialect of the facade that asked.</summary>
sealed class Refusal(RefusalKind kind, string message) : Exception(message)
{
    public RefusalKind Kind { get; } = kind;

    public MissingThing Missing { get; init; }

    /// <summary>The commit in which an entry was looked for; clients cache the absence under it.</summary>
    public string? CommitId { get; init; }

    /// <summary>The address of the thing that already exists, when a creation conflicts.</summary>
    public string? ExistingUrl { get; init; }

    /// <summary>The total size that a range did not fit into.</summary>
    public long? TotalBytes { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The allowance that was used up.</summary>
    public RateQuota? Quota { get; init; }

    /// <summary>What really happened, for the log; never shown.</summary>
    public Exception? Cause { get; init; }

    /// <summary>Single findings behind the message, for instance of a card.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>True when the credentials themselves were wrong, which clients must not mistake for a missing repository.</summary>
    public bool BadCredentials { get; init; }

    public static Refusal Invalid(string message) => new(RefusalKind.Invalid, message);
    public static Refusal NotFound(string message) => new(RefusalKind.NotFound, message);
    public static Refusal Forbidden(string message) => new(RefusalKind.Forbidden, message);
    public static Refusal Conflict(string message) => new(RefusalKind.Conflict, message);
    public static Refusal RevisionNotFound(string revision) =>
        new(RefusalKind.NotFound, $"Invalid rev id: {revision}") { Missing = MissingThing.Revision };
    public static Refusal EntryNotFound(string path, string commitId) =>
        new(RefusalKind.NotFound, $"Entry not found: {path}") { Missing = MissingThing.Entry, CommitId = commitId };
}
