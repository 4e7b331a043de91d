using System.Globalization;
using System.Text.Json;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>Logs of MLPerf's load generator. The scenario decides which figure counts and which way is better.</summary>
static class MlPerfReader
{
    public static void ReadSummary(SubmissionFile file, Collected into)
    {
        into.Format("mlperf");
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (_, line) in SubmissionText.Lines(file, into.Options))
            if (line.IndexOf(':') is > 0 and var colon) said.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
        var scenario = said.GetValueOrDefault("Scenario") ?? throw new EvaluationException($"{file.Path}: the summary names no scenario.");
        var (metric, higher, labels) = scenario switch
        {
            "SingleStream" => ("p90_latency_ns", false, new[] { "90th percentile latency (ns)", "90.0th percentile latency (ns)", "90.00 percentile latency (ns)" }),
            "MultiStream" => ("p99_latency_ns", false, ["99th percentile latency (ns)", "99.0th percentile latency (ns)", "99.00 percentile latency (ns)"]),
            "Server" => ("samples_per_second", true, ["Completed samples per second", "Completed tokens per second", "Scheduled samples per second"]),
            "Offline" => ("samples_per_second", true, ["Samples per second", "Tokens per second"]),
            _ => throw new EvaluationException($"{file.Path}: the scenario '{(scenario.Length > 40 ? scenario[..40] : scenario)}' is none of SingleStream, MultiStream, Server and Offline."),
        };
        if (said.GetValueOrDefault("Mode") is { } mode && !mode.StartsWith("Performance", StringComparison.Ordinal))
        {
            into.Note(file, null, $"The mode {mode} measures no performance.");
            return;
        }
        var written = labels.Select(label => said.GetValueOrDefault(label)).FirstOrDefault(found => found is not null) ?? throw new EvaluationException($"{file.Path}: '{labels[0]}' is missing.");
        if (!double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value) || value < 0) throw new EvaluationException($"{file.Path}: '{labels[0]}' is not finite.");
        string? unranked = null;
        if (said.GetValueOrDefault("Result is") != "VALID") unranked = "invalid run";
        else if (new[] { "Min duration satisfied", "Min queries satisfied", "Early stopping satisfied" }.FirstOrDefault(rule => said.TryGetValue(rule, out var met) && met is not ("Yes" or "NA" or "N/A")) is { } broken)
            unranked = $"invalid run: {broken}: {said[broken]}";
        var record = new ScoreRecord
        {
            Task = new("mlperf", null, null), Harness = new("mlperf-loadgen", null, null), Protocol = new(null, null, null, scenario, null),
            Metric = metric, Value = value, HigherIsBetter = higher, Unranked = unranked ?? ValueRules.Revision(null, into.Options),
        };
        into.Scores.Add(new(record, file.Path) { ModelName = said.GetValueOrDefault("SUT name"), Scenario = scenario });
    }

    /// <summary>Lines of a name and a class, by index.</summary>
    public static int[] ReadLabels(SubmissionFile file, SubmissionOptions options)
    {
        var labels = new List<int>();
        foreach (var (number, line) in SubmissionText.Lines(file, options))
        {
            if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [_, var label] || !int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                throw new EvaluationException($"{file.Path}, line {number}: a name and a class are expected.");
            labels.Add(index);
        }
        return [.. labels];
    }

    public static void ReadAccuracy(SubmissionFile file, Collected into)
    {
        into.Format("mlperf");
        using var document = SubmissionJson.Parse(file, into.Options);
        var found = new Dictionary<int, int>();
        var repeated = 0;
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            var index = entry.FindWhole("qsl_idx") ?? throw new EvaluationException($"{file.Path}: an entry has no qsl_idx.");
            // The first answer to a sample counts, as in MLPerf's own scripts.
            if (!found.TryAdd(index, Class(file, entry.FindText("data") ?? ""))) repeated++;
        }
        if (repeated > 0) into.Note(file, null, $"{repeated} repeated answers were left out; the first for each qsl_idx counts.");
        if (into.Labels is not { } labels)
        {
            into.Note(file, null, "There are no labels, so no accuracy was computed.");
            return;
        }
        if (labels.Count == 0) throw new EvaluationException($"{file.Path}: there are no labels.");
        foreach (var index in found.Keys)
            if (index < 0 || index >= labels.Count) throw new EvaluationException($"{file.Path}: unknown id: there is no sample {index}.");
        if (found.Count < labels.Count) into.Note(file, null, $"{labels.Count - found.Count} of {labels.Count} samples have no answer and count as wrong.");
        var metric = MetricCatalogue.Create("accuracy");
        var outcomes = new List<Outcome>(labels.Count);
        for (var i = 0; i < labels.Count; i++)
        {
            outcomes.Add(new LabelOutcome(found.GetValueOrDefault(i, -1), labels[i]));
            into.Add(file, new("mlperf", i.ToString(CultureInfo.InvariantCulture), "none", outcomes[i], new Dictionary<string, double> { ["accuracy"] = metric.Score(outcomes[i])!.Value }));
        }
        var value = metric.Aggregate(outcomes, new());
        into.Scores.Add(new(new()
        {
            Task = new("mlperf", null, null), Harness = new("mlperf-loadgen", null, null), Protocol = new(null, null, null, "accuracy", null),
            Metric = "accuracy", Value = value.Value, Stderr = value.StandardError, Ci95 = new(value.Low!.Value, value.High!.Value), N = value.Count, Unranked = ValueRules.Revision(null, into.Options),
        }, file.Path) { IsRecomputed = true, Standing = ImportStanding.Imported });
    }

    /// <summary>The first number of the raw answer: a class written as float32, or as a whole number of 32 or 64 bits.</summary>
    static int Class(SubmissionFile file, string hex)
    {
        if (hex.Length < 8) throw new EvaluationException($"{file.Path}: an entry's data is no number.");
        Span<byte> bytes = stackalloc byte[4];
        if (Convert.FromHexString(hex.AsSpan(0, 8), bytes, out _, out _) != System.Buffers.OperationStatus.Done) throw new EvaluationException($"{file.Path}: an entry's data is not hexadecimal.");
        var real = System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(bytes);
        var whole = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (real is >= 1 and < 1 << 24 && real == MathF.Floor(real)) return (int)real;
        // No class is so large that its bits, read as a number of the other kind, would be one.
        return whole is >= 0 and < 1 << 24 ? whole : throw new EvaluationException($"{file.Path}: the answer {hex[..8]} is no class.");
    }
}
