using System.Text.Json;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>lighteval's results: keys <c>task|shots</c>, older ones <c>suite|task|shots|truncated</c>; <c>all</c> is their mean and no score.</summary>
static class LightevalReader
{
    public static void Read(SubmissionFile file, Collected into)
    {
        into.Format("lighteval results");
        using var document = SubmissionJson.Parse(file, into.Options);
        var root = document.RootElement;
        var general = root.Find("config_general") ?? default;
        var (sha, model) = (general.FindText("model_sha"), general.FindText("model_name"));
        var limit = general.FindWhole("max_samples");
        foreach (var task in root.Members("results"))
        {
            if (task.Name == "all" || task.Value.ValueKind != JsonValueKind.Object) continue;
            var parts = task.Name.Split('|');
            var (name, shots) = parts.Length >= 3 ? (parts[1], parts[2]) : (parts[0], parts.Length == 2 ? parts[1] : "");
            foreach (var entry in task.Value.EnumerateObject())
            {
                if (entry.Name.EndsWith("_stderr", StringComparison.Ordinal) || entry.Value.ValueKind != JsonValueKind.Number) continue;
                var place = $"{file.Path}: {task.Name}";
                var record = new ScoreRecord
                {
                    Model = new(model, sha, null), Task = new(name, root.FindText("versions", task.Name), null), Harness = new("lighteval", general.FindText("lighteval_sha"), null),
                    Protocol = new(int.TryParse(shots, out var count) ? count : null, null, null, null, limit),
                    Metric = entry.Name, Value = ValueRules.Value(place, entry.Name, entry.Value.GetDouble()),
                    Stderr = ValueRules.Error(place, entry.Name, task.Value.Find($"{entry.Name}_stderr") is { ValueKind: JsonValueKind.Number } error ? error.GetDouble() : null),
                    HigherIsBetter = ValueRules.HigherIsBetter(entry.Name), Unranked = limit is null ? ValueRules.Revision(sha, into.Options) : "limited",
                };
                into.Scores.Add(new(record, file.Path) { ModelName = model });
            }
        }
    }
}
