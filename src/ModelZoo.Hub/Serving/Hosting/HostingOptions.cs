namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>What operators choose about models that answer requests.</summary>
sealed class HostingOptions
{
    /// <summary>Let models be asked at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Every model may be asked by whoever may read it, also those that no administrator admitted.</summary>
    public bool AdmitAll { get; set; }

    /// <summary>Only accounts may ask, also public models.</summary>
    public bool SignedInOnly { get; set; }

    /// <summary>Models that are loaded at once; the one that nobody asked for longest makes room.</summary>
    public int Models { get; set; } = 4;

    /// <summary>Most memory that one model's worker may use.</summary>
    public long ModelBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Most memory that all workers together may be promised.</summary>
    public long TotalBytes { get; set; } = 8L * 1024 * 1024 * 1024;

    /// <summary>Threads of one model.</summary>
    public int Threads { get; set; } = 1;

    /// <summary>Requests that one model works on at once; those of one kind are put into one run.</summary>
    public int Concurrency { get; set; } = 32;

    /// <summary>Requests that wait for one model; more are refused.</summary>
    public int Queue { get; set; } = 256;

    /// <summary>Time for one request, waiting not counted; a model that takes longer is ended.</summary>
    public int RequestSeconds { get; set; } = 120;

    /// <summary>Time for loading a model.</summary>
    public int LoadSeconds { get; set; } = 120;

    /// <summary>A model that nobody asked for so long is unloaded.</summary>
    public int IdleMinutes { get; set; } = 15;

    /// <summary>Largest body of a request.</summary>
    public long BodyBytes { get; set; } = 32L * 1024 * 1024;

    public void Validate()
    {
        if (Models is < 1 or > 1000) throw new InvalidOperationException("Hosting:Models must be 1 to 1000.");
        if (ModelBytes < 256L << 20) throw new InvalidOperationException("Hosting:ModelBytes must be at least 256 MiB.");
        if (TotalBytes < ModelBytes) throw new InvalidOperationException("Hosting:TotalBytes must not be below Hosting:ModelBytes.");
        if (Threads is < 1 or > 256) throw new InvalidOperationException("Hosting:Threads must be 1 to 256.");
        if (Concurrency is < 1 or > 10_000) throw new InvalidOperationException("Hosting:Concurrency must be 1 to 10000.");
        if (Queue is < 0 or > 100_000) throw new InvalidOperationException("Hosting:Queue must be 0 to 100000.");
        if (RequestSeconds is < 1 or > 86_400) throw new InvalidOperationException("Hosting:RequestSeconds must be 1 to 86400.");
        if (LoadSeconds is < 1 or > 86_400) throw new InvalidOperationException("Hosting:LoadSeconds must be 1 to 86400.");
        if (IdleMinutes is < 1 or > 1_000_000) throw new InvalidOperationException("Hosting:IdleMinutes must be 1 to 1000000.");
        if (BodyBytes is < 1024 or > 1L << 30) throw new InvalidOperationException("Hosting:BodyBytes must be 1 KiB to 1 GiB.");
    }
}
