using ModelZoo.Inference.Files;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Finds a model's tokenizer among its files.</summary>
static class TokenizerFiles
{
    public static async Task<Tokenizer?> FindAsync(IModelFiles files, CancellationToken stop)
    {
        if (await JsonParts.FindBytesAsync(files, "tokenizer.json", stop) is { } json) return TokenizerReader.Read(json);
        var gguf = files.Files.Where(file => file.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)).OrderBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault();
        if (gguf is null) return null;
        var source = await files.OpenAsync(gguf.Path, stop);
        using var _ = source as IDisposable;
        try
        {
            return GgufTokenizer.Read(await WeightReader.ReadHeaderAsync(source, new WeightReadOptions { KeepLongLists = true }, stop));
        }
        catch (WeightFormatException e)
        {
            throw new InferenceException(InferenceFault.Model, e.Message, e);
        }
    }
}
