using ModelZoo.Weights;

namespace ModelZoo.Profiling.Tensors;

/// <summary>Counts what the tensors of a model stand for: buffers and scales are no parameters, packed weights are several, tied ones count once (workloads.md § 2.1).</summary>
static class TensorCounter
{
    static readonly string[] s_companions =
    [
        "_scale", "_scale_inv", ".weight_scale_2", ".weight_global_scale", ".input_scale", ".k_scale", ".v_scale", ".weight_zero_point", ".weight_shape", ".weight_g_idx",
        ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", ".SCB", ".weight_format", ".input_global_scale",
    ];

    public static List<CountedTensor> Count(IEnumerable<TensorInfo> tensors, Quantization quantization, bool isTied, int? draftFrom)
    {
        var all = tensors as IReadOnlyList<TensorInfo> ?? [.. tensors];
        var names = all.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        // bitsandbytes names its state behind the weight's own name.
        var nibbles = names.Select(name => (name, At: name.IndexOf(".quant_state.bitsandbytes__", StringComparison.Ordinal)))
            .Where(pair => pair.At > 0).Select(pair => pair.name[..pair.At]).ToHashSet(StringComparer.Ordinal);
        var storages = new HashSet<(string, long, long)>();
        var counted = new List<CountedTensor>(all.Count);
        foreach (var tensor in all)
        {
            var standing = Standing(tensor, names, quantization);
            if (standing == TensorStanding.Parameter && tensor.Storage is { } storage && !storages.Add((storage, tensor.Offset, tensor.ElementCount))) standing = TensorStanding.Copy;
            if (standing == TensorStanding.Parameter && draftFrom is { } from && TensorNames.LayerOf(tensor.Name) >= from) standing = TensorStanding.Draft;
            counted.Add(new(tensor, standing, standing is TensorStanding.Parameter or TensorStanding.Draft ? Parameters(tensor, names, nibbles, quantization) : 0, TensorNames.PartOf(tensor)));
        }
        if (isTied) DropTiedHead(counted);
        return counted;
    }

    static TensorStanding Standing(TensorInfo tensor, HashSet<string> names, Quantization quantization)
    {
        var name = tensor.Name;
        if (TensorNames.IsBuffer(tensor)) return TensorStanding.Buffer;
        if (tensor.DType == DType.F8E8M0 || name.Contains(".quant_state.bitsandbytes__", StringComparison.Ordinal)) return TensorStanding.Companion;
        foreach (var ending in s_companions)
            if (name.EndsWith(ending, StringComparison.Ordinal)) return TensorStanding.Companion;
        if (name.EndsWith("_scales", StringComparison.Ordinal) && names.Contains(name[..^"_scales".Length] + "_blocks")) return TensorStanding.Companion;
        if (After(name, ".qzeros", ".scales", ".g_idx") is { } module && names.Contains(module + ".qweight")) return TensorStanding.Companion;
        // Whole numbers are never learned, except where they pack weights.
        if (!tensor.DType.IsFloating && tensor.DType.ElementsPerBlock == 1 && quantization == Quantization.None && tensor.DType.Name is "I64" or "BOOL" or "STRING") return TensorStanding.Buffer;
        return TensorStanding.Parameter;
    }

    static long Parameters(TensorInfo tensor, HashSet<string> names, HashSet<string> nibbles, Quantization quantization)
    {
        var (name, count) = (tensor.Name, tensor.ElementCount);
        if (After(name, ".qweight") is not null && tensor.DType == DType.I32) return checked(count * 32) / quantization.Bits;
        if (After(name, ".weight_packed") is not null) return checked(count * (8 * tensor.DType.BytesPerBlock)) / quantization.Bits;
        if (tensor.DType == DType.U8)
        {
            if (name.EndsWith("_blocks", StringComparison.Ordinal) && names.Contains(name[..^"_blocks".Length] + "_scales")) return checked(2 * count);
            if (nibbles.Contains(name) || names.Contains(name + ".absmax")) return checked(2 * count);
            if (After(name, ".weight") is { } module && names.Contains(module + ".weight_scale_2") && !quantization.Excepts(name)) return checked(2 * count);
        }
        return count;
    }

    static string? After(string name, params ReadOnlySpan<string> endings)
    {
        foreach (var ending in endings)
            if (name.EndsWith(ending, StringComparison.Ordinal)) return name[..^ending.Length];
        return null;
    }

    /// <summary>Both a head and an embedding of the same shape are stored although the configuration says that they are one.</summary>
    static void DropTiedHead(List<CountedTensor> counted)
    {
        var head = counted.FindIndex(c => c.Standing == TensorStanding.Parameter && c.Tensor.Shape.Count == 2 && c.Component == Component.Head);
        if (head < 0) return;
        var embedding = counted.FindIndex(c => c.Standing == TensorStanding.Parameter && TensorNames.IsEmbedding(c.Tensor.Name) && c.Tensor.Shape.SequenceEqual(counted[head].Tensor.Shape));
        if (embedding >= 0) counted[head] = counted[head] with { Standing = TensorStanding.Copy, Parameters = 0 };
    }
}
