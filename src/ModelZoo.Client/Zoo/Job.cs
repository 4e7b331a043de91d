using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>A piece of durable work on the hub.</summary>
public sealed record Job
{
    /// <summary>The hub's id of the job.</summary>
    [JsonConverter(typeof(LooseTextConverter))] public string Id { get; init; } = "";

    /// <summary>What is done, such as <c>reindex</c>.</summary>
    public string? Name { get; init; }

    /// <summary>How far it is: waiting, running, done, failed.</summary>
    public string? State { get; init; }

    /// <summary>Share done, 0 to 1, when the job tells.</summary>
    public double? Progress { get; init; }

    /// <summary>The last thing worth saying: a stage, a result, or why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>When it was enqueued.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Everything else the hub says about it.</summary>
    [JsonExtensionData] public IDictionary<string, JsonElement>? More { get; init; }
}
