using System.Globalization;

namespace ModelZoo.Client;

/// <summary>Which repositories a list should hold, and in which order. What is left out does not limit.</summary>
public sealed record RepositoryFilter
{
    /// <summary>Text the id must contain, without regard to case.</summary>
    public string? Search { get; init; }

    /// <summary>The owning account.</summary>
    public string? Author { get; init; }

    /// <summary>Tags that must all be present, such as <c>license:mit</c> or <c>safetensors</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What the models do, such as <c>text-generation</c>.</summary>
    public string? PipelineTag { get; init; }

    /// <summary>Parameter range, <c>min:6B,max:128B</c>.</summary>
    public string? ParameterRange { get; init; }

    /// <summary><c>createdAt</c>, <c>lastModified</c>, <c>downloads</c>, <c>likes</c>, <c>trendingScore</c> or <c>id</c>; descending.</summary>
    public string? Sort { get; init; }

    /// <summary>Ask for commit, files and card too.</summary>
    public bool Full { get; init; }

    /// <summary>Most items; null for all.</summary>
    public int? Limit { get; init; }

    internal string ToQuery()
    {
        var parameters = new List<(string, string?)>
        {
            ("search", Search), ("author", Author), ("pipeline_tag", PipelineTag), ("num_parameters", ParameterRange), ("sort", Sort),
            ("full", Full ? "true" : null), ("limit", Limit is { } limit ? Math.Clamp(limit, 1, 1000).ToString(CultureInfo.InvariantCulture) : null),
        };
        foreach (var tag in Tags) parameters.Add(("filter", tag));
        return Address.Query([.. parameters]);
    }
}
