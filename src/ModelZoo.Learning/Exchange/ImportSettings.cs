namespace ModelZoo.Learning.Exchange;

/// <summary>What an import keeps, and how it divides its members.</summary>
/// <param name="KeepsOptimizer">Optimiser states go into <c>optimizer/</c> of their member, under torch's names; otherwise they are counted and left out.</param>
/// <param name="KeepsMasks">Masks and variances of sparsified models stay beside their weights; otherwise they are applied, and what they drop is zero.</param>
/// <param name="SplitsByLineage">A family is in one split: the id of its oldest known ancestor is hashed instead of the member's.</param>
/// <param name="Licence">SPDX id under which the zoo is published; zoos do not say it in their files.</param>
public sealed record ImportSettings(bool KeepsOptimizer = false, bool KeepsMasks = false, bool SplitsByLineage = false, string? Licence = null)
{
    public static readonly ImportSettings Default = new();
}

/// <summary>What came of an import.</summary>
/// <param name="Trials">Members that the source has.</param>
/// <param name="Known">Members that were there already.</param>
/// <param name="Edges">Members whose parent was found.</param>
/// <param name="Skipped">What was left out by name, and why.</param>
/// <param name="Notes">What else is worth knowing: what was recognised and kept, applied or left.</param>
public sealed record ImportOutcome(int Trials, int Members, int Known, int Checkpoints, int Edges, IReadOnlyList<string> Skipped, IReadOnlyList<string> Notes);

/// <summary>Counts while an import runs. Sentences are bounded: a source of a million damaged files is told of in thousands.</summary>
sealed class ImportTally
{
    const int MostSentences = 5000;

    readonly List<string> _skipped = [];
    int _unsaid;

    public int Members { get; set; }

    public int Known { get; set; }

    public int Checkpoints { get; set; }

    public int Edges { get; set; }

    /// <summary>Optimiser states that were found.</summary>
    public int Optimizers { get; set; }

    /// <summary>Averaged weights that came beside a state.</summary>
    public int Averages { get; set; }

    /// <summary>States with masks or variances.</summary>
    public int Masked { get; set; }

    public void Skip(string sentence)
    {
        if (_skipped.Count < MostSentences) _skipped.Add(sentence);
        else _unsaid++;
    }

    public void SkipAll(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences) Skip(sentence);
    }

    public ImportOutcome ToOutcome(int trials, ImportSettings settings)
    {
        var notes = new List<string>();
        if (Optimizers > 0) notes.Add(settings.KeepsOptimizer ? $"{Optimizers} optimiser states are kept in optimizer/." : $"{Optimizers} optimiser states were recognised and left out; --optimizer keep keeps them.");
        if (Averages > 0) notes.Add($"{Averages} averaged states (EMA) are kept in averages/.");
        if (Masked > 0) notes.Add(settings.KeepsMasks ? $"{Masked} states keep their masks beside the weights." : $"{Masked} states are sparsified: what their masks drop is zero now, masks and variances were left out; --masks keep keeps all as it was.");
        return new(trials, Members, Known, Checkpoints, Edges, _unsaid > 0 ? [.. _skipped, $"{_unsaid} more were left out."] : [.. _skipped], notes);
    }
}
