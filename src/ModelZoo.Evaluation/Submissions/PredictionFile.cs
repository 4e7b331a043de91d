using System.Globalization;
using System.Text.Json;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>One row of a prediction file: exactly one of the four answers.</summary>
public sealed record Prediction(string Id, int Line)
{
    /// <summary>A class by name or number, or a number.</summary>
    public object? Value { get; init; }
    public string? Text { get; init; }
    public IReadOnlyList<double>? Scores { get; init; }
    public IReadOnlyList<double>? LogLikelihoods { get; init; }
}

/// <summary>
/// Predictions of a model on a task: JSON lines {<c>id</c>, <c>prediction</c> | <c>scores</c> | <c>text</c> | <c>loglikelihoods</c>}, or CSV with a header
/// <c>id,prediction</c>, <c>id,text</c> or <c>id,score</c>.
/// </summary>
public static class PredictionFile
{
    const int MaxNumbers = 100_000;

    internal static bool IsAnswer(string column) => column.Trim() is "prediction" or "scores" or "text" or "loglikelihoods";

    /// <exception cref="EvaluationException">A line cannot be read, a number is not finite, or an id comes twice.</exception>
    public static IReadOnlyList<Prediction> Read(SubmissionFile file, SubmissionOptions options, CancellationToken stop = default)
    {
        var predictions = new List<Prediction>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var prediction in SubmissionText.Head(file, 4096).TrimStart().StartsWith('{') ? OfLines(file, options) : OfTable(file, options))
        {
            stop.ThrowIfCancellationRequested();
            if (!seen.TryAdd(prediction.Id, prediction.Line)) throw new EvaluationException($"{file.Path}, line {prediction.Line}: duplicate id '{Short(prediction.Id)}', first on line {seen[prediction.Id]}.");
            if (predictions.Count >= options.MaxSamples) throw new EvaluationException($"{file.Path}: there are more than {options.MaxSamples} predictions.");
            predictions.Add(prediction);
        }
        return predictions.Count > 0 ? predictions : throw new EvaluationException($"{file.Path}: there are no predictions.");
    }

    static IEnumerable<Prediction> OfLines(SubmissionFile file, SubmissionOptions options)
    {
        foreach (var (number, text) in SubmissionText.Lines(file, options))
        {
            using var document = SubmissionJson.ParseLine(file, number, text);
            yield return SubmissionReader.Guarded(file, () => Of(document.RootElement, number, $"{file.Path}, line {number}"));
        }
    }

    static Prediction Of(JsonElement line, int number, string place)
    {
        var row = new Prediction(line.FindText("id") ?? throw new EvaluationException($"{place}: id is missing."), number);
        if (line.Find("scores") is { } scores) return row with { Scores = Numbers(scores, place) };
        if (line.Find("loglikelihoods") is { } likelihoods) return row with { LogLikelihoods = Numbers(likelihoods, place) };
        if (line.Find("text") is { } text) return row with { Text = text.ValueKind == JsonValueKind.String ? text.GetString() : throw new EvaluationException($"{place}: text must be text.") };
        return line.Find("prediction") switch
        {
            { ValueKind: JsonValueKind.String } name => row with { Value = name.GetString() },
            { ValueKind: JsonValueKind.Number } whole when whole.TryGetInt64(out var index) => row with { Value = index },
            { ValueKind: JsonValueKind.Number } real => row with { Value = Finite(real.GetDouble(), place) },
            { ValueKind: JsonValueKind.True or JsonValueKind.False } flag => row with { Value = flag.GetBoolean() ? 1L : 0L },
            _ => throw new EvaluationException($"{place}: one of prediction, scores, text and loglikelihoods is expected."),
        };
    }

    static IEnumerable<Prediction> OfTable(SubmissionFile file, SubmissionOptions options)
    {
        List<string>? header = null;
        var (id, answer) = (-1, -1);
        foreach (var (number, cells) in SubmissionText.Rows(file, options))
        {
            if (header is null)
            {
                header = cells.ConvertAll(cell => cell.Trim().TrimStart('\uFEFF'));
                (id, answer) = (header.IndexOf("id"), header.FindIndex(column => column is "prediction" or "text"));
                if (id < 0 || answer < 0) throw new EvaluationException($"{file.Path}, line {number}: the header must name id and prediction.");
                continue;
            }
            if (cells.Count != header.Count) throw new EvaluationException($"{file.Path}, line {number}: the row has {cells.Count} cells, the header {header.Count}.");
            yield return header[answer] == "text" ? new(cells[id], number) { Text = cells[answer] } : new(cells[id], number) { Value = cells[answer] };
        }
    }

    static double[] Numbers(JsonElement list, string place)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxNumbers) throw new EvaluationException($"{place}: a list of numbers is expected.");
        var numbers = new double[list.GetArrayLength()];
        var at = 0;
        foreach (var item in list.EnumerateArray()) numbers[at++] = item.ValueKind == JsonValueKind.Number ? Finite(item.GetDouble(), place) : throw new EvaluationException($"{place}: a list of numbers is expected.");
        return numbers;
    }

    internal static double Finite(double value, string place) => double.IsFinite(value) ? value : throw new EvaluationException($"{place}: a number is not finite.");

    internal static double? Number(object? value) => value switch
    {
        long whole => whole,
        double real => real,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    internal static string Short(string text) => text.Length > 60 ? $"{text[..60]}…" : text;
}
