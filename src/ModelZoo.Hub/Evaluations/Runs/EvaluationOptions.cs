namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>What operators choose about evaluations that the hub runs.</summary>
sealed class EvaluationOptions
{
    /// <summary>Private memory of one worker; a task may ask for less.</summary>
    public long MemoryBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>How long one try of a run may take; a task may ask for less.</summary>
    public int Seconds { get; set; } = 6 * 3600;

    /// <summary>Most threads that one run may have.</summary>
    public int Threads { get; set; } = 4;

    /// <summary>Runs on one node at once.</summary>
    public int AtOnce { get; set; } = 1;

    /// <summary>Runs of one account that wait or go on.</summary>
    public int OpenPerAccount { get; set; } = 32;

    /// <summary>Most bytes of sample records of one run, unpacked.</summary>
    public long SampleBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Where workers write; "evaluations" in the data folder when not set.</summary>
    public string? ScratchFolder { get; set; }

    /// <summary>Days that samples of runs without a commit (limited, failed, of private data) are kept.</summary>
    public int KeepDays { get; set; } = 30;

    /// <summary>Servers that may be measured in place of stored weights, by name.</summary>
    public Dictionary<string, EndpointOptions> Endpoints { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    public void Validate()
    {
        if (MemoryBytes < 256L << 20) throw new InvalidOperationException("Evaluation:MemoryBytes must be at least 256 MiB.");
        if (Seconds < 10) throw new InvalidOperationException("Evaluation:Seconds must be at least 10.");
        if (Threads is < 1 or > 256) throw new InvalidOperationException("Evaluation:Threads must be 1 to 256.");
        if (AtOnce is < 1 or > 64) throw new InvalidOperationException("Evaluation:AtOnce must be 1 to 64.");
        if (OpenPerAccount < 1) throw new InvalidOperationException("Evaluation:OpenPerAccount must be at least 1.");
        if (SampleBytes < 1 << 20) throw new InvalidOperationException("Evaluation:SampleBytes must be at least 1 MiB.");
        if (KeepDays < 1) throw new InvalidOperationException("Evaluation:KeepDays must be at least 1.");
        foreach (var (name, endpoint) in Endpoints)
            if (!Uri.TryCreate(endpoint.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) throw new InvalidOperationException($"Evaluation:Endpoints:{name}:Url must be an absolute http or https address.");
    }
}

/// <summary>A server that speaks OpenAI's protocol.</summary>
sealed class EndpointOptions
{
    public string Url { get; set; } = "";

    /// <summary>The model's name there; the repository's when not set.</summary>
    public string? Model { get; set; }

    /// <summary>Its secret. Goes to the worker that asks it, and into no record, log or page.</summary>
    public string? Key { get; set; }

    /// <summary>completions (likelihoods and texts) or chat (texts alone).</summary>
    public string Kind { get; set; } = "completions";
}
