using ModelZoo.Inference.Images;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Snippets;

/// <summary>What a repository holds, as far as it decides how it is used. What is null or empty is not known: nothing is guessed from a name.</summary>
public sealed record ModelFacts
{
    public IReadOnlyList<ModelFile> Files { get; init; } = [];

    /// <summary>The card's <c>library_name</c>.</summary>
    public string? Library { get; init; }

    /// <summary>The card's <c>pipeline_tag</c>, or what the architecture says.</summary>
    public string? Task { get; init; }

    public string? ModelType { get; init; }
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>The ONNX file that scripts run.</summary>
    public string? GraphPath { get; init; }
    public GraphSummary? Graph { get; init; }

    /// <summary>What preprocessor_config.json says of pictures.</summary>
    public ImagePipeline? Pictures { get; init; }

    public bool HasChatTemplate { get; init; }

    /// <summary>Longest input, in tokens.</summary>
    public int? MaxTokens { get; init; }
    public int PadId { get; init; }
    public string PadToken { get; init; } = "[PAD]";

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Several labels may hold at once.</summary>
    public bool IsMultiLabel { get; init; }

    /// <summary>mean, or cls: the first token's vector.</summary>
    public string Pooling { get; init; } = "mean";

    /// <summary>modules.json ends in a step that makes vectors of length one.</summary>
    public bool HasUnitLength { get; init; }

    /// <summary>What an adapter belongs to.</summary>
    public string? BaseModel { get; init; }
    public string? BaseRevision { get; init; }

    public bool Has(string path) => Files.Any(file => file.Path == path);

    public bool IsArchitecture(string ending) => Architectures.Any(name => name.EndsWith(ending, StringComparison.Ordinal));
}
