using System.Text.Json;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>A published table of accuracies, one line for each set and a column for each model: <c>UID</c>, <c>linguistics_term</c>, models (BLiMP's summary).</summary>
static class ModelTableReader
{
    public static void Read(SubmissionFile file, Collected into, CancellationToken stop)
    {
        into.Format("model table");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (number, text) in SubmissionText.Lines(file, into.Options))
        {
            stop.ThrowIfCancellationRequested();
            using var document = SubmissionJson.ParseLine(file, number, text);
            var row = document.RootElement;
            var (name, category) = (row.FindText("UID"), row.FindText("linguistics_term"));
            if (name is null || category is null) throw new EvaluationException($"{file.Path}, line {number}: UID and linguistics_term are expected.");
            // "overall" of a category is its mean; of everything, the benchmark's.
            var task = name != "overall" ? $"blimp_{name}" : category == "overall" ? "blimp" : $"blimp_{category}";
            if (!seen.Add(task)) throw new EvaluationException($"{file.Path}, line {number}: duplicate id '{task}'.");
            foreach (var cell in row.EnumerateObject())
            {
                if (cell.Value.ValueKind != JsonValueKind.Number) continue;
                var record = new ScoreRecord
                {
                    Model = new(cell.Name, null, null), Task = new(task, null, null), Harness = new("published table", null, null), Protocol = new(null, null, null, null, null),
                    Metric = "acc", Value = ValueRules.Value($"{file.Path}, line {number}", "acc", cell.Value.GetDouble()),
                };
                into.Scores.Add(new(record, file.Path) { Line = number, ModelName = cell.Name, Notes = category });
            }
        }
    }
}
