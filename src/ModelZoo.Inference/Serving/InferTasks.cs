using System.Text.Json.Nodes;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Audio;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Images;

namespace ModelZoo.Inference.Serving;

/// <summary>What models are asked in single calls, by Hugging Face's names of tasks: classes, tokens, gaps, vectors, texts, rows, things on pictures, speech.</summary>
sealed class InferTasks
{
    const int MaxInputs = 1024, MaxAttachments = 64;

    static readonly (Capability Capability, string Name)[] s_names =
    [
        (Capability.ClassifyText, "text-classification"), (Capability.ClassifyTokens, "token-classification"), (Capability.FillMasks, "fill-mask"), (Capability.Generate, "text-generation"),
        (Capability.ClassifyImages, "image-classification"), (Capability.DetectObjects, "object-detection"), (Capability.DetectSpeech, "voice-activity-detection"),
        (Capability.PredictRows, "tabular-classification"), (Capability.EmbedText, "feature-extraction"),
    ];

    readonly RunnableModel _model;
    readonly LanguageModel? _language;
    readonly Batcher<(string, string?), float[]>? _texts;
    readonly Batcher<string, float[]>? _vectors;
    readonly Batcher<Image, float[]>? _images;
    readonly Batcher<float[], RowPrediction>? _rows;
    readonly TextClassifier? _classifier;
    readonly ImageClassifier? _pictures;
    readonly TokenClassifier? _tokens;
    readonly MaskFiller? _gaps;
    readonly Detector? _things;
    readonly SpeechDetector? _speech;

    public InferTasks(RunnableModel model, LanguageModel? language, ServedOptions options)
    {
        (_model, _language) = (model, language);
        Names = [.. s_names.Where(pair => model.Capabilities.Contains(pair.Capability)).Select(pair => pair.Name)];
        if (Can(Capability.ClassifyText)) (_classifier, _texts) = (model.TextClassifier(), new(options.Batch, options.Window, (texts, stop) => _classifier!.Score(texts, stop)));
        if (Can(Capability.ClassifyTokens)) _tokens = model.TokenClassifier();
        if (Can(Capability.FillMasks)) _gaps = model.MaskFiller();
        if (Can(Capability.EmbedText))
        {
            var embedder = model.TextEmbedder();
            _vectors = new(options.Batch, options.Window, embedder.Embed);
        }
        if (Can(Capability.ClassifyImages) && model.HasPipeline) (_pictures, _images) = (model.ImageClassifier(), new(options.Batch, options.Window, (images, stop) => _pictures!.Score(images, stop)));
        if (Can(Capability.DetectObjects) && model.HasPipeline) _things = model.Detector();
        if (Can(Capability.DetectSpeech)) _speech = model.SpeechDetector();
        if (Can(Capability.PredictRows))
        {
            var table = model.TabularModel();
            _rows = new(options.Batch, options.Window, table.Predict);
        }

        bool Can(Capability capability) => model.Capabilities.Contains(capability);
    }

    public IReadOnlyList<string> Names { get; }

    public string? Mask => _gaps?.Mask;

    public (long Runs, long Requests) Counts
    {
        get
        {
            var all = new[] { _texts?.Counts, _vectors?.Counts, _images?.Counts, _rows?.Counts };
            return (all.Sum(pair => pair?.Runs ?? 0), all.Sum(pair => pair?.Requests ?? 0));
        }
    }

    public async Task<JsonObject> InferAsync(JsonObject request, ReadOnlyMemory<byte> bytes, Func<Func<JsonNode>, CancellationToken, Task<JsonNode>> run, CancellationToken stop)
    {
        var task = request.Text("task") ?? (Names.Count > 0 ? Names[0] : null) ?? throw RequestParts.Bad("This model can only be run with tensors.");
        if (!Names.Contains(task)) throw RequestParts.Bad($"This model does not do '{task}'; it does {(Names.Count == 0 ? "nothing but tensors" : string.Join(", ", Names))}.");
        var parameters = request["parameters"] switch { null => [], JsonObject map => map, _ => throw RequestParts.Bad("\"parameters\" must be an object.") };
        var best = parameters.Int("top_k") ?? 5;
        if (best is < 1 or > 10_000) throw RequestParts.Bad("\"top_k\" must be 1 to 10000.");
        var attachments = Attachments(request, bytes);
        JsonNode outputs = task switch
        {
            "image-classification" => await EachAsync(Pictures(request, attachments), async image => Classes(Scores.ToProbabilities(await Need(_images).AskAsync(image, stop), _pictures!.Kind), best)),
            "object-detection" => await EachAsync(Pictures(request, attachments), image => run(() => RequestParts.Array(Need(_things).Detect(image, stop), Thing), stop)),
            "voice-activity-detection" => await EachAsync(Sounds(request, attachments), sound => run(() => Speech(sound, parameters.Real("threshold") ?? 0.5, stop), stop)),
            "tabular-classification" => await RowsAsync(request, stop),
            "text-classification" => await EachTextAsync(request, async pair => Classes(Scores.ToProbabilities(await _texts!.AskAsync(pair, stop), _classifier!.Kind), best)),
            "feature-extraction" => await EachTextAsync(request, async pair => Vector(await _vectors!.AskAsync(pair.First, stop))),
            "token-classification" => await EachTextAsync(request, pair => run(() => RequestParts.Array(_tokens!.Classify(pair.First, stop), Span), stop)),
            "fill-mask" => await EachTextAsync(request, pair => run(() => Gaps(pair.First, best, stop), stop)),
            _ => await EachTextAsync(request, pair => run(() => Continue(pair.First, parameters, stop), stop)),
        };
        return new() { ["task"] = task, ["outputs"] = outputs };
    }

    /// <summary>Vectors with the number of tokens that they were made from.</summary>
    public async Task<JsonObject> EmbedAsync(JsonObject request, Func<Func<JsonNode>, CancellationToken, Task<JsonNode>> run, CancellationToken stop)
    {
        var vectors = _vectors ?? throw RequestParts.Bad("This model makes no embeddings.");
        var inputs = request["input"] as JsonArray ?? throw RequestParts.Bad("\"input\" must be a list.");
        if (inputs.Count is 0 or > MaxInputs) throw RequestParts.Bad($"\"input\" must hold 1 to {MaxInputs} texts.");
        var texts = inputs.Select(node => node switch
        {
            JsonValue value when value.TryGetValue(out string? text) => text,
            JsonArray ids => _model.Tokenizer!.Decode(CompletionTask.Ids(ids, _model.Tokenizer.VocabularySize)),
            _ => throw RequestParts.Bad("\"input\" must hold texts or lists of tokens."),
        }).ToList();
        if (texts.Exists(text => text.Length == 0)) throw RequestParts.Bad("An empty text has no embedding.");
        var made = await Task.WhenAll(texts.Select(text => vectors.AskAsync(text, stop)));
        return new() { ["vectors"] = RequestParts.Array(made, Vector), ["tokens"] = texts.Sum(text => _model.Tokenizer!.Encode(text).Length) };
    }

    static T Need<T>(T? adapter) where T : class => adapter ?? throw new InferenceException(InferenceFault.Model, "The model does not say how pictures are prepared (preprocessor_config.json or zoo.yaml).");

    static List<ReadOnlyMemory<byte>> Attachments(JsonObject request, ReadOnlyMemory<byte> bytes)
    {
        if (request["attachments"] is not JsonArray lengths) return bytes.IsEmpty ? [] : [bytes];
        if (lengths.Count > MaxAttachments) throw RequestParts.Bad($"At most {MaxAttachments} attachments are taken.");
        var (parts, at) = (new List<ReadOnlyMemory<byte>>(), 0);
        foreach (var node in lengths)
        {
            if (node is not JsonValue value || !value.TryGetValue(out int length) || length < 0 || length > bytes.Length - at) throw RequestParts.Bad("The attachments are not what their lengths say.");
            parts.Add(bytes.Slice(at, length));
            at += length;
        }
        return parts;
    }

    /// <summary>Attachments, or base64 (also as data URLs) in the JSON.</summary>
    static (IReadOnlyList<ReadOnlyMemory<byte>> Parts, bool IsOne) Binary(JsonObject request, List<ReadOnlyMemory<byte>> attachments)
    {
        if (attachments.Count > 0) return (attachments, attachments.Count == 1 && request["attachments"] is null);
        var texts = request.Texts("inputs", MaxAttachments);
        if (texts.Count == 0) throw RequestParts.Bad("There is no input: send the bytes as the body, or base64 as \"inputs\".");
        return ([.. texts.Select(text => (ReadOnlyMemory<byte>)FromBase64(text))], request["inputs"] is not JsonArray);
    }

    static byte[] FromBase64(string text)
    {
        var start = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) + 1 : 0;
        try
        {
            return Convert.FromBase64String(text[start..]);
        }
        catch (FormatException)
        {
            throw RequestParts.Bad("An input is not base64.");
        }
    }

    static (IReadOnlyList<Image>, bool) Pictures(JsonObject request, List<ReadOnlyMemory<byte>> attachments) => Binary(request, attachments) is var (parts, isOne) ? ([.. parts.Select(Image.Decode)], isOne) : default;

    static (IReadOnlyList<Sound>, bool) Sounds(JsonObject request, List<ReadOnlyMemory<byte>> attachments) => Binary(request, attachments) is var (parts, isOne) ? ([.. parts.Select(part => Sound.ReadWav(part.Span))], isOne) : default;

    static async Task<JsonNode> EachAsync<T>((IReadOnlyList<T> Items, bool IsOne) inputs, Func<T, Task<JsonNode>> answer)
    {
        var answers = await Task.WhenAll(inputs.Items.Select(answer));
        return inputs.IsOne ? answers[0] : new JsonArray(answers);
    }

    /// <summary>A text, a pair of texts, or a list of such.</summary>
    static async Task<JsonNode> EachTextAsync(JsonObject request, Func<(string First, string? Second), Task<JsonNode>> answer)
    {
        if (request["inputs"] is not JsonArray list) return await answer(Pair(request["inputs"]));
        if (list.Count is 0 or > MaxInputs) throw RequestParts.Bad($"\"inputs\" must hold 1 to {MaxInputs} texts.");
        return new JsonArray(await Task.WhenAll(list.Select(Pair).ToList().Select(answer)));
    }

    static (string First, string? Second) Pair(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue(out string? text) => (text, null),
        JsonObject pair => (pair.Text("text") ?? throw RequestParts.Bad("\"text\" is missing."), pair.Text("text_pair")),
        _ => throw RequestParts.Bad("\"inputs\" must be a text, {\"text\", \"text_pair\"}, or a list of these."),
    };

    async Task<JsonNode> RowsAsync(JsonObject request, CancellationToken stop)
    {
        var list = request["inputs"] as JsonArray ?? throw RequestParts.Bad("\"inputs\" must be a row of numbers, or a list of rows.");
        var isOne = list.Count > 0 && list[0] is JsonValue;
        var rows = isOne ? [Row(list)] : list.Select(node => Row(node as JsonArray ?? throw RequestParts.Bad("A row must be a list of numbers."))).ToList();
        if (rows.Count is 0 or > 100_000) throw RequestParts.Bad("\"inputs\" must hold 1 to 100000 rows.");
        var answers = (await Task.WhenAll(rows.Select(row => _rows!.AskAsync(row, stop)))).Select(Prediction).ToArray();
        return isOne ? answers[0] : new JsonArray(answers);
    }

    static float[] Row(JsonArray row) => [.. row.Select(node => node is JsonValue value && value.TryGetValue(out double number) ? (float)number : throw RequestParts.Bad("A row must hold numbers."))];

    static JsonNode Prediction(RowPrediction row) => new JsonObject
    {
        ["label"] = row.Label,
        ["value"] = row.Value is { } value ? RequestParts.Number(value) : null,
        ["scores"] = RequestParts.Array(row.Scores, pair => new JsonObject { ["label"] = pair.Key, ["score"] = RequestParts.Number(pair.Value) }),
    };

    JsonArray Classes(float[] probabilities, int best) => RequestParts.Array(Scores.Best(probabilities, _model.Labels, best),
        score => new JsonObject { ["label"] = score.Label, ["score"] = RequestParts.Number(score.Score), ["index"] = score.Index });

    static JsonNode Vector(float[] vector) => RequestParts.Array(vector, RequestParts.Number);

    static JsonObject Span(LabelledSpan span) => new() { ["entity_group"] = span.Label, ["score"] = RequestParts.Number(span.Score), ["word"] = span.Text, ["start"] = span.Start, ["end"] = span.End };

    static JsonObject Thing(Detection thing) => new()
    {
        ["label"] = thing.Label,
        ["score"] = RequestParts.Number(thing.Score),
        ["box"] = new JsonObject { ["xmin"] = RequestParts.Number(thing.Left), ["ymin"] = RequestParts.Number(thing.Top), ["xmax"] = RequestParts.Number(thing.Right), ["ymax"] = RequestParts.Number(thing.Bottom) },
    };

    /// <summary>For one gap its words; for several a list of such lists.</summary>
    JsonNode Gaps(string text, int best, CancellationToken stop)
    {
        var gaps = _gaps!.Fill(text, best, stop);
        var answers = gaps.Select((words, i) => (JsonNode)RequestParts.Array(words, word => new JsonObject
        {
            ["token"] = word.Index, ["token_str"] = word.Label, ["score"] = RequestParts.Number(word.Score), ["sequence"] = Fill(text, i, word.Label.Trim()),
        })).ToArray();
        return answers.Length == 1 ? answers[0] : new JsonArray(answers);
    }

    string Fill(string text, int gap, string word)
    {
        var at = -1;
        for (var i = 0; i <= gap; i++) at = text.IndexOf(_gaps!.Mask, at + 1, StringComparison.Ordinal);
        return at < 0 ? text : text[..at] + word + text[(at + _gaps!.Mask.Length)..];
    }

    JsonObject Speech(Sound sound, double threshold, CancellationToken stop)
    {
        var scores = _speech!.Hear(sound, stop);
        return new JsonObject
        {
            ["seconds"] = RequestParts.Number(sound.Length.TotalSeconds),
            ["spans"] = RequestParts.Array(SpeechDetector.Spans(scores, (float)threshold), span => new JsonObject { ["start"] = span.Start.TotalSeconds, ["end"] = span.End.TotalSeconds, ["score"] = RequestParts.Number(span.Score) }),
            ["frames"] = RequestParts.Array(scores, RequestParts.Number),
        };
    }

    JsonObject Continue(string prompt, JsonObject parameters, CancellationToken stop)
    {
        var settings = CompletionTask.Settings(parameters, parameters.Int("max_new_tokens") ?? parameters.Int("max_tokens") ?? 100, _language!, 0);
        var text = new System.Text.StringBuilder();
        CompletionPiece? last = null;
        var tokens = 0;
        foreach (var piece in new Completion(_language!, settings).Run(_language!.Tokenizer.Encode(prompt).Ids, stop))
        {
            text.Append(piece.Text);
            tokens += piece.Tokens.Count;
            last = piece;
        }
        return new JsonObject
        {
            ["generated_text"] = parameters.Flag("return_full_text") ? prompt + text : text.ToString(), ["tokens"] = tokens, ["finish_reason"] = last!.Finish == FinishReason.Stop ? "stop" : "length",
        };
    }
}
