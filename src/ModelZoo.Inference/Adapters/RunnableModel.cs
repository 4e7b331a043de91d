using System.Text.Json;
using ModelZoo.Inference.Audio;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Lora;
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
    DetectObjects,
    DetectSpeech,
}

/// <summary>How a model is opened.</summary>
public sealed record OpenOptions
{
    public SessionSettings Settings { get; init; } = SessionSettings.Default;

    /// <summary>Folders of LoRA adapters in PEFT's layout, all of which are added to the model. Needs safetensors of a known architecture.</summary>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>Adds adapters into the weights once, instead of computing them beside the weights in every run. The same to the last few bits.</summary>
    public bool MergesAdapters { get; init; }
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

    RunnableModel(OnnxSession session, Tokenizer? tokenizer, ImagePipeline? pipeline, ZooFile zoo, JsonElement? config, JsonElement? tokenizerConfig, JsonElement? pooling)
    {
        (Session, Tokenizer, _pipeline, Zoo, _config, _tokenizerConfig, _pooling) = (session, tokenizer, pipeline, zoo, config, tokenizerConfig, pooling);
        Labels = zoo.Labels.Count > 0 ? zoo.Labels : ReadLabels(config);
        Capabilities = [.. Enum.GetValues<Capability>().Where(Can)];
    }

    /// <summary>What zoo.yaml says; empty when there is none.</summary>
    public ZooFile Zoo { get; }

    /// <summary>tokenizer_config.json, for whoever renders its chat template; null when there is none.</summary>
    public JsonElement? TokenizerConfig => _tokenizerConfig;

    public OnnxSession Session { get; }

    public Tokenizer? Tokenizer { get; }

    public IReadOnlyList<string> Labels { get; }

    public IReadOnlyList<Capability> Capabilities { get; }

    /// <summary>The file that the graph comes from; null for a generated one, and when there is none to run.</summary>
    public static string? FindGraph(IModelFiles files) =>
        s_places.FirstOrDefault(place => files.Files.Any(file => file.Path == place))
        ?? (files.Files.Where(file => file.Path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)).ToList() is [var only] ? only.Path : null);

    /// <exception cref="InferenceException">There is nothing in the folder that can be run, or it is broken.</exception>
    public static Task<RunnableModel> OpenAsync(string folder, SessionSettings settings, CancellationToken stop) => OpenAsync(folder, new OpenOptions { Settings = settings }, stop);

    /// <exception cref="InferenceException">There is nothing in the folder that can be run, or it is broken, or an adapter does not fit it.</exception>
    public static async Task<RunnableModel> OpenAsync(string folder, OpenOptions options, CancellationToken stop)
    {
        var files = new FolderFiles(folder);
        // What is cheap to find wrong comes before what is dear to load.
        var (config, tokenizerConfig) = (await JsonParts.FindFileAsync(files, "config.json", stop), await JsonParts.FindFileAsync(files, "tokenizer_config.json", stop));
        var (processor, pooling) = (await JsonParts.FindFileAsync(files, "preprocessor_config.json", stop), await JsonParts.FindFileAsync(files, "1_Pooling/config.json", stop));
        var zoo = await ZooFile.ReadAsync(files, stop);
        // An adapter that brings its own head says what its classes are.
        if (options.Adapters is [var adapter] && await ZooFile.ReadAsync(new FolderFiles(adapter), stop) is { Labels.Count: > 0 } own) zoo = zoo with { Labels = own.Labels };
        var pipeline = zoo.Refine(processor is { } json ? ImagePipeline.Read(json) : null);
        var tokenizer = await Tokenizer.FindAsync(files, stop);
        var session = await OpenSessionAsync(folder, files, zoo, options, stop);
        return new(session, tokenizer, pipeline, zoo, config, tokenizerConfig, pooling);
    }

    static async Task<OnnxSession> OpenSessionAsync(string folder, FolderFiles files, ZooFile zoo, OpenOptions options, CancellationToken stop)
    {
        if (options.Adapters.Count > 0)
        {
            var adapters = new List<LoraAdapter>();
            foreach (var adapter in options.Adapters) adapters.Add(await LoraAdapter.ReadAsync(new FolderFiles(adapter), stop));
            return await NetworkGraphs.FindSessionAsync(folder, options.Settings, stop, adapters, options.MergesAdapters)
                ?? throw new InferenceException(InferenceFault.Model, $"Adapters are put on safetensors of a known architecture ({string.Join(", ", NetworkGraphs.Architectures)}); the base is none.");
        }
        if ((zoo.File ?? (zoo.Adapter == "safetensors" ? null : FindGraph(files))) is { } graph) return await OnnxSession.OpenAsync(Path.Combine(folder, graph), options.Settings, stop);
        if (await NetworkGraphs.FindSessionAsync(folder, options.Settings, stop) is { } session) return session;
        throw new InferenceException(InferenceFault.Model, files.Files.Any(file => file.Path == AdapterConfig.FileName)
            ? "This is an adapter: it runs on its base model, which must be named."
            : $"There is neither one ONNX file nor a safetensors model of a known architecture ({string.Join(", ", NetworkGraphs.Architectures)}).");
    }

    bool Can(Capability capability)
    {
        var (isCausal, isTokens, isMasked) = (Session.Inputs.Any(port => port.Name.StartsWith("past_key_values.", StringComparison.Ordinal)) || Is("ForCausalLM") || Is("LMHeadModel"), Is("ForTokenClassification"), Is("ForMaskedLM"));
        var logits = Session.FindOutput("logits");
        var isText = Tokenizer is not null && Session.FindInput("input_ids") is not null;
        // A file that names its adapter means that one and no other.
        if (Zoo.Adapter is { } named && AdapterNames.Capabilities[named] is { } only && only != capability) return false;
        if (Zoo.Adapter == "onnx-tensors") return false;
        return capability switch
        {
            Capability.ClassifyImages => Zoo.Detection is null && Adapters.ImageClassifier.FindInput(Session) is not null
                && (Zoo.Adapter == "onnx-image" || Session.Outputs.Any(port => port.Rank == 2 || port is { Rank: 4, Shape: [_, _, 1, 1] })),
            Capability.DetectObjects => Zoo.Detection is { } rules && Adapters.ImageClassifier.FindInput(Session) is not null && Session.FindOutput(rules.Boxes) is not null && Session.FindOutput(rules.Scores) is not null,
            Capability.DetectSpeech => Audio.SpeechDetector.Fits(Session),
            Capability.ClassifyText => isText && logits?.Rank == 2,
            Capability.ClassifyTokens => isText && logits is not null && isTokens,
            Capability.FillMasks => isText && logits is not null && isMasked,
            Capability.EmbedText => isText && (Session.FindOutput("last_hidden_state") ?? Session.FindOutput("sentence_embedding") ?? Session.FindOutput("token_embeddings")) is not null,
            Capability.Generate => isText && logits?.Rank == 3 && isCausal,
            _ => !isText && Session.Inputs is [{ Rank: 2 } port] && port.Type?.IsFloating() == true,
        };

        bool Is(string ending) => _config?.List("architectures").Any(name => name.Text().EndsWith(ending, StringComparison.Ordinal)) == true;
    }

    public ImageClassifier ImageClassifier(ImagePipeline? pipeline = null, ScoreKind kind = ScoreKind.Guess)
    {
        Require(Capability.ClassifyImages);
        return new(Session, pipeline ?? Pipeline(), Labels, kind == ScoreKind.Guess ? Zoo.Output ?? kind : kind, Zoo.OutputName);
    }

    public Detector Detector(DetectorRules? rules = null)
    {
        if (rules is null) Require(Capability.DetectObjects);
        return new(Session, Pipeline(), Labels, rules ?? Zoo.Detection!);
    }

    public SpeechDetector SpeechDetector()
    {
        Require(Capability.DetectSpeech);
        return new(Session);
    }

    /// <summary>Whether the files say how pictures are prepared.</summary>
    public bool HasPipeline => _pipeline is not null;

    /// <summary>The declared treatment; where that gives no size, pictures are brought to the one that the graph takes.</summary>
    ImagePipeline Pipeline()
    {
        var pipeline = _pipeline ?? throw new InferenceException(InferenceFault.Model, "The model does not say how pictures are prepared (preprocessor_config.json or zoo.yaml).");
        var shape = Adapters.ImageClassifier.FindInput(Session)!.Shape;
        var isLast = pipeline.IsChannelsLast || (shape[3] is 1 or 3 && shape[1] is not (1 or 3));
        var (height, width, channels) = isLast ? (shape[1], shape[2], shape[3]) : (shape[2], shape[3], shape[1]);
        if (channels == 1) pipeline = pipeline with { IsGrey = true };
        return pipeline is { Size: null, ShortestEdge: null, LongestEdge: null, Crop: null } && height is > 0 and <= 8192 && width is > 0 and <= 8192 ? pipeline with { Size = ((int)width, (int)height) } : pipeline;
    }

    public TextClassifier TextClassifier()
    {
        Require(Capability.ClassifyText);
        return new(Runner(), Labels, Zoo.Output ?? ScoreKindOfConfig());
    }

    ScoreKind ScoreKindOfConfig() => _config?.FindText("problem_type") == "multi_label_classification" ? ScoreKind.Independent : ScoreKind.Logits;

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

    public TextEmbedder TextEmbedder(bool? normalises = null)
    {
        Require(Capability.EmbedText);
        var pooling = Zoo.Pooling is { } named ? named : _pooling is not { } json || json.Flag("pooling_mode_mean_tokens") ? Pooling.Mean : json.Flag("pooling_mode_cls_token") ? Pooling.First
            : json.Flag("pooling_mode_lasttoken") ? Pooling.Last : json.Flag("pooling_mode_max_tokens") ? Pooling.Max : Pooling.Mean;
        return new(Runner(), pooling, normalises ?? Zoo.Normalises ?? true);
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
        if (Zoo.MaxLength is { } named) return named;
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
        return ZooFile.LabelsById(labels);
    }

    public void Dispose() => Session.Dispose();
}
