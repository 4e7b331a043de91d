namespace ModelZoo.Learning.Merging;

/// <summary>The tensors of low-rank adapters, as PEFT names them.</summary>
static class LoraNames
{
    public const string A = ".lora_A.";
    public const string B = ".lora_B.";

    public static bool IsPart(string tensor) => tensor.Contains(A, StringComparison.Ordinal) || tensor.Contains(B, StringComparison.Ordinal);

    /// <summary>The product of averages is not the average of products.</summary>
    public static void RefuseSeparateAverages(IReadOnlyList<MergeInput> inputs)
    {
        if (inputs.Count > 1 && inputs[0].Tensors.FirstOrDefault(tensor => IsPart(tensor.Name)) is { } part)
            throw new MergeException($"'{part.Name}' is half of a low-rank product: averaging both halves separately gives another product than averaging the adapters. The method lora (zoo merge-lora) combines the products.");
    }
}
