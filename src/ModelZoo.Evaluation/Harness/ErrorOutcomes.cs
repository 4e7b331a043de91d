using ModelZoo.Evaluation.Metrics;

namespace ModelZoo.Evaluation.Harness;

/// <summary>An answer that is surely wrong, to stand for one that is missing.</summary>
static class ErrorOutcomes
{
    /// <summary>Of the kind of another sample's outcome; null where no answer is simply wrong: for numbers and whole texts.</summary>
    public static Outcome? Like(Outcome good) => good switch
    {
        ChoiceOutcome choice => choice with { Golds = [] },
        LikelihoodOutcome likelihood => likelihood with { IsGreedy = false },
        TextOutcome => new TextOutcome("\uFFFD", ["\uFFFE"]),
        ClassOutcome classes => new ClassOutcome([.. Enumerable.Range(0, Math.Max(2, classes.Probabilities.Count)).Select(i => i == 1 ? 1.0 : 0)], 0),
        LabelOutcome => new LabelOutcome(1, 0),
        RankingOutcome => new RankingOutcome([], 1, [1]),
        TagOutcome => new TagOutcome(["\uFFFD"], ["\uFFFE"]),
        TriesOutcome tries => tries with { Passed = 0 },
        _ => null,
    };
}
