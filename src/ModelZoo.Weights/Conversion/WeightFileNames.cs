namespace ModelZoo.Weights.Conversion;

/// <summary>Finds a model's weights among its files.</summary>
static class WeightFileNames
{
    /// <summary>The names that Hugging Face's libraries write, the preferred first.</summary>
    static readonly string[] s_usual =
        ["model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin"];

    static readonly string[] s_endings = [".safetensors", ".gguf", ".npz", ".npy", ".bin", ".pt", ".pth", ".ckpt", ".th", ".onnx"];

    public static string Choose(IReadOnlyCollection<string> names)
    {
        if (s_usual.FirstOrDefault(names.Contains) is { } usual) return usual;
        var top = names.Where(name => !name.Contains('/')).ToList();
        if (top.Where(name => name.EndsWith(".index.json", StringComparison.Ordinal)).ToList() is [var index]) return index;
        foreach (var ending in s_endings)
        {
            var found = top.Where(name => name.EndsWith(ending, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
            if (found.Count == 1 || (found.Count > 1 && GgufShards.FindNames(found[0])?.SequenceEqual(found, StringComparer.Ordinal) == true)) return found[0];
            if (found.Count > 1) throw new ConversionException($"There are several files that may be meant ({string.Join(", ", found.Take(5))}{(found.Count > 5 ? ", …" : "")}): name one.");
        }
        throw new ConversionException("There is no file of weights here.");
    }
}
