namespace ModelZoo.Hub.Jobs;

/// <summary>Durable work: what to do, how far it is, who is trying it now.</summary>
sealed record Job
{
    public long Id { get; init; }
    public string Name { get; init; } = "";
    public string Payload { get; init; } = "{}";
    public string? Subject { get; init; }
    public long? RepositoryId { get; init; }
    public long? AccountId { get; init; }

    /// <summary>waiting, running, done or failed.</summary>
    public string State { get; init; } = "waiting";
    public long Attempts { get; init; }
    public long MaxAttempts { get; init; }
    public long RunAfter { get; init; }
    public long? LeaseUntil { get; init; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>The last thing worth saying: a stage, a result, or why it failed.</summary>
    public string Message { get; init; } = "";
    public long CreatedAt { get; init; }
    public long? StartedAt { get; init; }
    public long? FinishedAt { get; init; }
}

/// <summary>One line of a job's log.</summary>
sealed record JobLine
{
    public long Number { get; init; }
    public long WrittenAt { get; init; }
    public string Text { get; init; } = "";
}

/// <summary>Work to enqueue.</summary>
/// <param name="Subject">While a job of this name and subject waits, another is not added: it will see the newest state anyway.</param>
sealed record NewJob(string Name, string Payload, string? Subject = null, long? RepositoryId = null, long? AccountId = null);
