using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelZoo.Weights.Llama;

/// <summary>How a model stretches its rotary embedding beyond the length it was trained at.</summary>
/// <param name="Kind">As config.json says: linear, yarn, llama3; null for none.</param>
sealed record RopeScaling(string? Kind, float Factor, uint? OriginalContext, float Low, float High, float? Theta, uint Dimensions)
{
    const float DefaultTheta = 10_000f;

    public static RopeScaling Read(LlamaConfig config)
    {
        // rope_scaling until version 4 of transformers, rope_parameters since.
        var given = config.Json.Find("rope_scaling") ?? config.Json.Find("rope_parameters");
        var theta = config.Json.FindReal("rope_theta") ?? given?.FindReal("rope_theta");
        if (given is not { ValueKind: JsonValueKind.Object } scaling) return new(null, 1, null, 1, 4, theta, config.RotaryDimensions);
        var kind = scaling.FindText("rope_type") ?? scaling.FindText("type");
        if (kind is "default") kind = null;
        if (kind is not (null or "linear" or "yarn" or "llama3")) throw new ConversionException($"Rotary scaling of the kind '{kind}' is not converted; linear, yarn and llama3 are.");
        return new(kind, scaling.FindReal("factor") ?? 8, scaling.FindCount("original_max_position_embeddings") ?? config.Json.FindCount("original_max_position_embeddings"),
            scaling.FindReal("low_freq_factor") ?? 1, scaling.FindReal("high_freq_factor") ?? 4, theta, config.RotaryDimensions);
    }

    public void Describe(GgufMetadata metadata, Func<string, string> key)
    {
        if (Kind is not ("linear" or "yarn")) return;
        metadata.Add(key("rope.scaling.type"), Kind).Add(key("rope.scaling.factor"), Factor);
        if (Kind == "yarn" && OriginalContext is { } original) metadata.Add(key("rope.scaling.original_context_length"), original);
    }

    /// <summary>
    /// Llama 3.1 divides slow frequencies by the factor, leaves fast ones, and blends between; ggml takes the divisors as a tensor. Null for other kinds.
    /// </summary>
    /// <remarks>Meta's apply_scaling in llama3 (2024), as LlamaModel.generate_extra_tensors of llama.cpp's converter writes it.</remarks>
    public TensorContent? FindFrequencies()
    {
        if (Kind != "llama3") return null;
        if (Low == High || Factor == 0 || Dimensions < 2) throw new ConversionException("The llama3 rotary scaling has equal frequency factors or no factor.");
        var context = (double)(OriginalContext ?? 8192);
        var divisors = new float[Dimensions / 2];
        for (var i = 0; i < divisors.Length; i++)
        {
            var wavelength = 2 * Math.PI * Math.Pow(Theta ?? DefaultTheta, 2.0 * i / Dimensions);
            var smooth = (context / wavelength - Low) / (High - Low);
            divisors[i] = wavelength < context / High ? 1 : wavelength > context / Low ? Factor : (float)(1 / ((1 - smooth) / Factor + smooth));
        }
        var bytes = MemoryMarshal.AsBytes(divisors.AsSpan()).ToArray();
        return new("rope_freqs.weight", DType.F32, [divisors.Length], new MemoryByteSource(bytes), 0, bytes.Length);
    }
}
