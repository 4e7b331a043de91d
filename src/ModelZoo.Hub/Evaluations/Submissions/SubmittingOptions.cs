namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>What operators choose about results that are handed in.</summary>
sealed class SubmittingOptions
{
    /// <summary>Prediction files that an account may hold against the labels of a benchmark on one day; refused ones count too. A benchmark may set its own number.</summary>
    public int PredictionsPerDay { get; set; } = 5;

    /// <summary>Most bytes of one submission, packed as it is sent.</summary>
    public long MaxBytes { get; set; } = 64L << 20;

    public void Validate()
    {
        if (PredictionsPerDay is < 0 or > 1_000_000) throw new InvalidOperationException("Submissions:PredictionsPerDay must be 0 to 1000000.");
        if (MaxBytes is < 1024 or > 2L << 30) throw new InvalidOperationException("Submissions:MaxBytes must be between 1 KiB and 2 GiB.");
    }
}
