namespace ModelZoo.Hub.Repositories;

/// <summary>What a README must satisfy to be committed; the room of cards knows.</summary>
interface IReadmeRule
{
    /// <summary>Why this content is refused; empty when it is not.</summary>
    IReadOnlyList<string> Problems(RepositoryKind kind, byte[] readme);
}
