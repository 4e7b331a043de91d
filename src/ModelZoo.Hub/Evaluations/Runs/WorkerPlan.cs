using System.Text.Json;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>What a worker reads: where everything lies that it needs. It holds no secret; an endpoint's key comes as a variable of its environment.</summary>
sealed record WorkerPlan
{
    /// <summary>The name of the file in the worker's folder.</summary>
    public const string FileName = "plan.json";

    /// <summary>Where a worker finds the endpoint's key.</summary>
    public const string KeyVariable = "ZOO_ENDPOINT_KEY";

    /// <summary>The hidden command.</summary>
    public const string Command = "eval-worker";

    public string Task { get; init; } = "";
    public string? ModelFolder { get; init; }

    /// <summary>Folders of LoRA adapters that are put on that model.</summary>
    public IReadOnlyList<string> Adapters { get; init; } = [];
    public string Model { get; init; } = "";
    public string ModelCommit { get; init; } = "";

    /// <summary>The benchmark's own repository.</summary>
    public WorkerDataset Benchmark { get; init; } = null!;

    /// <summary>Other repositories that its tasks name, by that name.</summary>
    public IReadOnlyDictionary<string, WorkerDataset> Datasets { get; init; } = new Dictionary<string, WorkerDataset>();
    public string OutputFolder { get; init; } = "";
    public int? Limit { get; init; }
    public int Seed { get; init; }
    public int Threads { get; init; } = 1;
    public int? NumFewshot { get; init; }
    public WorkerEndpoint? Endpoint { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static WorkerPlan Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<WorkerPlan>(json) ?? throw new FormatException("The plan is empty.");
}

/// <param name="Repo">"owner/name".</param>
/// <param name="Revision">A commit id.</param>
sealed record WorkerDataset(string Folder, string Repo, string Revision);

sealed record WorkerEndpoint(string Url, string Model, string Kind, string? TokenizerFolder);

/// <summary>A line that a worker writes to its standard output: how far it is, or why it cannot go on.</summary>
sealed record WorkerReport(string? Task, long Done, long? Total, long Errors, string? Failed, bool IsDone)
{
    public string ToLine() => JsonSerializer.Serialize(this);

    /// <summary>Null for what is no report: libraries of models may print as well.</summary>
    public static WorkerReport? TryParse(string line)
    {
        if (!line.StartsWith('{')) return null;
        try
        {
            return JsonSerializer.Deserialize<WorkerReport>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
