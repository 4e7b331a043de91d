namespace ModelZoo.Learning.External.Slurm;

/// <summary>What is asked of a cluster for each member, in the words of sbatch.</summary>
public sealed record SlurmSettings
{
    public string? Partition { get; init; }

    /// <summary>Wall time of one member, as sbatch writes it: <c>30</c> minutes, <c>2:00:00</c>, <c>1-0</c>.</summary>
    public string? Time { get; init; }

    public int? Cpus { get; init; }

    /// <summary>Such as <c>gpu:1</c>.</summary>
    public string? Gres { get; init; }

    /// <summary>Memory of one member, such as <c>8G</c>.</summary>
    public string? Memory { get; init; }

    public string? Account { get; init; }

    /// <summary>Most members of one array that run at once; 0 for as many as the cluster gives.</summary>
    public int AtOnce { get; init; }

    /// <summary>Further options of sbatch, each beginning with <c>--</c>.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>Whether stopping us cancels the jobs; otherwise they go on and are collected later.</summary>
    public bool CancelsOnStop { get; init; }

    /// <summary>Tasks of one array. Clusters allow 1,001 unless set otherwise (MaxArraySize).</summary>
    public int MaxArray { get; init; } = 1000;

    /// <summary>How often the queue is asked.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a job may be gone from the queue before its member counts as lost: shared file systems show files late.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The options for sbatch.</summary>
    /// <exception cref="External.TrainerException">One is no option.</exception>
    internal IReadOnlyList<string> Options()
    {
        var options = new List<string>();
        Add("--partition", Partition);
        Add("--time", Time);
        Add("--cpus-per-task", Cpus?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add("--gres", Gres);
        Add("--mem", Memory);
        Add("--account", Account);
        foreach (var extra in Extra)
            options.Add(extra.StartsWith("--", StringComparison.Ordinal) && extra.Length > 2 && !extra.Any(char.IsControl) ? extra : throw new TrainerException($"'{extra}' is no option of sbatch: it begins with '--'."));
        return options;

        void Add(string name, string? value)
        {
            if (value is null) return;
            if (value.Length is 0 or > 200 || value.Any(char.IsControl)) throw new TrainerException($"'{value}' is nothing for {name}.");
            options.Add($"{name}={value}");
        }
    }
}
