using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A value with the token that vouches for it.</summary>
sealed record SignedScore(ScoreRecord Record, string Token, string EvidencePath, string? SamplesPath);

/// <summary>
/// Writes a file of <c>.eval_results</c>. Entries of tasks that were not measured now stay as they are, letter by letter; entries of those that were are
/// replaced. The same values give the same bytes.
/// </summary>
static partial class ResultYaml
{
    /// <param name="existing">The file as it is; null where there is none.</param>
    /// <param name="page">The address of the run's page; null where the hub does not know its own.</param>
    public static string Write(string? existing, string benchmark, string revision, IReadOnlyList<SignedScore> scores, DateOnly day, string? page)
    {
        var measured = scores.Select(score => score.Record.Task.Id).ToHashSet(StringComparer.Ordinal);
        var (head, kept) = Split(existing ?? "");
        var text = new StringBuilder(head);
        foreach (var entry in kept.Where(entry => TaskOf(entry) is not { } task || !measured.Contains(task))) text.Append(entry);
        foreach (var score in scores) Append(text, benchmark, revision, score, day, page);
        return text.ToString();
    }

    /// <summary>The tokens of a task's entries.</summary>
    public static IReadOnlyList<string> Tokens(string existing, string task) =>
        [.. Split(existing).Entries.Where(entry => TaskOf(entry) == task).Select(entry => Token().Match(entry)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    static void Append(StringBuilder text, string benchmark, string revision, SignedScore score, DateOnly day, string? page)
    {
        var record = score.Record;
        text.Append($"- dataset:\n    id: {Quote(benchmark)}\n    task_id: {Quote(record.Task.Id)}\n    revision: {Quote(revision)}\n");
        text.Append($"  value: {Number(record.Value!.Value)}\n  verifyToken: {score.Token}\n  date: \"{day:yyyy-MM-dd}\"\n");
        if (page is not null) text.Append($"  source:\n    url: {Quote(page)}\n    name: ModelZoo\n");
        text.Append($"  notes: {Quote(Notes(record))}\n");
        text.Append($"  zoo:\n    metric: {Quote(record.Metric)}\n    filter: {Quote(record.Filter)}\n");
        if (record.N is { } n) text.Append($"    n: {n}\n");
        if (record.Stderr is { } error) text.Append($"    stderr: {Number(error)}\n");
        if (record.Unranked is { } unranked) text.Append($"    unranked: {Quote(unranked)}\n");
        text.Append($"    evidence: {Quote(score.EvidencePath)}\n");
        if (score.SamplesPath is { } samples) text.Append($"    samples: {Quote(samples)}\n");
    }

    static string Notes(ScoreRecord record)
    {
        var words = new List<string> { record.Filter == "none" ? record.Metric : $"{record.Metric} after {record.Filter}" };
        if (record.N is { } n) words.Add($"{n} samples");
        if (record.Protocol.NumFewshot is { } shots) words.Add($"{shots}-shot");
        if (record.Protocol.Scoring is { } scoring) words.Add($"by {scoring}");
        return string.Join(", ", words);
    }

    /// <summary>What stands before the first entry, and the entries: each begins with a dash at the margin.</summary>
    static (string Head, List<string> Entries) Split(string existing)
    {
        var (head, entries) = (new StringBuilder(), new List<StringBuilder>());
        foreach (var line in existing.ReplaceLineEndings("\n").Split('\n').Select(line => line + '\n'))
        {
            if (line.StartsWith("- ", StringComparison.Ordinal) || line == "-\n") entries.Add(new());
            if (line == "[]\n" && entries.Count == 0) continue;
            (entries.Count == 0 ? head : entries[^1]).Append(line);
        }
        // The last line ended already.
        var last = entries.Count == 0 ? head : entries[^1];
        if (last.Length > 0) last.Length--;
        if (last.Length > 0 && last[^1] != '\n') last.Append('\n');
        return (head.ToString(), [.. entries.Select(entry => entry.ToString())]);
    }

    static string? TaskOf(string entry) => TaskId().Match(entry) is { Success: true } match ? match.Groups[1].Value.Trim('"', '\'') : null;

    /// <summary>With a point, without which some readers of YAML see a whole number, and others a text.</summary>
    static string Number(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = text.IndexOf('E', StringComparison.Ordinal);
        return text.Contains('.', StringComparison.Ordinal) ? text : exponent < 0 ? text + ".0" : text.Insert(exponent, ".0");
    }

    /// <summary>JSON's strings are YAML's, too.</summary>
    static string Quote(string text) => PlainText().IsMatch(text) ? text : JsonSerializer.Serialize(text, s_plain);

    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [GeneratedRegex(@"\A[A-Za-z.][A-Za-z0-9_./-]*\z")]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^[ -] +task_id:[ \t]*(.+?)[ \t]*$", RegexOptions.Multiline)]
    private static partial Regex TaskId();

    [GeneratedRegex(@"^[ -] +verifyToken:[ \t]*[""']?([A-Za-z0-9_.-]+)[""']?[ \t]*$", RegexOptions.Multiline)]
    private static partial Regex Token();
}
