using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Repositories;

/// <summary>A named, versioned tree of files owned by an account. Facts only: what may be done with it is a capability (Access/).</summary>
sealed record Repository
{
    public const int MaxNameLength = 96;

    public long Id { get; init; }
    public RepositoryKind Kind { get; init; }
    public long OwnerId { get; init; }
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
    public bool IsPrivate { get; init; }
    public string DefaultBranch { get; init; } = "main";
    public string Description { get; init; } = "";
    public string? Sdk { get; init; }
    public long SpaceId { get; init; }
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }
    public long? DisabledAt { get; init; }
    public long Downloads { get; init; }
    public long DownloadsAllTime { get; init; }
    public long Likes { get; init; }

    /// <summary>A push by git may rewrite branches and tags, and remove the default branch.</summary>
    public bool AllowsForcePush { get; init; }

    /// <summary>Discussions and pull requests may be opened.</summary>
    public bool AllowsDiscussions { get; init; } = true;

    /// <summary>"ada/vit": the id that clients use.</summary>
    public string FullName => $"{Owner}/{Name}";

    /// <summary>"/ada/vit" or "/datasets/ada/digits": its web address without the base.</summary>
    public string Address => $"/{Kind.AddressPrefix()}{FullName}";

    public string DefaultReference => "refs/heads/" + DefaultBranch;

    public static string NameKey(string name) => name.ToLowerInvariant();

    /// <summary>Empty when the name is legal for a repository.</summary>
    public static string NameProblem(string? name) => Handle.NameProblem(name, MaxNameLength, "A repository name");
}
