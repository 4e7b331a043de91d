using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Submissions;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using PureOptions = ModelZoo.Evaluation.Submissions.SubmissionOptions;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>What was read from files: scores of tasks that the benchmark has, samples that may be kept, and what a sender should know.</summary>
sealed record Imported(string Format, List<AcceptedScore> Scores, IReadOnlyList<ImportedSample> Samples, List<string> Findings);

/// <summary>Turns the files of other harnesses, and predictions held against labels, into scores of a benchmark's tasks.</summary>
sealed class SubmissionImport(LabelFile labels, RevisionResolver revisions, TimeProvider time)
{
    const int MostFindings = 50;

    /// <summary>A file of predictions says only what a model answered.</summary>
    public static bool HoldsPredictions(SubmissionFile file)
    {
        using var reader = new StreamReader(file.Open());
        var head = new char[4096];
        var line = new string(head, 0, reader.ReadBlock(head)).TrimStart('\uFEFF', ' ', '\n', '\r').Split('\n', 2)[0].Trim();
        bool Names(string key) => line.Contains($"\"{key}\"", StringComparison.Ordinal);
        return line.StartsWith('{') ? Names("id") && !Names("doc_id") && (Names("prediction") || Names("scores") || Names("text") || Names("loglikelihoods"))
            : line.Split(',').Select(cell => cell.Trim()).ToList() is ["id", _, ..] columns && columns.Any(column => column is "prediction" or "text");
    }

    /// <param name="modelName">The model's name in files that hold several.</param>
    public async Task<Imported> ReadAsync(ReadableRepository model, SubmittedFiles files, IReadOnlyList<BenchmarkTaskRow> tasks, string dataset, string? task, string? modelName, CancellationToken stop)
    {
        ImportedScores read;
        try
        {
            read = SubmissionReader.Read(files.Files, new PureOptions { Now = time.GetUtcNow() }, stop);
        }
        catch (EvaluationException mistake)
        {
            throw new Refusal(RefusalKind.Unprocessable, Short(mistake.Message));
        }
        var scores = read.Scores.Where(score => score.Perturbation is null).ToList();
        var names = scores.Select(score => score.ModelName).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (modelName is not null) scores = [.. scores.Where(score => score.ModelName == modelName)];
        else if (read.Formats.Contains("model table") && names.Count > 1) throw Refusal.Invalid($"The table has several models: {string.Join(", ", names.Take(20))}. Say which one with \"name\".");
        var known = tasks.Where(row => !row.IsSuite).ToDictionary(row => row.Id, StringComparer.Ordinal);
        var found = scores.Select(score => (Score: score, Task: TaskOf(score.Record.Task.Id, known, dataset, task, scores))).ToList();
        var findings = read.Findings.Take(MostFindings).Select(finding => Short($"{finding.File}{(finding.Line is { } line ? $", line {line}" : "")}: {finding.Message}")).ToList();
        var elsewhere = found.Where(pair => pair.Task is null).Select(pair => pair.Score.Record.Task.Id).Distinct().ToList();
        if (elsewhere.Count > 0) findings.Add(Short($"Left out, because the benchmark has no such task: {string.Join(", ", elsewhere.Take(10))}{(elsewhere.Count > 10 ? $" and {elsewhere.Count - 10} more" : "")}."));
        var accepted = new List<AcceptedScore>();
        foreach (var (score, id) in found)
            if (id is not null && score.Record.Value is not null) accepted.Add(await AcceptAsync(model, score, id, read.Formats, stop));
        if (accepted.Count == 0) throw new Refusal(RefusalKind.Unprocessable, $"Nothing in it is a score of a task of {dataset}: {string.Join(", ", known.Keys.Take(10))}. {string.Join(" ", findings.Take(5))}".Trim());
        return new(string.Join(", ", read.Formats), accepted, read.Samples, findings);
    }

    /// <summary>The benchmark's task that a file's name means; with a task asked for, a file of one task means that.</summary>
    static string? TaskOf(string id, Dictionary<string, BenchmarkTaskRow> known, string dataset, string? wanted, List<ImportedScore> all)
    {
        var bare = id.StartsWith(dataset + "#", StringComparison.OrdinalIgnoreCase) ? id[(dataset.Length + 1)..] : id;
        if (wanted is null) return known.ContainsKey(bare) ? bare : known.ContainsKey(bare.Split('|')[0]) ? bare.Split('|')[0] : null;
        return bare == wanted || bare.Split('|')[0] == wanted || all.All(other => other.Record.Task.Id == id) ? wanted : null;
    }

    async Task<AcceptedScore> AcceptAsync(ReadableRepository model, ImportedScore score, string task, IReadOnlyList<string> formats, CancellationToken stop)
    {
        var record = score.Record;
        var unranked = record.Unranked;
        string? commit = null;
        if (record.Model?.Revision is { Length: > 0 } stated)
        {
            // Another repository's commit, or one that was never pushed: nobody can say what was measured.
            commit = stated.Length == 40 && await revisions.FindAsync(model, stated, stop) is { } found ? found.CommitId : null;
            if (commit is null) unranked ??= "Unbound: it was measured on a revision that this repository does not hold.";
        }
        return new(record with
        {
            Model = new(model.Repository.FullName, commit ?? record.Model?.Revision, record.Model?.Digest), Task = record.Task with { Id = task }, Unranked = unranked, Samples = null,
            Subgroup = formats.Contains("model table") ? null : record.Subgroup,
        }, score.IsRecomputed || score.Standing == ImportStanding.Imported)
        {
            Notes = score.IsMismatch ? Short($"The samples give {record.Value:R}; stated was {score.Stated:R}. {score.Notes}") : score.Notes, SourceUrl = score.SourceUrl, SourceName = score.SourceName,
            Date = DateTimeOffset.TryParse(score.Date, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var date) ? date : record.Run?.Started,
        };
    }

    /// <summary>Holds predictions against the labels. Where those are hidden, nothing but the score comes back: no id, no label, no sample.</summary>
    public async Task<Imported> ScoreAsync(ReadableRepository model, Repository benchmark, SubmissionFile file, BenchmarkTaskRow task, CancellationToken stop)
    {
        var place = task.Facts.Labels ?? throw new Refusal(RefusalKind.Unprocessable, $"The task {task.Id} takes no predictions: its benchmark holds no labels.");
        var found = await labels.GetAsync(benchmark, place, stop);
        var names = task.Facts.Metrics.Select(fact => fact.Name).Prepend(task.Metric ?? "acc").Distinct().ToList();
        try
        {
            var predictions = PredictionFile.Read(file, new PureOptions { Now = time.GetUtcNow() }, stop);
            var metrics = names.Select(name => MetricCatalogue.Create(name)).ToList();
            var isRegression = task.Metric is "mse" or "mae" or "rmse" or "r2" or "pearson" or "spearman" or "kendall_tau_b";
            var frame = new ScoreRecord
            {
                Model = new(model.Repository.FullName, null, null), Dataset = new(benchmark.FullName, null, task.Config, task.Split, null, found.Labels.Count, found.Labels.Count), Task = new(task.Id, task.Version, task.TaskHash),
                Harness = new("predictions", null, null), Protocol = new(null, null, null, "predictions", null), Metric = names[0],
            };
            var scored = new PredictionScorer(found.Labels, metrics, null, isRegression).Score(file, predictions, frame);
            var findings = scored.Missing > 0 ? new List<string> { $"{scored.Missing} of {found.Labels.Count} rows have no prediction and count as wrong." } : [];
            return new("predictions", [.. scored.Scores.Where(record => record.Value is not null && (!found.IsHidden || record.Subgroup is null)).Select(record => new AcceptedScore(record, IsReported: true) { Notes = "scored by the hub against its labels" })],
                found.IsHidden ? [] : scored.Samples, findings);
        }
        catch (EvaluationException mistake)
        {
            throw new Refusal(RefusalKind.Unprocessable, found.IsHidden ? Discreet(mistake.Message) : Short(mistake.Message));
        }
    }

    /// <summary>Says what is wrong with the sender's own file, and nothing of the labels.</summary>
    static string Discreet(string message)
    {
        foreach (var own in (string[])["unknown id", "duplicate id", "is missing", "not finite", "no predictions", "the header", "cells, the header", "this row holds", "one of prediction", "is expected", "no JSON", "not valid"])
            if (message.Contains(own, StringComparison.Ordinal) && !message.Contains("label", StringComparison.Ordinal) && !message.Contains("have no prediction", StringComparison.Ordinal)) return Short(message);
        return "The predictions do not fit the task: each row needs an id of the task and an answer of the kind that its metric judges.";
    }

    static string Short(string text) => JsonText.Storable(text.Length > 500 ? text[..500] + "…" : text);
}
