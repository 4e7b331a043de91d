using System.Text.Json;

namespace ModelZoo.Hub.Cards;

/// <summary>What a model's files say about the library that loads it and the task it is for.</summary>
static class CardEvidence
{
    /// <summary>Architecture endings of Hugging Face's transformers and the task each is for; the longest that fits counts.</summary>
    static readonly (string Ending, string PipelineTag)[] Endings =
    [
        ("ForZeroShotImageClassification", "zero-shot-image-classification"), ("ForUniversalSegmentation", "image-segmentation"),
        ("ForSequenceClassification", "text-classification"), ("ForDocumentQuestionAnswering", "document-question-answering"),
        ("ForVisualQuestionAnswering", "visual-question-answering"), ("ForTableQuestionAnswering", "table-question-answering"),
        ("ForTokenClassification", "token-classification"), ("ForImageClassification", "image-classification"),
        ("ForVideoClassification", "video-classification"), ("ForAudioClassification", "audio-classification"),
        ("ForSemanticSegmentation", "image-segmentation"), ("ForInstanceSegmentation", "image-segmentation"),
        ("ForImageSegmentation", "image-segmentation"), ("ForZeroShotObjectDetection", "zero-shot-object-detection"),
        ("ForObjectDetection", "object-detection"), ("ForDepthEstimation", "depth-estimation"), ("ForMaskGeneration", "mask-generation"),
        ("ForQuestionAnswering", "question-answering"), ("ForMultipleChoice", "multiple-choice"), ("ForKeypointDetection", "keypoint-detection"),
        ("ForSpeechSeq2Seq", "automatic-speech-recognition"), ("ForCTC", "automatic-speech-recognition"), ("ForTextToWaveform", "text-to-audio"),
        ("ForTextToSpectrogram", "text-to-speech"), ("ForMaskedLM", "fill-mask"), ("ForCausalLM", "text-generation"), ("LMHeadModel", "text-generation"),
        ("ForImageTextToText", "image-text-to-text"), ("ForVision2Seq", "image-text-to-text"), ("ForTimeSeriesPrediction", "time-series-forecasting"),
    ];

    /// <summary>What `…ForConditionalGeneration` is for, by model_type.</summary>
    static readonly Dictionary<string, string> Conditional = new(StringComparer.Ordinal)
    {
        ["whisper"] = "automatic-speech-recognition", ["speech_to_text"] = "automatic-speech-recognition", ["seamless_m4t"] = "automatic-speech-recognition",
        ["t5"] = "text-generation", ["mt5"] = "text-generation", ["umt5"] = "text-generation", ["longt5"] = "text-generation", ["switch_transformers"] = "text-generation",
        ["bart"] = "summarization", ["pegasus"] = "summarization", ["led"] = "summarization", ["bigbird_pegasus"] = "summarization", ["prophetnet"] = "summarization",
        ["mbart"] = "translation", ["m2m_100"] = "translation", ["nllb-moe"] = "translation", ["fsmt"] = "translation",
        ["blip"] = "image-to-text", ["blip-2"] = "image-to-text", ["pix2struct"] = "image-to-text", ["instructblip"] = "image-text-to-text",
        ["musicgen"] = "text-to-audio", ["qwen2_audio"] = "audio-text-to-text",
    };

    static readonly string[] VisionLanguage =
        ["llava", "vl", "paligemma", "idefics", "mllama", "gemma3", "gemma4", "mistral3", "pixtral", "florence", "smolvlm", "vila", "internvl", "aya_vision", "llama4"];

    /// <summary>The library that the files are made for; null when they do not say.</summary>
    public static string? FindLibrary(IReadOnlyCollection<string> files, JsonElement? config)
    {
        bool Has(string name) => files.Contains(name);
        bool Any(string ending) => files.Any(file => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

        if (Has("model_index.json")) return "diffusers";
        if (Has("adapter_config.json")) return "peft";
        if (Has("modules.json")) return "sentence-transformers";
        if (Has("open_clip_config.json")) return "open_clip";
        if (Architectures(config).Count > 0 || Text(config, "model_type") is not null) return "transformers";
        if (Has("MLmodel")) return "mlflow";
        if (Any(".nemo")) return "nemo";
        if (Any(".gguf")) return "gguf";
        if (Any(".keras") || Has("saved_model.pb")) return "keras";
        if (Any(".mlmodel") || files.Any(file => file.Contains(".mlpackage/", StringComparison.OrdinalIgnoreCase))) return "coreml";
        if (Any(".tflite")) return "tflite";
        return Any(".onnx") ? "onnx" : null;
    }

    /// <summary>The task of the first architecture that says one.</summary>
    public static string? FindPipelineTag(IReadOnlyList<string> architectures, string? modelType) =>
        architectures.Select(name => FindPipelineTag(name, modelType)).FirstOrDefault(tag => tag is not null);

    public static IReadOnlyList<string> Architectures(JsonElement? config) =>
        config is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("architectures", out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!).Take(16)] : [];

    public static string? Text(JsonElement? config, string key) =>
        config is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    /// <summary>True when the weights were quantised: by file format, or by what config.json says (GPTQ, AWQ, bitsandbytes and the like).</summary>
    public static bool IsQuantized(IReadOnlyCollection<string> files, JsonElement? config) =>
        files.Any(file => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        || (config is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("quantization_config", out var quantization) && quantization.ValueKind == JsonValueKind.Object);

    /// <summary>Which formats the weights are stored in, as the tags that name them.</summary>
    public static IEnumerable<string> Formats(IReadOnlyCollection<string> files)
    {
        bool Any(Func<string, bool> fits) => files.Any(file => fits(file[(file.LastIndexOf('/') + 1)..]));

        if (Any(name => name.StartsWith("pytorch_model", StringComparison.Ordinal) && name.EndsWith(".bin", StringComparison.Ordinal))) yield return "pytorch";
        if (Any(name => name is "tf_model.h5" || (name.StartsWith("tf_model-", StringComparison.Ordinal) && name.EndsWith(".h5", StringComparison.Ordinal)))) yield return "tf";
        if (Any(name => name.StartsWith("flax_model", StringComparison.Ordinal) && name.EndsWith(".msgpack", StringComparison.Ordinal))) yield return "jax";
        if (Any(name => name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))) yield return "onnx";
        if (Any(name => name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))) yield return "safetensors";
        if (Any(name => name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))) yield return "gguf";
        if (Any(name => name.EndsWith(".tflite", StringComparison.OrdinalIgnoreCase))) yield return "tflite";
        if (Any(name => name is "openvino_model.xml")) yield return "openvino";
        if (Any(name => name.StartsWith("events.out.tfevents", StringComparison.Ordinal))) yield return "tensorboard";
    }

    static string? FindPipelineTag(string architecture, string? modelType)
    {
        if (architecture.EndsWith("ForConditionalGeneration", StringComparison.Ordinal))
        {
            var type = modelType ?? "";
            if (Conditional.TryGetValue(type, out var tag)) return tag;
            return VisionLanguage.Any(part => type.Contains(part, StringComparison.Ordinal)) ? "image-text-to-text" : null;
        }
        if (architecture is "CLIPModel" or "SiglipModel" or "Siglip2Model" or "AltCLIPModel" or "ChineseCLIPModel") return "zero-shot-image-classification";
        if (architecture is "ViTModel" or "Dinov2Model" or "ViTMAEModel" or "ConvNextModel" or "Dinov2WithRegistersModel") return "image-feature-extraction";
        foreach (var (ending, tag) in Endings)
            if (architecture.EndsWith(ending, StringComparison.Ordinal)) return tag;
        return architecture.EndsWith("Model", StringComparison.Ordinal) && architecture is not "CLIPTextModel" ? "feature-extraction" : null;
    }
}
