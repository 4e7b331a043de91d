namespace ModelZoo.Profiling.Tensors;

/// <summary>What <c>quantization_config</c> says: the method and how many bits a packed weight has. Exceptions are matched as literal prefixes or globs.</summary>
sealed record Quantization(string Method, int Bits, IReadOnlyList<string> Exceptions)
{
    public static readonly Quantization None = new("", 4, []);

    public static Quantization Of(ModelConfig? config)
    {
        if (config?.FindPart("quantization_config", "compression_config") is not { } section) return None;
        var bits = section.FindWhole("bits", "w_bit", "nbits") ?? Groups(section) ?? (section.FindFlag("load_in_8bit") == true ? 8 : 4);
        var exceptions = section.FindTexts("modules_to_not_convert") ?? section.FindTexts("ignore") ?? section.FindTexts("llm_int8_skip_modules") ?? [];
        return new(section.FindText("quant_method") ?? "", bits is 1 or 2 or 3 or 4 or 8 or 16 ? (int)bits : 4, [.. exceptions.Take(10_000)]);
    }

    static long? Groups(ModelConfig section)
    {
        if (section.FindPart("config_groups") is not { } groups) return null;
        foreach (var (_, value) in groups.Entries)
            if (value.ValueKind == System.Text.Json.JsonValueKind.Object && ModelConfig.From(value).FindPart("weights")?.FindWhole("num_bits") is { } bits) return bits;
        return null;
    }

    /// <summary>The tensor belongs to a module that was left as it was.</summary>
    public bool Excepts(string tensor)
    {
        foreach (var pattern in Exceptions)
        {
            var literal = pattern.StartsWith("re:", StringComparison.Ordinal) ? "" : pattern;
            if (literal.Length == 0) continue;
            if (literal.Contains('*', StringComparison.Ordinal) ? System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(literal, tensor, ignoreCase: false)
                : tensor.StartsWith(literal, StringComparison.Ordinal) || tensor.Contains("." + literal + ".", StringComparison.Ordinal)) return true;
        }
        return false;
    }
}
