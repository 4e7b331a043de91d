using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>Scores that the front matter of a model card claims (<c>model-index</c>). An entry that breaks the rules is left out and reported.</summary>
static class ModelIndexReader
{
    public static void Read(SubmissionFile file, Collected into)
    {
        into.Format("model-index");
        var text = SubmissionText.Text(file, into.Options).Replace("\r\n", "\n");
        var from = text.IndexOf("---", StringComparison.Ordinal);
        var begin = text.IndexOf('\n', from) + 1;
        var end = begin == 0 ? -1 : text.IndexOf("\n---", begin - 1, StringComparison.Ordinal);
        if (end < 0) throw new EvaluationException($"{file.Path}: the front matter does not end.");
        var firstLine = text.AsSpan(0, begin).Count('\n') + 1;
        var card = YamlValue.Parse(file, end < begin ? "" : text[begin..end], firstLine);
        foreach (var model in card.Find("model-index")?.Items ?? [])
            foreach (var result in model.Find("results")?.Items ?? [])
                foreach (var metric in result.Find("metrics")?.Items ?? [])
                    Add(file, model.FindText("name"), result, metric, into);
    }

    static void Add(SubmissionFile file, string? model, YamlValue result, YamlValue metric, Collected into)
    {
        var place = $"{file.Path}, line {metric.Line}";
        if (metric.FindText("type") is not { } name || result.FindText("dataset", "type") is not { } dataset)
        {
            into.Note(file, metric.Line, "A metric needs a type, and its result a dataset with a type.", isError: true);
            return;
        }
        if (metric.Find("value")?.Number() is not { } stated)
        {
            into.Note(file, metric.Line, $"The value of '{name}' is no number.", isError: true);
            return;
        }
        double value;
        try
        {
            value = ValueRules.Value(place, name, stated.IsPercent ? stated.Value / 100 : stated.Value);
        }
        catch (EvaluationException wrong)
        {
            into.Note(file, metric.Line, wrong.Message, isError: true);
            return;
        }
        var config = result.FindText("dataset", "config");
        var record = new ScoreRecord
        {
            Model = new(model, null, null), Task = new(config is null ? dataset : $"{dataset}/{config}", null, null), Harness = new("model-index", null, null),
            Dataset = new(dataset, result.FindText("dataset", "revision"), config, result.FindText("dataset", "split"), null, null, null),
            Protocol = new(null, null, null, null, null), Metric = name, Value = value, HigherIsBetter = ValueRules.HigherIsBetter(name),
        };
        into.Scores.Add(new(record, file.Path)
        {
            Line = metric.Line, ModelName = model, IsPercent = stated.IsPercent, Stated = stated.IsPercent ? stated.Value : null, VerifyToken = metric.FindText("verifyToken"),
            SourceName = result.FindText("source", "name"), SourceUrl = result.FindText("source", "url"),
        });
    }
}
