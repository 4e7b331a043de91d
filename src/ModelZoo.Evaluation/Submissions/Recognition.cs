using System.Text.Json;

namespace ModelZoo.Evaluation.Submissions;

enum SubmissionKind
{
    Unknown, LmEvalResults, LmEvalSamples, Lighteval, HelmRunSpec, HelmStats, OpenCompassSummary, OpenCompassResult, MlPerfSummary, MlPerfDetail, MlPerfAccuracy,
    LabelMap, ModelIndex, EvalResults, Predictions, CodeSamples, ModelTable,
}

/// <summary>Which format a file is in, by what it holds.</summary>
static class Recognition
{
    /// <summary>Enough to see a file's first line or first keys.</summary>
    const int Head = 64 << 10;

    public static SubmissionKind Of(SubmissionFile file, SubmissionOptions options)
    {
        var head = SubmissionText.Head(file, Head);
        var text = head.TrimStart();
        if (text.Length == 0) throw new EvaluationException($"{file.Path}: the file is empty.");
        if (text.StartsWith(":::MLLOG", StringComparison.Ordinal)) return SubmissionKind.MlPerfDetail;
        if (text.Contains("MLPerf Results Summary", StringComparison.Ordinal)) return SubmissionKind.MlPerfSummary;
        if (text.StartsWith("---", StringComparison.Ordinal) && file.Path.EndsWith(".md", StringComparison.OrdinalIgnoreCase)) return SubmissionKind.ModelIndex;
        if (text[0] is '{' or '[') return OfJson(file, options, text);
        var line = text.Split('\n', 2)[0].Trim();
        if (line.StartsWith("dataset,version,metric,mode", StringComparison.Ordinal)) return SubmissionKind.OpenCompassSummary;
        if (line.Split(',') is ["id", ..] columns && columns.Skip(1).Any(PredictionFile.IsAnswer)) return SubmissionKind.Predictions;
        if (text[0] == '-' && text.Contains("dataset", StringComparison.Ordinal)) return SubmissionKind.EvalResults;
        return line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, var label] && int.TryParse(label, out _) ? SubmissionKind.LabelMap : SubmissionKind.Unknown;
    }

    static SubmissionKind OfJson(SubmissionFile file, SubmissionOptions options, string text)
    {
        // A first line that is a whole object, and more after it: JSON lines.
        var end = text.IndexOf('\n');
        var first = (end < 0 ? text : text[..end]).Trim();
        if (first[0] == '{' && TryParse(first) is { } line)
        {
            using (line)
            {
                var kind = OfLine(line.RootElement);
                if (kind != SubmissionKind.Unknown) return kind;
            }
        }
        using var document = SubmissionJson.Parse(file, options);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array) return root.GetArrayLength() == 0 ? SubmissionKind.Unknown : OfItem(root[0]);
        bool Has(string name) => root.TryGetProperty(name, out _);
        if (Has("results")) return Has("config_general") ? SubmissionKind.Lighteval : Has("config") || Has("configs") ? SubmissionKind.LmEvalResults : SubmissionKind.Unknown;
        if (Has("adapter_spec") && Has("scenario_spec")) return SubmissionKind.HelmRunSpec;
        return root.EnumerateObject().Any() && root.EnumerateObject().All(member => member.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String or JsonValueKind.Object)
            && root.EnumerateObject().Any(member => member.Value.ValueKind == JsonValueKind.Number) && file.Path.Contains("results/", StringComparison.Ordinal)
            ? SubmissionKind.OpenCompassResult : SubmissionKind.Unknown;
    }

    static SubmissionKind OfLine(JsonElement line)
    {
        bool Has(string name) => line.TryGetProperty(name, out _);
        if (Has("doc_id") && (Has("filtered_resps") || Has("resps"))) return SubmissionKind.LmEvalSamples;
        if (Has("task_id") && Has("completion")) return SubmissionKind.CodeSamples;
        if (Has("UID") && Has("linguistics_term")) return SubmissionKind.ModelTable;
        return Has("id") && line.EnumerateObject().Any(member => PredictionFile.IsAnswer(member.Name)) ? SubmissionKind.Predictions : SubmissionKind.Unknown;
    }

    static SubmissionKind OfItem(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) return SubmissionKind.Unknown;
        if (item.TryGetProperty("qsl_idx", out _) && item.TryGetProperty("data", out _)) return SubmissionKind.MlPerfAccuracy;
        return item.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.Object && item.TryGetProperty("count", out _) ? SubmissionKind.HelmStats : SubmissionKind.Unknown;
    }

    static JsonDocument? TryParse(string line)
    {
        try
        {
            var document = JsonDocument.Parse(line, SubmissionJson.Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
