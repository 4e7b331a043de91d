using System.Globalization;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary><c>.eval_results/*.yaml</c> of a model repository. An entry that breaks the rules is left out and reported.</summary>
static class EvalResultsReader
{
    public static void Read(SubmissionFile file, Collected into)
    {
        into.Format(".eval_results");
        var root = YamlValue.Parse(file, SubmissionText.Text(file, into.Options));
        if (root.Items.Count == 0) throw new EvaluationException($"{file.Path}: a list of results is expected.");
        foreach (var entry in root.Items)
        {
            if (Problem(entry, into.Options) is { } problem)
            {
                into.Note(file, entry.Line, problem, isError: true);
                continue;
            }
            var (dataset, task) = (entry.FindText("dataset", "id")!, entry.FindText("dataset", "task_id")!);
            var (stated, isPercent) = entry.Find("value")!.Number()!.Value;
            var record = new ScoreRecord
            {
                Task = new($"{dataset}#{task}", null, null), Harness = new("eval_results", null, null), Protocol = new(null, null, null, null, null),
                Dataset = new(dataset, entry.FindText("dataset", "revision"), null, null, null, null, null), Metric = "value", Value = isPercent ? stated / 100 : stated,
            };
            into.Scores.Add(new(record, file.Path)
            {
                Line = entry.Line, IsPercent = isPercent, Stated = isPercent ? stated : null, Date = entry.FindText("date"), Notes = entry.FindText("notes"), VerifyToken = entry.FindText("verifyToken"),
                SourceUrl = entry.FindText("source", "url"), SourceName = entry.FindText("source", "name") ?? entry.FindText("source", "org") ?? entry.FindText("source", "user"),
            });
        }
    }

    static string? Problem(YamlValue entry, SubmissionOptions options)
    {
        if (entry.FindText("dataset", "id") is null || entry.FindText("dataset", "task_id") is null) return "A result needs dataset.id and dataset.task_id.";
        if (entry.Find("value")?.Number() is not { } value) return "The value is no number.";
        if (!double.IsFinite(value.Value)) return "The value is not finite.";
        if (entry.FindText("date") is not { } date) return null;
        if (!DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)) return "The date is none that can be read.";
        return moment > options.Now.AddDays(1) ? "The date lies in the future." : null;
    }
}
