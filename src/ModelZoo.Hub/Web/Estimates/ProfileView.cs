namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Layers that cost the same.</summary>
public sealed record LayerLine(string Count, string Mixing, string CachePerToken, string State, string Matrices, string Experts);

/// <summary>So many parameters of one component or stored type.</summary>
/// <param name="Share">0 to 1, of all.</param>
public sealed record ShareLine(string Name, string Parameters, string Exact, double Share, string Detail);

/// <summary>One part of a composite model.</summary>
public sealed record PartLine(string Name, string Kind, string Parameters, string SizeBytes, string Work);

/// <summary>A model in numbers, whatever it runs on, as pages show it.</summary>
public sealed record ProfileView(string Family, string? ModelType)
{
    public IReadOnlyList<FactLine> Figures { get; init; } = [];
    public IReadOnlyList<FactLine> Shape { get; init; } = [];
    public IReadOnlyList<LayerLine> Layers { get; init; } = [];
    public IReadOnlyList<ShareLine> Components { get; init; } = [];
    public IReadOnlyList<ShareLine> DTypes { get; init; } = [];
    public IReadOnlyList<PartLine> Parts { get; init; } = [];
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>What headers and configuration say of each other; null when only one is known.</summary>
    public string? Verified { get; init; }
}
