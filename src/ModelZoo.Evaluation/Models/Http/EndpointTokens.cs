using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Weights;

namespace ModelZoo.Evaluation.Models;

/// <summary>The tokenizer of a model that lies elsewhere, with the token that stands for an empty context.</summary>
sealed class EndpointTokens(Tokenizer tokenizer, int start)
{
    public int Start => start;

    public static async Task<EndpointTokens> OpenAsync(string folder, CancellationToken stop)
    {
        try
        {
            var tokenizer = await Tokenizer.FindAsync(new FolderFiles(folder), stop) ?? throw new EvaluationException($"There is no tokenizer in '{folder}'.");
            var start = FindStart(Path.Combine(folder, "config.json"), "bos_token_id") ?? FindStart(Path.Combine(folder, "config.json"), "eos_token_id")
                ?? new[] { "<s>", "<|begin_of_text|>", "<|endoftext|>", "</s>", "[CLS]" }.Select(tokenizer.FindId).FirstOrDefault(id => id is not null)
                ?? throw new EvaluationException($"The tokenizer in '{folder}' does not say how a text begins.");
            return new(tokenizer, start);
        }
        catch (InferenceException e)
        {
            throw new EvaluationException($"The tokenizer in '{folder}' cannot be read: {e.Message}", e);
        }
    }

    static int? FindStart(string path, string key)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > 1 << 20) return null;
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(key, out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) ? number : null;
    }

    public List<int> Encode(string text) => tokenizer.EncodeIds(text);

    /// <summary>Context and continuation split together; the context is never empty.</summary>
    public (List<int> Context, List<int> Continuation) Encode(string context, string continuation)
    {
        if (context.Length == 0) return ([start], Encode(continuation));
        var trimmed = context.TrimEnd();
        var first = Encode(trimmed);
        var whole = Encode(context + continuation);
        return (first.Count == 0 ? [start] : first, whole.GetRange(Math.Min(first.Count, whole.Count), Math.Max(0, whole.Count - first.Count)));
    }
}
