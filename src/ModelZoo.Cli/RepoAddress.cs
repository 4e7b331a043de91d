using System.CommandLine;
using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>What a person writes for a repository: <c>[datasets/|spaces/]owner/name[@revision]</c>.</summary>
sealed record RepoAddress(RepoId Repo, string? Revision)
{
    public static readonly Option<RepoKind> Kind = new("--kind")
    {
        Description = "Kind, where the repository does not say it",
        HelpName = "model|dataset|space",
    };

    public string RevisionOrMain => Revision ?? ZooClient.DefaultBranch;

    public static RepoAddress Parse(string text, RepoKind kind = RepoKind.Model)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0) return new(RepoId.Parse(text, kind), null);
        var revision = text[(at + 1)..];
        return revision.Length > 0 ? new(RepoId.Parse(text[..at], kind), revision)
            : throw new FormatException($"'{text}' ends in '@': write the branch, tag or commit behind it.");
    }

    public static Argument<string> Argument(string name = "REPO[@revision]", string description = "owner/name, datasets/owner/name or spaces/owner/name") =>
        new(name) { Description = description };

    public static RepoAddress From(HubCall call, Argument<string> argument) => Parse(call.Get(argument), call.Parse.GetValue(Kind));

    /// <summary>Where a revision would mean nothing.</summary>
    public static RepoId WithoutRevision(HubCall call, Argument<string> argument)
    {
        var address = From(call, argument);
        return address.Revision is null ? address.Repo : throw new UsageException($"'@{address.Revision}' means nothing here: write {address.Repo}.");
    }
}
