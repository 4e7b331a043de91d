using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>From samples to score records: each filter and metric over all samples, and over each subgroup.</summary>
sealed class TaskScores(EvaluationPlan plan, TaskDefinition task, IReadOnlyList<IMetric> metrics, IReadOnlyList<DoneSample> samples)
{
    public IReadOnlyList<ScoreRecord> Of(RunIdentity facts, RunFacts run, SamplesPointer pointer)
    {
        var records = new List<ScoreRecord>();
        var errors = samples.Count(sample => sample.IsError);
        var unranked = plan.Limit is not null ? $"limited to {plan.Limit} samples" : errors > 0 ? $"{errors} samples are errors" : null;
        for (var f = 0; f < task.Filters.Count; f++)
        {
            var all = Outcomes(samples, f);
            if (all.Count == 0) continue;
            foreach (var (metric, definition) in metrics.Zip(task.Metrics)) records.Add(Record(metric, definition, all, null));
            var groups = samples.Where(sample => sample.Subgroup is not null).GroupBy(sample => sample.Subgroup!, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
            if (groups.Count is 0 or > Subgroups.Most) continue;
            foreach (var group in groups)
            {
                var own = Outcomes([.. group], f);
                if (own.Count > 0) records.AddRange(metrics.Zip(task.Metrics).Where(pair => IsPrimary(pair.First, pair.Second)).Select(pair => Record(pair.First, pair.Second, own, group.Key)));
            }

            ScoreRecord Record(IMetric metric, MetricDefinition definition, IReadOnlyList<Outcome> outcomes, string? subgroup)
            {
                var value = metric.Aggregate(outcomes, new(plan.Seed, plan.BootstrapIterations));
                return new()
                {
                    Model = facts.Model, Dataset = facts.Dataset, Task = facts.Task, Harness = facts.Harness, Protocol = facts.Protocol, Metric = metric.Name, Filter = task.Filters[f].Name,
                    Value = value.Value, Stderr = value.StandardError, Ci95 = value is { Low: { } low, High: { } high } ? new(low, high) : null, HigherIsBetter = definition.HigherIsBetter ?? metric.HigherIsBetter,
                    N = outcomes.Count, Run = run, Samples = pointer, Subgroup = subgroup, Unranked = unranked,
                };
            }
        }
        return records;
    }

    bool IsPrimary(IMetric metric, MetricDefinition definition) => (task.Zoo.PrimaryMetric ?? task.Metrics[0].Name) is var primary && (metric.Name == primary || definition.Name == primary);

    /// <summary>With a wrong answer for each error.</summary>
    static List<Outcome> Outcomes(IReadOnlyList<DoneSample> samples, int filter)
    {
        var good = samples.Select(sample => sample.Outcomes[filter]).OfType<Outcome>().ToList();
        if (good.Count == 0 || !samples.Any(sample => sample.IsError) || ErrorOutcomes.Like(good[0]) is not { } wrong) return good;
        return [.. samples.Where(sample => sample.IsError || sample.Outcomes[filter] is not null).Select(sample => sample.Outcomes[filter] ?? wrong)];
    }
}
