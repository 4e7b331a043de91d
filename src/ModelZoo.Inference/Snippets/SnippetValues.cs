namespace ModelZoo.Inference.Snippets;

/// <summary>Every name that a template may use, so that a misspelt one is an error and not an empty place.</summary>
static class SnippetValues
{
    static readonly string[] s_names =
    [
        "address", "array", "autoClass", "base", "baseRevision", "batches", "channelsFirst", "chat", "classify", "commit", "config", "contentType", "context", "crop", "deviation", "dropId",
        "dtype", "embed", "endIds", "endpoint", "example", "examples", "fetches", "files", "generate", "gguf", "ggufAddress", "graph", "grey", "input", "inputType", "inputs",
        "jsonArguments", "kernel", "kind", "masked", "maxTokens", "mean", "mode", "model", "multiLabel", "name", "noFiles", "ollamaName", "other", "output", "outputs",
        "packages", "padId", "padToken", "poolFirst", "poolMean", "pooled", "predict", "resample", "scale", "shortest", "size", "task", "tensors", "text", "tokenizer",
        "tokenizerConfig", "unitLength", "whole", "width",
    ];

    public static Dictionary<string, object?> Standard() => s_names.ToDictionary(name => name, _ => (object?)null);
}
