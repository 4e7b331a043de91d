using System.Text.Json;

namespace ModelZoo.Hub.Populations.Analyses;

/// <summary>Analyses that somebody asked for.</summary>
/// <param name="Only">Their names; empty for all.</param>
sealed record AnalysisWork(long RepositoryId, string Reference, long AccountId, IReadOnlyList<string> Only)
{
    public string Subject => $"{Kernel.Ids.ToWire(RepositoryId)} {Reference} {string.Join(' ', Only)}";

    public string ToJson() => JsonSerializer.Serialize(this);
}
