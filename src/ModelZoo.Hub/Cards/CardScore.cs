namespace ModelZoo.Hub.Cards;

/// <summary>One line of the score.</summary>
/// <param name="Points">What it got: all of <paramref name="Worth"/> or nothing.</param>
/// <param name="IsFromHub">True when the hub's own knowledge earned it, not the card.</param>
/// <param name="Advice">One sentence on how to earn it; empty when it is earned.</param>
sealed record CardPoint(string Id, int Points, int Worth, bool IsFromHub, string Advice);

/// <summary>What the hub knows beyond the card; it counts as if the card said it.</summary>
sealed record CardHubKnowledge(bool HasVerifiedResult = false, bool HasTrainingCommit = false, bool HasPinnedDatasets = false)
{
    public static readonly CardHubKnowledge None = new();
}

/// <summary>How complete a card is, 0 to 100. It counts what is there, not how good it is.</summary>
sealed record CardScore(int Total, IReadOnlyList<CardPoint> Points)
{
    /// <summary>A from 85, B from 70, C from 50, D from 30, E below.</summary>
    public char Grade => Total switch { >= 85 => 'A', >= 70 => 'B', >= 50 => 'C', >= 30 => 'D', _ => 'E' };

    /// <summary>True when every id of a gate's list scores.</summary>
    public bool Has(IEnumerable<string> ids) => ids.All(id => Points.Any(point => point.Id == id && point.Points > 0));

    public static CardScore Of(Card card, CardHubKnowledge? hub = null, CardVocabulary? vocabulary = null)
    {
        var tests = new CardTests(card, vocabulary ?? CardVocabulary.Default);
        hub ??= CardHubKnowledge.None;
        var points = new List<CardPoint>();
        foreach (var (id, worth, said, advice) in tests.Run())
        {
            var known = id switch
            {
                "results_verified" => hub.HasVerifiedResult,
                "code_commit" => hub.HasTrainingCommit,
                "datasets_pinned" => hub.HasPinnedDatasets,
                _ => false,
            };
            var earned = said || known;
            points.Add(new(id, earned ? worth : 0, worth, known && !said, earned ? "" : advice));
        }
        return new(points.Sum(point => point.Points), points);
    }
}
