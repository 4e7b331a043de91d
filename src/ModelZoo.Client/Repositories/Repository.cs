using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>A repository as the hub describes it. Lists leave out what costs more; what is absent is null.</summary>
public sealed record Repository
{
    /// <summary><c>owner/name</c>, in the hub's spelling.</summary>
    public string Id { get; init; } = "";

    /// <summary>The account that owns it.</summary>
    public string? Author { get; init; }

    /// <summary>The commit that the asked revision resolves to.</summary>
    public string? Sha { get; init; }

    /// <summary>True when only some may see it.</summary>
    public bool Private { get; init; }

    /// <summary>True when its owner or the hub has switched it off.</summary>
    public bool Disabled { get; init; }

    /// <summary><c>false</c>, <c>auto</c> or <c>manual</c>: whether readers must ask first.</summary>
    [JsonConverter(typeof(LooseTextConverter))] public string? Gated { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Time of the last commit.</summary>
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>Downloads in the hub's window, usually 30 days.</summary>
    public long? Downloads { get; init; }

    /// <summary>How many accounts like it.</summary>
    public long? Likes { get; init; }

    /// <summary>All tags, from card and files.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>What the model does, such as <c>text-generation</c>.</summary>
    [JsonPropertyName("pipeline_tag")] public string? PipelineTag { get; init; }

    /// <summary>The library that loads it.</summary>
    [JsonPropertyName("library_name")] public string? LibraryName { get; init; }

    /// <summary>One sentence about it (datasets).</summary>
    public string? Description { get; init; }

    /// <summary>The card's front matter, verbatim.</summary>
    public JsonElement? CardData { get; init; }

    /// <summary>The part of <c>config.json</c> that hubs repeat.</summary>
    public JsonElement? Config { get; init; }

    /// <summary>Parameter counts read from safetensors headers.</summary>
    public SafetensorsCount? Safetensors { get; init; }

    /// <summary>Every file, when the hub lists them.</summary>
    public IReadOnlyList<Sibling>? Siblings { get; init; }

    /// <summary>Bytes the repository takes.</summary>
    [JsonPropertyName("usedStorage")] public long? UsedStorageBytes { get; init; }

    /// <summary>Everything else the hub says about it.</summary>
    [JsonExtensionData] public IDictionary<string, JsonElement>? More { get; init; }
}

/// <summary>A file in a repository description.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="SizeBytes">Real size; only when sizes were asked for.</param>
/// <param name="BlobId">Git id of the blob (for large files: of the pointer).</param>
/// <param name="Lfs">Digest of a large file.</param>
public sealed record Sibling(
    [property: JsonPropertyName("rfilename")] RepoPath Path, [property: JsonPropertyName("size")] long? SizeBytes, string? BlobId, SiblingLfs? Lfs);

/// <summary>A large file's digest in a repository description.</summary>
/// <param name="Sha256">SHA-256 of the content.</param>
/// <param name="SizeBytes">Size of the content.</param>
public sealed record SiblingLfs(string Sha256, [property: JsonPropertyName("size")] long SizeBytes);

/// <summary>How many parameters a model has.</summary>
/// <param name="Parameters">Counts by dtype, such as <c>F32</c>.</param>
/// <param name="Total">The sum.</param>
public sealed record SafetensorsCount(IReadOnlyDictionary<string, long>? Parameters, long Total);
