namespace ModelZoo.Evaluation.Submissions;

/// <summary>Results and samples that came together: where the samples bear a stated value out, it is imported; where they do not, both are shown.</summary>
static class Joined
{
    /// <summary>Harnesses print four digits.</summary>
    const double Rounding = 5e-5;

    public static ImportedScores Of(Collected collected)
    {
        var computed = collected.Scores.Where(score => score.IsRecomputed && score.Perturbation is null)
            .GroupBy(Key).ToDictionary(group => group.Key, group => group.First());
        var scores = new List<ImportedScore>();
        var matched = new HashSet<ImportedScore>(ReferenceEqualityComparer.Instance);
        foreach (var score in collected.Scores)
        {
            if (score.IsRecomputed || !computed.TryGetValue(Key(score), out var own))
            {
                scores.Add(score);
                continue;
            }
            matched.Add(own);
            var same = own.Record.Value is { } value && score.Record.Value is { } stated && Math.Abs(value - stated) <= Rounding + 1e-9 * Math.Abs(stated);
            if (!same) collected.Findings.Add(new(score.File, null, FormattableString.Invariant($"{score.Record.Task.Id}: '{score.Record.Metric}' is stated as {score.Record.Value}, and the samples give {own.Record.Value}."), IsError: true));
            scores.Add(score with
            {
                Record = score.Record with { Value = own.Record.Value, Stderr = own.Record.Stderr, Ci95 = own.Record.Ci95, N = own.Record.N },
                Stated = score.Record.Value, IsRecomputed = true, IsMismatch = !same || own.IsMismatch,
                Standing = same && !own.IsMismatch ? ImportStanding.Imported : ImportStanding.SelfReported,
            });
        }
        scores.RemoveAll(matched.Contains);
        return new(collected.Formats, scores, collected.Samples, collected.Findings);
    }

    static (string, string, string) Key(ImportedScore score) => (score.Record.Task.Id, score.Record.Metric, score.Record.Filter);
}
