namespace ModelZoo.Hub.Serving;

/// <summary>What operators choose about models at work.</summary>
sealed class ServingOptions
{
    /// <summary>Where files of commits lie while models run; "serving" in the data folder when not set.</summary>
    public string? CacheFolder { get; set; }

    /// <summary>Most bytes that copies of stored files may take there; files that the blob store has on the same volume are linked and cost nothing.</summary>
    public long CacheBytes { get; set; } = 50L * 1024 * 1024 * 1024;

    /// <summary>The zoo program (zoo.dll, or an executable) that workers are started from; this very program when not set.</summary>
    public string? Program { get; set; }

    public void Validate()
    {
        if (CacheBytes < 1 << 20) throw new InvalidOperationException("Serving:CacheBytes must be at least 1 MiB.");
        if (Program is { Length: 0 }) throw new InvalidOperationException("Serving:Program must name the zoo program.");
    }
}
