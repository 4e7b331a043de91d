namespace ModelZoo.Hub.Populations.Making;

/// <summary>What operators choose about populations that the hub trains and analyses.</summary>
sealed class PopulationOptions
{
    /// <summary>Most members of one population that is trained here.</summary>
    public int Members { get; set; } = 10_000;

    /// <summary>Most bytes of states that one blueprint may plan.</summary>
    public long StateBytes { get; set; } = 100L * 1024 * 1024 * 1024;

    /// <summary>How long one generation may take, from its first try on.</summary>
    public int Seconds { get; set; } = 24 * 3600;

    /// <summary>Memory that training one member may need; members train on several threads at once.</summary>
    public long MemberBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Memory for the data of one blueprint.</summary>
    public long DatasetBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Threads of low priority for training and analysing; 0 stands for half of the processor's.</summary>
    public int Threads { get; set; }

    /// <summary>Generations on one node at once; they share the threads.</summary>
    public int AtOnce { get; set; } = 1;

    /// <summary>Generations and analyses of one account that wait or go on.</summary>
    public int OpenPerAccount { get; set; } = 8;

    /// <summary>The handwritten digits, which are no part of the program: digits.csv.gz of scikit-learn.</summary>
    public string? DigitsFile { get; set; }

    public int ThreadCount => Threads > 0 ? Threads : Math.Max(1, Environment.ProcessorCount / 2);

    public void Validate()
    {
        if (Members is < 1 or > 100_000) throw new InvalidOperationException("Population:Members must be 1 to 100000.");
        if (StateBytes < 1 << 20) throw new InvalidOperationException("Population:StateBytes must be at least 1 MiB.");
        if (Seconds < 10) throw new InvalidOperationException("Population:Seconds must be at least 10.");
        if (MemberBytes < 1 << 20) throw new InvalidOperationException("Population:MemberBytes must be at least 1 MiB.");
        if (DatasetBytes < 1 << 20) throw new InvalidOperationException("Population:DatasetBytes must be at least 1 MiB.");
        if (Threads is < 0 or > 256) throw new InvalidOperationException("Population:Threads must be 0 to 256.");
        if (AtOnce is < 1 or > 64) throw new InvalidOperationException("Population:AtOnce must be 1 to 64.");
        if (OpenPerAccount < 1) throw new InvalidOperationException("Population:OpenPerAccount must be at least 1.");
        if (DigitsFile is { } digits && !File.Exists(digits)) throw new InvalidOperationException($"Population:DigitsFile: there is no '{digits}'.");
    }
}
