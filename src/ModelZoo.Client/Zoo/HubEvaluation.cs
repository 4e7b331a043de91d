namespace ModelZoo.Client;

/// <summary>A model being measured by a hub, or measured. ModelZoo only.</summary>
public sealed record HubEvaluation
{
    /// <summary>The hub's id.</summary>
    public string Id { get; init; } = "";

    /// <summary>"owner/name".</summary>
    public string Model { get; init; } = "";

    /// <summary>The commit that is measured.</summary>
    public string Commit { get; init; } = "";

    /// <summary>The dataset, "owner/name".</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>A task of the benchmark, or a group of them.</summary>
    public string Task { get; init; } = "";

    /// <summary>waiting, running, done, failed or cancelled.</summary>
    public string State { get; init; } = "";

    /// <summary>How far it is, what came of it, or why it failed.</summary>
    public string Message { get; init; } = "";

    /// <summary>Samples done so far.</summary>
    public long SamplesDone { get; init; }

    /// <summary>Samples in all, where that is known.</summary>
    public long? SamplesTotal { get; init; }

    /// <summary>The commit of the model that holds the result; null where none was made.</summary>
    public string? ResultCommit { get; init; }

    /// <summary>The pull request that proposes it, where you may not write to the model.</summary>
    public long? PullRequest { get; init; }

    /// <summary>One record for each metric, filter and subgroup, once it is done and was asked for alone.</summary>
    public System.Text.Json.JsonElement? Scores { get; init; }

    /// <summary>True until it is done, failed or cancelled.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsOpen => State is "waiting" or "running";
}

/// <summary>What is to be measured.</summary>
public sealed record EvaluationRequest(string Model, string Benchmark)
{
    /// <summary>Branch, tag or commit of the model; its default branch when not set.</summary>
    public string? Revision { get; init; }

    /// <summary>Branch, tag or commit of the benchmark; its default branch when not set.</summary>
    public string? BenchmarkRevision { get; init; }

    /// <summary>A task or group; not needed where the benchmark has one only.</summary>
    public string? Task { get; init; }

    /// <summary>Only so many samples: such a result is shown and changes nothing.</summary>
    public int? Limit { get; init; }

    /// <summary>Of everything that is drawn.</summary>
    public int? Seed { get; init; }

    /// <summary>Threads that the model may use; results depend on it in their last bits.</summary>
    public int? Threads { get; init; }

    /// <summary>Examples in the prompt, where it shall not be the task's own number.</summary>
    public int? NumFewshot { get; init; }

    /// <summary>A server that the administrator configured, to answer in place of the stored weights.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Measure even where the repository has this very score already.</summary>
    public bool Again { get; init; }
}
