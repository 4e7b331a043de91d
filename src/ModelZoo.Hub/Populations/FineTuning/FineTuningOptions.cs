namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>What operators choose about fine-tuning on the hub.</summary>
sealed class FineTuningOptions
{
    /// <summary>Private memory of one worker, its data included.</summary>
    public long MemoryBytes { get; set; } = 6L * 1024 * 1024 * 1024;

    /// <summary>How long one try may take; the next goes on after the last finished epoch.</summary>
    public int Seconds { get; set; } = 6 * 3600;

    /// <summary>Threads of one worker; they change no bit of the result.</summary>
    public int Threads { get; set; } = 2;

    /// <summary>Workers on one node at once; 0: this hub fine-tunes nothing.</summary>
    public int AtOnce { get; set; } = 1;

    /// <summary>Requests of one account that wait or go on.</summary>
    public int OpenPerAccount { get; set; } = 4;

    /// <summary>Most epochs of a request.</summary>
    public int MaxEpochs { get; set; } = 200;

    /// <summary>Largest state that is kept in the database after an epoch, for another node to go on from; 0: none is.</summary>
    public long KeptStateBytes { get; set; } = 256L << 20;

    /// <summary>Where workers write; "finetuning" in the data folder when not set.</summary>
    public string? ScratchFolder { get; set; }

    public void Validate()
    {
        if (MemoryBytes < 256L << 20) throw new InvalidOperationException("FineTuning:MemoryBytes must be at least 256 MiB.");
        if (Seconds < 10) throw new InvalidOperationException("FineTuning:Seconds must be at least 10.");
        if (Threads is < 1 or > 256) throw new InvalidOperationException("FineTuning:Threads must be 1 to 256.");
        if (AtOnce is < 0 or > 64) throw new InvalidOperationException("FineTuning:AtOnce must be 0 to 64.");
        if (OpenPerAccount < 1) throw new InvalidOperationException("FineTuning:OpenPerAccount must be at least 1.");
        if (KeptStateBytes is < 0 or > 1L << 30) throw new InvalidOperationException("FineTuning:KeptStateBytes must be 0 to 1 GiB.");
        if (MaxEpochs is < 1 or > 10_000) throw new InvalidOperationException("FineTuning:MaxEpochs must be 1 to 10000.");
    }
}
