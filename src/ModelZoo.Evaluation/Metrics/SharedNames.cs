using ModelZoo.Evaluation.Metrics.Texts;

namespace ModelZoo.Evaluation.Metrics;

// Some names mean one thing for one kind of task and another for the next. These decide by what they are given.

/// <summary>acc: a share of samples; of tags, a share of tokens.</summary>
sealed class AccuracyOrTokens(IMetric samples, string name) : IMetric
{
    readonly CorpusMetric _tokens = new(name, true, (0, 1), outcomes => Sums.Of<TagOutcome>(outcomes, name, 2, static (tags, into) =>
    {
        var (right, all) = Tags.Tokens(tags);
        (into[0], into[1]) = (right, all);
    }, static sums => sums[1] == 0 ? double.NaN : sums[0] / sums[1]));

    public string Name => name;
    public bool HigherIsBetter => true;
    public (double Least, double Most)? Range => (0, 1);

    public double? Score(Outcome outcome) => outcome is not TagOutcome tags ? samples.Score(outcome)
        : Tags.Tokens(tags) is var (right, all) && all > 0 ? (double)right / all : null;

    public MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds) =>
        (outcomes.Count > 0 && outcomes[0] is TagOutcome ? _tokens : samples).Aggregate(outcomes, seeds);
}

/// <summary>f1: of classes over all samples; of answers in words, SQuAD's, averaged.</summary>
sealed class F1OfClassesOrTexts(CorpusMetric classes) : IMetric
{
    readonly MeanMetric _texts = new(classes.Name, true, (0, 1), outcome =>
    {
        var (prediction, references) = Outcomes.Texts(outcome, classes.Name);
        return Answers.SquadF1(prediction, references);
    });

    public string Name => classes.Name;
    public bool HigherIsBetter => true;
    public (double Least, double Most)? Range => (0, 1);

    public double? Score(Outcome outcome) => outcome is TextOutcome ? _texts.Score(outcome) : null;

    public MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds) =>
        outcomes.Count > 0 && outcomes[0] is TextOutcome ? _texts.Aggregate(outcomes, seeds) : classes.Aggregate(outcomes, seeds);
}

/// <summary>em: SQuAD's exact match of answers in words (ReCoRD); of options that belong to questions, whole questions (MultiRC).</summary>
sealed class GroupedOrText(string name) : IMetric
{
    readonly GroupedMetric _groups = new(name);
    readonly MeanMetric _texts = new(name, true, (0, 1), outcome =>
    {
        var (prediction, references) = Outcomes.Texts(outcome, name);
        return Answers.SquadExact(prediction, references);
    });

    public string Name => name;
    public bool HigherIsBetter => true;
    public (double Least, double Most)? Range => (0, 1);

    public double? Score(Outcome outcome) => outcome is TextOutcome ? _texts.Score(outcome) : _groups.Score(outcome);

    public MetricValue Aggregate(IReadOnlyList<Outcome> outcomes, MetricSeeds seeds) =>
        outcomes.Count > 0 && outcomes[0] is TextOutcome { Group: null } ? _texts.Aggregate(outcomes, seeds) : _groups.Aggregate(outcomes, seeds);
}
