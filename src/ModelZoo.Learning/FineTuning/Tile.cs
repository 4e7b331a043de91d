namespace ModelZoo.Learning.FineTuning;

/// <summary>
/// Some samples on their way through the network together. Their tokens lie one behind the other without any padding, so a sample's numbers do not depend on
/// what it is taken with.
/// </summary>
sealed class Tile(int most)
{
    readonly int[] _starts = new int[most + 1];
    readonly int[] _samples = new int[most];
    readonly ulong[] _seeds = new ulong[most];

    public int Samples { get; private set; }

    public int Rows => _starts[Samples];

    /// <summary>Dropout is on.</summary>
    public bool IsTraining { get; private set; }

    /// <summary>Samples of one length count as one piece of work.</summary>
    public void Begin(bool isTraining) => (Samples, IsTraining) = (0, isTraining);

    public void Add(int sample, int rows, ulong seed)
    {
        (_samples[Samples], _seeds[Samples]) = (sample, seed);
        _starts[Samples + 1] = _starts[Samples] + rows;
        Samples++;
    }

    public int Sample(int s) => _samples[s];

    public ulong Seed(int s) => _seeds[s];

    public int Start(int s) => _starts[s];

    public int Length(int s) => _starts[s + 1] - _starts[s];

    /// <summary>Drops parts of a matrix of so many numbers a row, sample by sample.</summary>
    public void Drop(Dropout dropout, int site, int width, Span<float> values)
    {
        if (!IsTraining || !dropout.IsOn) return;
        for (var s = 0; s < Samples; s++) dropout.Apply(_seeds[s], site, values.Slice(_starts[s] * width, Length(s) * width));
    }

    /// <summary>The same where a sample is one row.</summary>
    public void DropEach(Dropout dropout, int site, int width, Span<float> values)
    {
        if (!IsTraining || !dropout.IsOn) return;
        for (var s = 0; s < Samples; s++) dropout.Apply(_seeds[s], site, values.Slice(s * width, width));
    }
}
