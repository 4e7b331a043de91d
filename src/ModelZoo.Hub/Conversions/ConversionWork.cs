using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Conversions;

/// <summary>A conversion that somebody asked for: which commit's weights, into what, proposed where and by whom.</summary>
/// <param name="TargetId">The repository that gets the pull request; often the source itself.</param>
/// <param name="Type">The name of the type of floating-point tensors, for GGUF that of the matrices; null leaves them as they are.</param>
/// <param name="File">The weights, where the commit has several models; null finds them by their usual names.</param>
sealed record ConversionWork(long SourceId, string CommitId, long AccountId, long TargetId, string Target, ConversionTarget To, string? Type, long? MaxShardBytes, string? File)
{
    [JsonIgnore]
    public DType? DType => Type is null ? null : Weights.DType.Find(Type);

    public string ToJson() => JsonSerializer.Serialize(this);
}

/// <summary>What somebody wants, as texts that were not looked at yet.</summary>
sealed record ConversionWish(string? To, string? Type, string? MaxShardSize, string? File);
