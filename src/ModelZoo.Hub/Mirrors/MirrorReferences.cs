using System.Text;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Mirrors;

/// <summary>References in the form of git's packed-refs file, and HEAD. Two of the same text are the same state.</summary>
sealed record MirrorReferences(string Packed, string Head)
{
    public static MirrorReferences Of(IEnumerable<Reference> references, Repository repository)
    {
        // Not marked as sorted: the order of the database is not git's, and git sorts by itself then.
        var packed = new StringBuilder("# pack-refs with: peeled fully-peeled \n");
        foreach (var reference in references)
        {
            packed.Append(reference.TargetId).Append(' ').Append(reference.Name).Append('\n');
            if (reference.TargetId != reference.CommitId) packed.Append('^').Append(reference.CommitId).Append('\n');
        }
        return new(packed.ToString(), $"ref: {repository.DefaultReference}\n");
    }

    public HashSet<string> Targets() =>
        [.. Packed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] is not ('#' or '^')).Select(line => line[..40])];
}
