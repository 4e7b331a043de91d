using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Statistics;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Aggregates over the tasks of a group, and of the groups in it, as lm-evaluation-harness computes them.</summary>
static class GroupScores
{
    public static IReadOnlyList<ScoreRecord> Of(TaskGroup group, IReadOnlyList<TaskOutcome> outcomes)
    {
        var records = new List<ScoreRecord>();
        foreach (var member in group.Members)
            if (member.Group is { } inner) records.AddRange(Of(inner, outcomes));
        var tasks = group.Tasks.Select(task => outcomes.FirstOrDefault(outcome => outcome.Task.Name == task.Name)).ToList();
        if (tasks.Exists(task => task is null)) return records;
        foreach (var metric in group.Metrics)
        {
            var filters = metric.Filters ?? [.. tasks[0]!.Scores.Select(score => score.Filter).Distinct()];
            foreach (var filter in filters)
            {
                var scores = tasks.Select(task => task!.Scores.FirstOrDefault(score => score.Metric == metric.Metric && score.Filter == filter && score.Subgroup is null)).ToList();
                // A missing task makes the aggregate incomplete; it is never filled in.
                if (scores.Exists(score => score?.Value is null)) continue;
                records.Add(Aggregate(group, metric, filter, [.. scores.Select(score => score!)]));
            }
        }
        return records;
    }

    static ScoreRecord Aggregate(TaskGroup group, GroupMetric metric, string filter, IReadOnlyList<ScoreRecord> scores)
    {
        var weights = scores.Select(score => metric.WeightBySize ? score.N ?? 1 : 1).ToList();
        var value = scores.Zip(weights, (score, weight) => score.Value!.Value * weight).Sum() / weights.Sum();
        var error = scores.All(score => score is { Stderr: not null, N: not null }) ? Uncertainty.Pooled([.. scores.Select(score => (score.Stderr!.Value, (long)score.N!.Value))]) : null;
        var first = scores[0];
        return first with
        {
            Task = new(group.Name, group.Version, JsonText.HashOf(string.Concat(scores.Select(score => score.Task.Hash)) + $"{metric.Metric},{filter},{metric.Aggregation},{metric.WeightBySize}")),
            Dataset = null, Filter = filter, Value = value, Stderr = error, Ci95 = error is { } stderr ? Uncertainty.Normal(value, stderr) : null, N = scores.Sum(score => score.N ?? 0), Samples = null,
            Run = first.Run is { } run ? run with { Seconds = scores.Sum(score => score.Run?.Seconds ?? 0) } : null,
            Unranked = scores.Select(score => score.Unranked).FirstOrDefault(reason => reason is not null),
        };
    }
}
