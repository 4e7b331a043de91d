namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>Storing states of populations as differences from earlier ones.</summary>
sealed class DeltaOptions
{
    /// <summary>Store new states so. What is stored so already stays readable either way.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Smaller files stay as they are: little is saved, and each costs a row.</summary>
    public long FromBytes { get; set; } = 16 * 1024;

    /// <summary>Percent of its bytes that a file must lose to be stored so.</summary>
    public int LeastSavingPercent { get; set; } = 5;

    /// <summary>How long the bytes themselves stay beside: for downloads under way, and addresses of the object store that were given out, which LFS clients may use for twelve hours.</summary>
    public int KeepPlainMinutes { get; set; } = 780;

    public void Validate()
    {
        if (FromBytes < 0) throw new InvalidOperationException("Deltas:FromBytes must not be negative.");
        if (LeastSavingPercent is < 0 or > 99) throw new InvalidOperationException("Deltas:LeastSavingPercent must be 0 to 99.");
        if (KeepPlainMinutes is < 0 or > 100_000) throw new InvalidOperationException("Deltas:KeepPlainMinutes must be 0 to 100000.");
    }
}
