using System.Text.Json;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>A population that somebody asked to have trained.</summary>
/// <param name="Reference">The branch that its epochs are committed to.</param>
/// <param name="Extend">The blueprint may add members to a population that is there.</param>
/// <param name="Analyse">All analyses follow when it is done.</param>
sealed record GenerationWork(long RepositoryId, string Reference, long AccountId, string Blueprint, bool Extend, bool Analyse)
{
    /// <summary>One at a time on a branch.</summary>
    public string Subject => SubjectOf(RepositoryId, Reference);

    public static string SubjectOf(long repositoryId, string reference) => $"{Kernel.Ids.ToWire(repositoryId)} {reference}";

    public string ToJson() => JsonSerializer.Serialize(this);
}

/// <summary>What somebody wants, as texts that were not looked at yet.</summary>
/// <param name="Blueprint">Null: the one of the commit.</param>
/// <param name="Revision">Of the blueprint; null for the branch.</param>
/// <param name="Branch">Null for the default one.</param>
sealed record GenerationWish(string? Blueprint, string? Revision, string? Branch, bool Extend, bool Analyse);
