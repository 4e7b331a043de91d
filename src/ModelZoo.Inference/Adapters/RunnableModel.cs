using System.Globalization;
using System.Text.Json;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Adapters;

/// <summary>What a model can be asked for.</summary>
public enum Capability
{
    ClassifyImages,
    ClassifyText,
    ClassifyTokens,
    FillMasks,
    EmbedText,
    Generate,
    PredictRows,
}

/// <summary>
/// A model in a folder, loaded, with whatever its files say of it: the graph (ONNX, or safetensors of a known architecture), labels, tokenizer, treatment of
/// pictures. Adapters are made when they are asked for; <see cref="Capabilities"/> says which can be.
/// </summary>
public sealed class RunnableModel : IDisposable
{
    /// <summary>Where exporters put the graph, the usual places first.</summary>
    static readonly string[] s_places = ["model.onnx", "onnx/model.onnx", "decoder_model_merged.onnx", "onnx/decoder_model_merged.onnx"];

    readonly JsonElement? _config, _tokenizerConfig, _pooling;
    readonly ImagePipeline? _pipeline;

    RunnableModel(OnnxSession session, Tokenizer? tokenizer, ImagePipeline? pipeline, JsonElement? config, JsonElement? tokenizerConfig, JsonElement? pooling)
    {
        (Session, Tokenizer, _pipeline, _config, _tokenizerConfig, _pooling) = (session, tokenizer, pipeline, config, tokenizerConfig, pooling);
        Labels = ReadLabels(config);
        Capabilities = [.. Enum.GetValues<Capability>().Where(Can)];
    }

    public OnnxSession Session { get; }

    public Tokenizer? Tokenizer { get; }

    public IReadOnlyList<string> Labels { get; }

    public IReadOnlyList<Capability> Capabilities { get; }

    /// <summary>The file that the graph comes from; null for a generated one, and when there is none to run.</summary>
    public static string? FindGraph(IModelFiles files) =>
        s_places.FirstOrDefault(place => files.Files.Any(file => file.Path == place))
        ?? (files.Files.Where(file => file.Path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)).ToList() is [var only] ? only.Path : null);

    /// <exception cref="InferenceException">There is nothing in the folder that can be run, or it is broken.</exception>
    public static async Task<RunnableModel> OpenAsync(string folder, SessionSettings settings, CancellationToken stop)
    {
        var files = new FolderFiles(folder);
        // What is cheap to find wrong comes before what is dear to load.
        var (config, tokenizerConfig) = (await JsonParts.FindFileAsync(files, "config.json", stop), await JsonParts.FindFileAsync(files, "tokenizer_config.json", stop));
        var (processor, pooling) = (await JsonParts.FindFileAsync(files, "preprocessor_config.json", stop), await JsonParts.FindFileAsync(files, "1_Pooling/config.json", stop));
        var tokenizer = await Tokenizer.FindAsync(files, stop);
        var session = FindGraph(files) is { } graph ? await OnnxSession.OpenAsync(Path.Combine(folder, graph), settings, stop)
            : await NetworkGraphs.FindSessionAsync(folder, settings, stop)
                ?? throw new InferenceException(InferenceFault.Model, $"There is neither one ONNX file nor a safetensors model of a known architecture ({string.Join(", ", NetworkGraphs.Architectures)}).");
        return new(session, tokenizer, processor is { } json ? ImagePipeline.Read(json) : null, config, tokenizerConfig, pooling);
    }

    bool Can(Capability capability)
    {
        var (isCausal, isTokens, isMasked) = (Session.Inputs.Any(port => port.Name.StartsWith("past_key_values.", StringComparison.Ordinal)) || Is("ForCausalLM") || Is("LMHeadModel"), Is("ForTokenClassification"), Is("ForMaskedLM"));
        var logits = Session.FindOutput("logits");
        var isText = Tokenizer is not null && Session.FindInput("input_ids") is not null;
        return capability switch
        {
            Capability.ClassifyImages => Adapters.ImageClassifier.FindInput(Session) is not null && Session.Outputs.Any(port => port.Rank == 2),
            Capability.ClassifyText => isText && logits?.Rank == 2,
            Capability.ClassifyTokens => isText && logits is not null && isTokens,
            Capability.FillMasks => isText && logits is not null && isMasked,
            Capability.EmbedText => isText && (Session.FindOutput("last_hidden_state") ?? Session.FindOutput("sentence_embedding") ?? Session.FindOutput("token_embeddings")) is not null,
            Capability.Generate => isText && logits?.Rank == 3 && isCausal,
            _ => Session.Inputs is [{ Rank: 2 } port] && port.Type?.IsFloating() == true,
        };

        bool Is(string ending) => _config?.List("architectures").Any(name => name.Text().EndsWith(ending, StringComparison.Ordinal)) == true;
    }

    public ImageClassifier ImageClassifier(ImagePipeline? pipeline = null, ScoreKind kind = ScoreKind.Guess)
    {
        Require(Capability.ClassifyImages);
        return new(Session, pipeline ?? _pipeline ?? throw new InferenceException(InferenceFault.Model, "The model does not say how pictures are prepared (preprocessor_config.json)."), Labels, kind);
    }

    public TextClassifier TextClassifier()
    {
        Require(Capability.ClassifyText);
        return new(Runner(), Labels, _config?.FindText("problem_type") == "multi_label_classification" ? ScoreKind.Independent : ScoreKind.Logits);
    }

    public TokenClassifier TokenClassifier()
    {
        Require(Capability.ClassifyTokens);
        return new(Runner(), Labels);
    }

    public MaskFiller MaskFiller()
    {
        Require(Capability.FillMasks);
        return new(Runner(), Special("mask_token") ?? "[MASK]");
    }

    public TextEmbedder TextEmbedder(bool normalises = true)
    {
        Require(Capability.EmbedText);
        var pooling = _pooling is not { } json || json.Flag("pooling_mode_mean_tokens") ? Pooling.Mean : json.Flag("pooling_mode_cls_token") ? Pooling.First
            : json.Flag("pooling_mode_lasttoken") ? Pooling.Last : json.Flag("pooling_mode_max_tokens") ? Pooling.Max : Pooling.Mean;
        return new(Runner(), pooling, normalises);
    }

    public TabularModel TabularModel()
    {
        Require(Capability.PredictRows);
        return new(Session);
    }

    public LanguageModel LanguageModel()
    {
        Require(Capability.Generate);
        var ends = _config?.Find("eos_token_id") switch
        {
            { ValueKind: JsonValueKind.Array } several => several.EnumerateArray().Where(id => id.ValueKind == JsonValueKind.Number).Select(id => id.GetInt32()).ToList(),
            { ValueKind: JsonValueKind.Number } one => [one.GetInt32()],
            _ => Special("eos_token") is { } token && Tokenizer!.FindId(token) is { } id ? [id] : [],
        };
        var start = _config?.FindInt("bos_token_id") ?? (Special("bos_token") is { } first ? Tokenizer!.FindId(first) : null) ?? ends.Cast<int?>().FirstOrDefault() ?? 0;
        return new(Session, Tokenizer!, MaxLength() ?? 2048, start, ends);
    }

    TextRunner Runner() => new(Session, Tokenizer!, MaxLength());

    /// <summary>The smaller of what the weights and the tokenizer allow; tokenizers without a limit say 10³⁰.</summary>
    int? MaxLength()
    {
        var positions = _config?.FindInt("max_position_embeddings") ?? _config?.FindInt("n_positions");
        // RoBERTa's positions begin behind its padding token.
        if (_config?.FindText("model_type") is "roberta" or "xlm-roberta") positions -= 2;
        var limit = _tokenizerConfig?.FindReal("model_max_length") is { } length and > 0 and < 1e7 ? (int)length : (int?)null;
        return positions is { } most && limit is { } least ? Math.Min(most, least) : positions ?? limit;
    }

    string? Special(string key) => _tokenizerConfig?.FindText(key) ?? _tokenizerConfig?.Find(key)?.FindText("content");

    void Require(Capability capability)
    {
        if (!Capabilities.Contains(capability))
            throw new InferenceException(InferenceFault.Input, $"The model cannot be asked for this ({capability}); it can {(Capabilities.Count == 0 ? "only be run with tensors" : string.Join(", ", Capabilities))}.");
    }

    static string[] ReadLabels(JsonElement? config)
    {
        if (config?.Find("id2label") is not { ValueKind: JsonValueKind.Object } labels) return [];
        var byId = new SortedDictionary<int, string>();
        foreach (var label in labels.EnumerateObject())
            if (int.TryParse(label.Key(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < 1_000_000 && label.Value.ValueKind == JsonValueKind.String) byId[id] = label.Value.Text();
        return [.. Enumerable.Range(0, byId.Count == 0 ? 0 : Math.Min(byId.Keys.Last() + 1, 10 * byId.Count)).Select(id => byId.GetValueOrDefault(id, $"LABEL_{id}"))];
    }

    public void Dispose() => Session.Dispose();
}
