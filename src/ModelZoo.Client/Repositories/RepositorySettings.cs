namespace ModelZoo.Client;

/// <summary>Settings to change; what is null stays as it is.</summary>
/// <param name="Private">Visible to some only.</param>
/// <param name="Gated"><c>auto</c>, <c>manual</c> or <c>false</c>.</param>
/// <param name="Description">One sentence about it.</param>
public sealed record RepositorySettings(bool? Private = null, string? Gated = null, string? Description = null);
