using System.Text;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Sample records: lm-evaluation-harness's fields, with <c>id</c>, <c>error</c> and <c>cut</c> of ours.</summary>
sealed class SampleLines(TaskDefinition task, IReadOnlyList<IMetric> metrics)
{
    readonly List<StringBuilder> _lines = [];
    readonly List<object?> _names = [.. metrics.Select(metric => metric.Name)];

    /// <summary>One line for each filter. The builders are used again by the next call.</summary>
    /// <param name="values">For each filter the values of the metrics; null where one has none for a single sample.</param>
    /// <param name="hashes">The three hashes one after the other, for the task's.</param>
    public IReadOnlyList<StringBuilder> Write(Sample sample, IReadOnlyList<JudgedSample>? judged, IReadOnlyList<double?[]> values, IReadOnlyList<string> filters, out string hashes)
    {
        var (prompt, document) = (sample.Prompt, sample.Document);
        var target = prompt?.Target;
        string documentHash = JsonText.HashOf(document.Fields), promptHash = JsonText.HashOf(prompt is { Requests: [var first, ..] } ? Context(first) : ""), targetHash = JsonText.HashOf(PlainValues.Word(target));
        hashes = documentHash + promptHash + targetHash;
        while (_lines.Count < filters.Count) _lines.Add(new());
        for (var f = 0; f < filters.Count; f++)
        {
            var line = _lines[f].Clear();
            line.Append("{\"doc_id\": ").Append(document.Index).Append(", \"id\": ");
            JsonText.Append(line, document.Id);
            Add(line, "doc", document.Fields);
            Add(line, "target", target is string or null ? target : PlainValues.Word(target));
            if (prompt is not null)
            {
                Add(line, "arguments", Arguments(prompt));
                if (sample.Error is null) Add(line, "resps", Responses(sample, prompt));
            }
            if (judged is not null) Add(line, "filtered_resps", Listed(judged[f].Response));
            Add(line, "filter", filters[f]);
            Add(line, "metrics", _names);
            Add(line, "doc_hash", documentHash);
            Add(line, "prompt_hash", promptHash);
            Add(line, "target_hash", targetHash);
            if (sample.Error is not null) Add(line, "error", sample.Error);
            if (sample.Answers.Any(answer => answer?.IsCut == true)) Add(line, "cut", true);
            for (var m = 0; m < metrics.Count; m++)
                if (values[f][m] is { } value) Add(line, metrics[m].Name, value);
            line.Append("}\n");
        }
        return _lines;
    }

    static object? Listed(object? response) => response is string or null or not System.Collections.IEnumerable or IReadOnlyDictionary<string, object?> ? new List<object?> { response } : response;

    static Dictionary<string, object?> Arguments(Prompt prompt)
    {
        var arguments = new Dictionary<string, object?>(prompt.Requests.Count);
        for (var i = 0; i < prompt.Requests.Count; i++)
        {
            var request = prompt.Requests[i];
            var both = new Dictionary<string, object?> { ["arg_0"] = Context(request) is { Length: > 0 } context ? context : request is LikelihoodRequest ? "" : Shown(request) };
            if (request is LikelihoodRequest likelihood) both["arg_1"] = likelihood.Continuation;
            else if (request is GenerationRequest generation) both["arg_1"] = Settings(generation);
            arguments[$"gen_args_{i}"] = both;
        }
        return arguments;
    }

    static Dictionary<string, object?> Settings(GenerationRequest request)
    {
        var settings = new Dictionary<string, object?> { ["until"] = request.Until, ["max_gen_toks"] = request.MaxTokens, ["do_sample"] = request.Temperature > 0, ["temperature"] = request.Temperature };
        if (request.TopP < 1) settings["top_p"] = request.TopP;
        if (request.TopK > 0) settings["top_k"] = request.TopK;
        return settings;
    }

    /// <summary>The text that is asked about; empty where it is none.</summary>
    static string Context(ModelRequest request) => request switch
    {
        LikelihoodRequest likelihood => likelihood.Context,
        RollingRequest rolling => rolling.Text,
        GenerationRequest generation => generation.Context,
        ClassificationRequest { Input: TextInput text } => text.Text,
        RegressionRequest { Input: TextInput text } => text.Text,
        EmbeddingRequest { Input: TextInput text } => text.Text,
        TokenClassificationRequest tokens => string.Join(' ', tokens.Words),
        _ => "",
    };

    static object? Shown(ModelRequest request)
    {
        var input = request switch { ClassificationRequest one => one.Input, RegressionRequest one => one.Input, EmbeddingRequest one => one.Input, DetectionRequest one => one.Input, _ => null };
        return input switch { ImageInput image => image.Content, ArrayInput array => array.Array, _ => "" };
    }

    /// <summary>For each request its answers, one for each repeat.</summary>
    List<object?> Responses(Sample sample, Prompt prompt)
    {
        var repeats = Math.Max(1, task.Repeats);
        var each = prompt.Requests.Count % repeats == 0 ? prompt.Requests.Count / repeats : prompt.Requests.Count;
        var all = new List<object?>(each);
        for (var i = 0; i < each; i++)
        {
            var rounds = new List<object?>();
            for (var at = i; at < sample.Answers.Length; at += each) rounds.Add(AnswerText.Of(sample.Answers[at]!));
            all.Add(rounds);
        }
        return all;
    }

    static void Add(StringBuilder line, string key, object? value)
    {
        line.Append(", \"").Append(key).Append("\": ");
        JsonText.Append(line, value);
    }
}
