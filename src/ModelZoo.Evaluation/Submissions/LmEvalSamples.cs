using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>lm-evaluation-harness's <c>samples_….jsonl</c>: every metric that can be is computed again from the model's answers.</summary>
static partial class LmEvalSamples
{
    sealed record Judged(string Filter, string Metric)
    {
        public List<Outcome> Outcomes { get; } = [];
        public List<double> Stated { get; } = [];
        public List<(double LogLikelihood, double Weight)> Weighted { get; } = [];
        public bool Differs { get; set; }
    }

    public static void Read(SubmissionFile file, Collected into, CancellationToken stop)
    {
        into.Format("lm-eval samples");
        var task = FileName().Match(file.Name) is { Success: true } named ? named.Groups[1].Value : file.Name;
        var seen = new HashSet<(string, string)>();
        var judged = new Dictionary<(string, string), Judged>();
        foreach (var (number, text) in SubmissionText.Lines(file, into.Options))
        {
            stop.ThrowIfCancellationRequested();
            using var document = SubmissionJson.ParseLine(file, number, text);
            var line = document.RootElement;
            var place = $"{file.Path}, line {number}";
            var id = line.FindText("doc_id") ?? throw new EvaluationException($"{place}: doc_id is missing.");
            var filter = line.FindText("filter") ?? "none";
            if (!seen.Add((id, filter))) throw new EvaluationException($"{place}: duplicate id '{id}'.");
            var outcome = Outcome(line, place);
            var scores = new Dictionary<string, double>();
            foreach (var metric in MetricNames(line))
            {
                if (!judged.TryGetValue((filter, metric), out var own)) judged[(filter, metric)] = own = new(filter, metric);
                Judge(line, place, metric, outcome, own, scores, into);
            }
            into.Add(file, new(task, id, filter, outcome, scores));
        }
        foreach (var own in judged.Values) Close(file, task, own, into);
    }

    static void Judge(JsonElement line, string place, string metric, Outcome? outcome, Judged own, Dictionary<string, double> scores, Collected into)
    {
        if (line.Find(metric) is not { } said) return;
        if (said.ValueKind == JsonValueKind.Array && said.GetArrayLength() == 2 && SubmissionJson.Number(said[0]) is { } likelihood && SubmissionJson.Number(said[1]) is { } weight)
        {
            if (!double.IsFinite(likelihood) || !(weight > 0)) throw new EvaluationException($"{place}: '{metric}' is not finite.");
            own.Weighted.Add((likelihood, weight));
            return;
        }
        if (SubmissionJson.Number(said) is not { } stated) return;
        ValueRules.Value(place, metric, stated);
        own.Stated.Add(stated);
        scores[metric] = stated;
        if (outcome is null || Metric(metric, into.Options) is not { } known) return;
        try
        {
            var value = known.Score(outcome);
            own.Outcomes.Add(outcome);
            if (value is not { } again) return;
            if (Math.Abs(again - stated) > 1e-6) own.Differs = true;
            scores[metric] = again;
        }
        catch (EvaluationException)
        {
            // This metric wants something that the line does not hold: its stated values stand.
        }
    }

    static void Close(SubmissionFile file, string task, Judged own, Collected into)
    {
        var metric = Metric(own.Metric, into.Options);
        var count = own.Stated.Count + own.Weighted.Count;
        if (count == 0) return;
        MetricValue? value = null;
        if (own.Weighted.Count == count)
        {
            var rate = -own.Weighted.Sum(pair => pair.LogLikelihood) / own.Weighted.Sum(pair => pair.Weight);
            var figure = own.Metric == "bits_per_byte" ? rate / Math.Log(2) : Math.Exp(rate);
            value = new(ValueRules.Value($"{file.Path}: {task}", own.Metric, figure), null, null, null, count);
        }
        else if (metric is not null && own.Outcomes.Count == count) value = TryAggregate(metric, own.Outcomes);
        var isAnswer = own.Outcomes.Count > 0 && own.Outcomes[0] is TextOutcome;
        var recomputed = value is not null && !(isAnswer && own.Differs);
        if (own.Differs) into.Note(file, null, isAnswer
            ? $"'{own.Metric}' of {task} cannot be computed again without the task's own options; the stated values stand."
            : $"'{own.Metric}' of {task}: stated values of single samples are not what the likelihoods give; the computed ones count.", isError: !isAnswer);
        if (!recomputed)
        {
            if (own.Stated.Count == 0) return;
            double[] stated = [.. own.Stated];
            value = new(Statistics.Uncertainty.Mean(stated), Statistics.Uncertainty.StandardErrorOfMean(stated), null, null, count);
        }
        var record = new ScoreRecord
        {
            Task = new(task, null, null), Harness = new("lm-eval", null, null), Protocol = new(null, null, null, null, null),
            Metric = own.Metric, Filter = own.Filter, Value = value!.Value, Stderr = value.StandardError,
            Ci95 = value is { Low: { } low, High: { } high } ? new(low, high) : null, HigherIsBetter = metric?.HigherIsBetter ?? ValueRules.HigherIsBetter(own.Metric), N = count,
            Unranked = into.Options.TargetRevision is null ? null : "revision unknown",
        };
        into.Scores.Add(new(record, file.Path)
        {
            IsRecomputed = recomputed, IsMismatch = recomputed && own.Differs, Stated = recomputed && own.Differs ? Statistics.Uncertainty.Mean([.. own.Stated]) : null,
            Standing = recomputed && !own.Differs ? ImportStanding.Imported : ImportStanding.SelfReported,
        });
    }

    /// <summary>Null where the metric needs what sample files do not hold: questions that options belong to, an average to take.</summary>
    static MetricValue? TryAggregate(IMetric metric, List<Outcome> outcomes)
    {
        try
        {
            return metric.Aggregate(outcomes, new());
        }
        catch (EvaluationException)
        {
            return null;
        }
    }

    static IMetric? Metric(string name, SubmissionOptions options)
    {
        if (MetricCatalogue.FindFacts(name) is null) return null;
        try
        {
            return MetricCatalogue.Create(name, options.MetricOptions?.GetValueOrDefault(name));
        }
        catch (EvaluationException)
        {
            return null;
        }
    }

    static IEnumerable<string> MetricNames(JsonElement line) => line.Find("metrics") is { ValueKind: JsonValueKind.Array } names
        ? names.EnumerateArray().Take(100).Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)
        : line.EnumerateObject().Select(member => member.Name).Where(name => MetricCatalogue.FindFacts(name) is not null).ToList();

    /// <summary>Likelihoods of choices, of one continuation, or an answer in words; null for what is none of these.</summary>
    static Outcome? Outcome(JsonElement line, string place)
    {
        if (line.Find("filtered_resps") is not { ValueKind: JsonValueKind.Array } answers || answers.GetArrayLength() is 0 or > 10_000) return null;
        if (answers[0].ValueKind == JsonValueKind.Array && answers[0].GetArrayLength() == 2 && SubmissionJson.Number(answers[0][0]) is not null)
        {
            var likelihoods = new List<double>();
            foreach (var pair in answers.EnumerateArray())
            {
                if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || SubmissionJson.Number(pair[0]) is not { } value) throw new EvaluationException($"{place}: filtered_resps are not pairs of a likelihood and a flag.");
                if (double.IsNaN(value) || double.IsPositiveInfinity(value)) throw new EvaluationException($"{place}: a likelihood is not finite.");
                likelihoods.Add(value);
            }
            if (likelihoods.Count == 1) return new LikelihoodOutcome(likelihoods[0], IsTrue(answers[0][1]));
            var choices = Choices(line, likelihoods.Count);
            return choices is null ? null : new ChoiceOutcome(likelihoods, null, choices, Golds(line, choices));
        }
        var target = line.Find("target") switch
        {
            { ValueKind: JsonValueKind.String } text => [text.GetString()!],
            { ValueKind: JsonValueKind.Array } many => many.EnumerateArray().Take(1000).Select(item => item.ToString()).ToArray(),
            { ValueKind: JsonValueKind.Number } number => [number.GetRawText()],
            _ => null,
        };
        return answers.GetArrayLength() == 1 && answers[0].ValueKind == JsonValueKind.String && target is { Length: > 0 } ? new TextOutcome(answers[0].GetString(), target) : null;
    }

    static bool IsTrue(JsonElement flag) => flag.ValueKind == JsonValueKind.True || (flag.ValueKind == JsonValueKind.String && flag.GetString() == "True");

    /// <summary>Continuations without the blank before them: the delimiter is no part of a choice.</summary>
    static List<string>? Choices(JsonElement line, int count)
    {
        var texts = new List<string>();
        for (var i = 0; i < count; i++)
            if (line.FindText("arguments", $"gen_args_{i}", "arg_1") is { } text) texts.Add(text);
        if (texts.Count != count) return null;
        return texts.TrueForAll(text => text.StartsWith(' ')) ? texts.ConvertAll(text => text[1..]) : texts;
    }

    static int[] Golds(JsonElement line, List<string> choices)
    {
        if (line.Find("target") is not { } target) return [];
        var written = target.ValueKind == JsonValueKind.String ? target.GetString()! : target.GetRawText();
        var indices = Whole().Matches(written);
        if (written.Length < 10_000 && OnlyWhole().IsMatch(written)) return [.. indices.Select(match => int.TryParse(match.Value, out var index) ? index : -1)];
        return choices.IndexOf(written.Trim()) is >= 0 and var at ? [at] : [];
    }

    [GeneratedRegex(@"^samples_(.+?)_\d{4}-\d{2}-\d{2}T[^/]*\.jsonl$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"-?\d+")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^\s*\[?[\s\d,-]+\]?\s*$")]
    private static partial Regex OnlyWhole();
}
