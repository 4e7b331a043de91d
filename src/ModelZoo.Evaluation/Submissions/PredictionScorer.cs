using System.Globalization;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>What is right for one row of a task.</summary>
/// <param name="Expected">A class by name or number, a number, a text, or a list of texts of which any is right.</param>
/// <param name="Choices">Texts of the choices, where predictions are likelihoods.</param>
public sealed record PredictionLabel(string Id, object? Expected, string? Subgroup = null, IReadOnlyList<string>? Choices = null);

/// <summary>Scores of a prediction file.</summary>
/// <param name="Missing">Rows without a prediction; they count as wrong.</param>
public sealed record ScoredPredictions(IReadOnlyList<ScoreRecord> Scores, IReadOnlyList<ImportedSample> Samples, IReadOnlyList<SubmissionFinding> Findings, int Missing);

/// <summary>Scores predictions against labels, which the sender need not know. Every id exactly once: unknown ones refuse the file, missing ones count as wrong.</summary>
/// <param name="classes">Names of all classes, in order; null: the labels are numbers of classes, numbers, or texts.</param>
/// <param name="isRegression">Labels are numbers to come near to.</param>
public sealed class PredictionScorer(IReadOnlyList<PredictionLabel> labels, IReadOnlyList<IMetric> metrics, IReadOnlyList<string>? classes = null, bool isRegression = false)
{
    readonly Dictionary<string, int> _rows = Rows(labels);
    readonly Dictionary<string, int>? _classes = classes?.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index, StringComparer.Ordinal);

    /// <param name="frame">What is known of the scores beside their values: task, harness, protocol, model.</param>
    public ScoredPredictions Score(SubmissionFile file, IReadOnlyList<Prediction> predictions, ScoreRecord frame, MetricSeeds? seeds = null)
    {
        var found = new Prediction?[labels.Count];
        foreach (var prediction in predictions)
        {
            if (!_rows.TryGetValue(prediction.Id, out var row)) throw new EvaluationException($"{file.Path}, line {prediction.Line}: unknown id '{PredictionFile.Short(prediction.Id)}'.");
            if (found[row] is { } first) throw new EvaluationException($"{file.Path}, line {prediction.Line}: duplicate id '{PredictionFile.Short(prediction.Id)}', first on line {first.Line}.");
            found[row] = prediction;
        }
        var findings = new List<SubmissionFinding>();
        var missing = labels.Where((_, row) => found[row] is null).Select(label => label.Id).ToList();
        if (missing.Count > 0)
        {
            if (isRegression) throw new EvaluationException($"{file.Path}: {missing.Count} ids have no prediction, and no number is wrong enough to stand for one: {Some(missing)}.");
            findings.Add(new(file.Path, null, $"{missing.Count} of {labels.Count} ids have no prediction and count as wrong: {Some(missing)}."));
        }
        var shape = predictions.Count > 0 ? predictions[0] : null;
        var outcomes = new Outcome[labels.Count];
        for (var row = 0; row < outcomes.Length; row++) outcomes[row] = Outcome(labels[row], found[row], shape, file);
        return new(Scores(outcomes, frame, seeds ?? new()), Samples(outcomes, frame.Task.Id), findings, missing.Count);
    }

    List<ScoreRecord> Scores(Outcome[] outcomes, ScoreRecord frame, MetricSeeds seeds)
    {
        var scores = new List<ScoreRecord>();
        var groups = labels.Select((label, row) => (label.Subgroup, row)).Where(pair => pair.Subgroup is not null).GroupBy(pair => pair.Subgroup!, pair => outcomes[pair.row], StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        foreach (var metric in metrics)
        {
            scores.Add(Record(metric, outcomes, null));
            foreach (var group in groups) scores.Add(Record(metric, [.. group], group.Key));
        }
        return scores;

        ScoreRecord Record(IMetric metric, Outcome[] of, string? subgroup)
        {
            var value = metric.Aggregate(of, seeds);
            return frame with
            {
                Metric = metric.Name, Value = value.Value, Stderr = value.StandardError, Ci95 = value is { Low: { } low, High: { } high } ? new(low, high) : null,
                HigherIsBetter = metric.HigherIsBetter, N = value.Count, Subgroup = subgroup,
            };
        }
    }

    ImportedSample[] Samples(Outcome[] outcomes, string task) => [.. outcomes.Select((outcome, row) =>
    {
        var scores = new Dictionary<string, double>();
        foreach (var metric in metrics)
            if (metric.Score(outcome) is { } score) scores[metric.Name] = score;
        return new ImportedSample(task, labels[row].Id, "none", outcome, scores);
    })];

    Outcome Outcome(PredictionLabel label, Prediction? given, Prediction? shape, SubmissionFile file)
    {
        var place = given is null ? file.Path : $"{file.Path}, line {given.Line}";
        if (given is not null && Kind(given) != Kind(shape!)) throw new EvaluationException($"{place}: this row holds {Kind(given)}, the first {Kind(shape!)}.");
        switch (shape is null ? "a prediction" : Kind(shape))
        {
            case "scores":
                if (given is not null && classes is not null && given.Scores!.Count != classes.Count) throw new EvaluationException($"{place}: {given.Scores.Count} scores for {classes.Count} classes.");
                var right = Index(label.Expected, "the labels");
                if (given is not null && right >= given.Scores!.Count) throw new EvaluationException($"{place}: {given.Scores.Count} scores, and the label is class {right}.");
                return new ClassOutcome(given is null ? [] : Shares(given.Scores!), right);
            case "loglikelihoods":
                if (given is not null && label.Choices is { } choices && choices.Count != given.LogLikelihoods!.Count) throw new EvaluationException($"{place}: {given.LogLikelihoods.Count} likelihoods for {choices.Count} choices.");
                return new ChoiceOutcome(given?.LogLikelihoods ?? [], null, label.Choices ?? [], [Index(label.Expected, "the labels")]);
            case "text":
                return new TextOutcome(given?.Text, References(label.Expected));
        }
        if (isRegression)
        {
            return new NumberOutcome(
                PredictionFile.Number(given!.Value) is { } number ? PredictionFile.Finite(number, place) : throw new EvaluationException($"{place}: the prediction is no number."),
                PredictionFile.Number(label.Expected) ?? throw new EvaluationException("The labels are no numbers."));
        }
        if (classes is null && label.Expected is string or IReadOnlyList<object?> or IReadOnlyList<string>)
            return new TextOutcome(given is null ? null : Convert.ToString(given.Value, CultureInfo.InvariantCulture), References(label.Expected));
        return new LabelOutcome(given is null ? -1 : Index(given.Value, place), Index(label.Expected, "the labels"));
    }

    int Index(object? value, string place)
    {
        if (value is string name && _classes is not null && _classes.TryGetValue(name, out var known)) return known;
        if (PredictionFile.Number(value) is { } number && number == Math.Floor(number) && number >= 0 && number < (classes?.Count ?? 1 << 24)) return (int)number;
        throw new EvaluationException($"{place}: '{PredictionFile.Short(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")}' is out of range: it is none of the {(classes is null ? "" : $"{classes.Count} ")}classes.");
    }

    static string[] References(object? expected) => expected switch
    {
        IReadOnlyList<string> many => [.. many],
        IReadOnlyList<object?> many => [.. many.Select(item => Convert.ToString(item, CultureInfo.InvariantCulture) ?? "")],
        _ => [Convert.ToString(expected, CultureInfo.InvariantCulture) ?? ""],
    };

    /// <summary>Scores that already are shares stay; others become shares by softmax.</summary>
    static IReadOnlyList<double> Shares(IReadOnlyList<double> scores) =>
        scores.All(score => score is >= 0 and <= 1) && Math.Abs(scores.Sum() - 1) <= 1e-3 ? scores : Outcomes.Softmax([.. scores]);

    static string Kind(Prediction row) => row.Scores is not null ? "scores" : row.LogLikelihoods is not null ? "loglikelihoods" : row.Text is not null ? "text" : "a prediction";

    static string Some(List<string> ids) => string.Join(", ", ids.Take(10).Select(PredictionFile.Short)) + (ids.Count > 10 ? ", …" : "");

    static Dictionary<string, int> Rows(IReadOnlyList<PredictionLabel> labels)
    {
        if (labels.Count == 0) throw new EvaluationException("There are no labels.");
        var rows = new Dictionary<string, int>(labels.Count, StringComparer.Ordinal);
        for (var row = 0; row < labels.Count; row++)
            if (!rows.TryAdd(labels[row].Id, row)) throw new EvaluationException($"The labels hold the id '{PredictionFile.Short(labels[row].Id)}' twice.");
        return rows;
    }
}
