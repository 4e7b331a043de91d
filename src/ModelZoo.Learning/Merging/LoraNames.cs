using System.Text.RegularExpressions;

namespace ModelZoo.Learning.Merging;

/// <summary>What a tensor of a low-rank adapter is.</summary>
enum LoraPart { A, B, Bias, TableA, TableB, Magnitude }

/// <summary>The tensors of low-rank adapters, as PEFT names them.</summary>
static partial class LoraNames
{
    /// <summary>What PEFT puts before every name.</summary>
    public const string Wrapper = "base_model.model.";

    static readonly string[] s_tables = ["embed_tokens", "lm_head"];

    public static bool IsPart(string tensor) => tensor.Contains(".lora_A.", StringComparison.Ordinal) || tensor.Contains(".lora_B.", StringComparison.Ordinal) || tensor.Contains(".lora_embedding_", StringComparison.Ordinal);

    /// <summary>Which part of which module's adapter a tensor is; null for what is none. Files that were saved without PEFT's own function name the adapter in between.</summary>
    /// <exception cref="MergeException">It is a part, but none that is known here.</exception>
    public static (string Module, LoraPart Part)? Find(string tensor)
    {
        var name = Unwrapped(tensor);
        if (!name.Contains(".lora_", StringComparison.Ordinal)) return null;
        var match = PartName().Match(name);
        LoraPart? part = !match.Success ? null : (match.Groups["part"].Value, match.Groups["last"].Value) switch
        {
            ("A", "weight") => LoraPart.A,
            ("B", "weight") => LoraPart.B,
            ("B", "bias") => LoraPart.Bias,
            ("embedding_A", not "bias") => LoraPart.TableA,
            ("embedding_B", not "bias") => LoraPart.TableB,
            ("magnitude_vector", not "bias") => LoraPart.Magnitude,
            _ => null,
        };
        return (match.Groups["module"].Value, part ?? throw new MergeException($"'{tensor}' is a part of adapters that is not known here."));
    }

    /// <summary>The base's name of a tensor that the adapter holds whole.</summary>
    public static string Saved(string tensor) => SavedModule().Replace(Unwrapped(tensor), ".").Replace(".base_layer.", ".", StringComparison.Ordinal);

    /// <summary>Under which name PEFT keeps it.</summary>
    public static string Kept(string tensor) => Wrapper + SavedModule().Replace(Unwrapped(tensor), ".");

    /// <summary>PEFT adds tables of tokens whole, unasked, where the vocabulary grew.</summary>
    public static bool IsTable(string tensor) => tensor.EndsWith(".weight", StringComparison.Ordinal) && s_tables.Contains(tensor[..^".weight".Length].Split('.')[^1]);

    /// <summary>The product of averages is not the average of products.</summary>
    public static void RefuseSeparateAverages(IReadOnlyList<MergeInput> inputs)
    {
        if (inputs.Count > 1 && inputs[0].Tensors.FirstOrDefault(tensor => IsPart(tensor.Name)) is { } part)
            throw new MergeException($"'{part.Name}' is half of a low-rank product: averaging both halves separately gives another product than averaging the adapters. The method lora (zoo merge-lora) combines the products.");
    }

    static string Unwrapped(string tensor) => tensor.StartsWith(Wrapper, StringComparison.Ordinal) ? tensor[Wrapper.Length..] : tensor;

    [GeneratedRegex(@"^(?<module>.+)\.lora_(?<part>A|B|embedding_A|embedding_B|magnitude_vector)(\.[^.]+)??(\.(?<last>weight|bias))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex PartName();

    [GeneratedRegex(@"\.modules_to_save(\.default)?\.")]
    private static partial Regex SavedModule();
}
