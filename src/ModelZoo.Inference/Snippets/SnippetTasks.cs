namespace ModelZoo.Inference.Snippets;

/// <summary>What a model is asked for, and who can do it.</summary>
static class SnippetTasks
{
    /// <summary>Tasks that transformers and transformers.js both make a pipeline for; read in transformers 4.57's and transformers.js 4.3's documentation.</summary>
    static readonly HashSet<string> s_common =
    [
        "text-classification", "token-classification", "question-answering", "fill-mask", "text-generation", "feature-extraction", "zero-shot-classification",
        "image-classification", "object-detection", "image-segmentation", "depth-estimation", "image-feature-extraction", "audio-classification", "automatic-speech-recognition",
    ];

    static readonly HashSet<string> s_files =
        ["image-classification", "object-detection", "image-segmentation", "depth-estimation", "image-feature-extraction", "audio-classification", "automatic-speech-recognition"];

    /// <summary>What takes more than one value: a script that goes through records would not know their names.</summary>
    static readonly HashSet<string> s_several = ["question-answering", "zero-shot-classification"];

    static readonly (string Ending, string Task)[] s_heads =
    [
        ("ForSequenceClassification", "text-classification"), ("ForTokenClassification", "token-classification"), ("ForQuestionAnswering", "question-answering"),
        ("ForMaskedLM", "fill-mask"), ("ForCausalLM", "text-generation"), ("LMHeadModel", "text-generation"), ("ForImageClassification", "image-classification"),
        ("ForObjectDetection", "object-detection"), ("ForAudioClassification", "audio-classification"),
    ];

    /// <summary>What the card says, else what the architecture is called.</summary>
    public static string? Of(ModelFacts facts) => facts.Task is { } task ? (task == "sentence-similarity" ? "feature-extraction" : task)
        : s_heads.FirstOrDefault(head => facts.IsArchitecture(head.Ending)).Task ?? (facts.Library == "sentence-transformers" ? "feature-extraction" : null);

    /// <summary>A configuration that transformers knows a class for, and weights where it looks for them.</summary>
    public static bool HasTransformersWeights(ModelFacts facts) => (facts.ModelType is not null || facts.Architectures.Count > 0) && facts.Files.Any(file =>
        !file.Path.Contains('/') && (file.Path is "model.safetensors" or "model.safetensors.index.json" or "pytorch_model.bin" or "pytorch_model.bin.index.json"));

    public static bool HasTokenizer(ModelFacts facts) => facts.Files.Any(file => file.Path is "tokenizer.json" or "tokenizer_config.json" or "vocab.txt" or "vocab.json" or "tokenizer.model" or "spiece.model");

    /// <summary>Null where there is no pipeline for it; the model is loaded without one then.</summary>
    public static string? PythonPipeline(string? task) => task is not null && s_common.Contains(task) ? task : null;

    /// <summary>The same, where an input is one value.</summary>
    public static string? PlainPipeline(string? task) => PythonPipeline(task) is { } pipeline && !s_several.Contains(pipeline) ? pipeline : null;

    /// <summary>The pipeline, and the weights it takes of those there are.</summary>
    public static (string Pipeline, string DType)? JavaScriptPipeline(ModelFacts facts, string? task)
    {
        if (PlainPipeline(task) is not { } pipeline || !facts.Has("config.json")) return null;
        // Texts need the tokenizer, pictures and sounds the rules of their preparation.
        if (TakesFiles(pipeline) ? !facts.Has("preprocessor_config.json") : !facts.Has("tokenizer.json") || !facts.Has("tokenizer_config.json")) return null;
        foreach (var stem in (string[])["model", "decoder_model_merged"])
            foreach (var (ending, dtype) in ((string, string)[])[("", "fp32"), ("_fp16", "fp16"), ("_quantized", "q8"), ("_q4", "q4"), ("_int8", "int8")])
                if (facts.Has($"onnx/{stem}{ending}.onnx")) return (pipeline, dtype);
        return null;
    }

    public static bool TakesFiles(string pipeline) => s_files.Contains(pipeline);

    /// <summary>Decoders by the names that vLLM's list of supported models has (docs.vllm.ai, read in 2026).</summary>
    public static bool IsVllm(ModelFacts facts) => HasTokenizer(facts) && (facts.IsArchitecture("ForCausalLM") || facts.Architectures.Contains("GPT2LMHeadModel"));
}
