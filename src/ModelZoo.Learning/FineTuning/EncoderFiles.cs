using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Randomness;
using ModelZoo.Weights;

namespace ModelZoo.Learning.FineTuning;

/// <summary>The numbers to begin with.</summary>
/// <param name="Fresh">Tensors of the head that were drawn anew.</param>
public sealed record EncoderStart(float[] Values, IReadOnlyList<string> Fresh);

/// <summary>Between tensors as transformers and PEFT store them and the vector that is trained.</summary>
public static class EncoderFiles
{
    /// <summary>What PEFT puts before every name.</summary>
    const string Wrapper = "base_model.model.";

    /// <summary>Whether BERT's pooler is among a checkpoint's tensors.</summary>
    public static bool HasPooler(EncoderShape shape, IReadOnlyList<TensorContent> tensors) =>
        shape.Family != EncoderFamily.Bert || tensors.Any(tensor => tensor.Name is "bert.pooler.dense.weight" or "pooler.dense.weight");

    /// <summary>Whether the checkpoint has a head of that many outputs.</summary>
    public static bool HasHead(EncoderShape shape, int outputs, IReadOnlyList<TensorContent> tensors) =>
        tensors.Any(tensor => tensor.Name == (shape.Family == EncoderFamily.Roberta ? "classifier.out_proj.weight" : "classifier.weight") && tensor.Shape is [var rows, _] && rows == outputs);

    /// <summary>Reads what a checkpoint has; a missing head is drawn from its own stream, and low-rank halves as PEFT draws them.</summary>
    /// <param name="keepsHead">The checkpoint's head is for the same classes, and goes on; otherwise it is drawn anew.</param>
    /// <exception cref="FineTuneException">A tensor of the network is missing or of another shape.</exception>
    public static async Task<EncoderStart> ReadAsync(EncoderLayout layout, IReadOnlyList<TensorContent> tensors, bool keepsHead, ulong seed, CancellationToken stop)
    {
        var shape = layout.Shape;
        var byName = new Dictionary<string, TensorContent>(StringComparer.Ordinal);
        foreach (var tensor in tensors) byName.TryAdd(Modern(tensor.Name), tensor);
        var head = EncoderLayout.HeadNames(shape, HasPooler(shape, tensors));
        var (values, fresh, reader) = (new float[layout.Count], new List<string>(), new WideReader());
        foreach (var tensor in layout.Tensors)
        {
            if (tensor.Name.Contains(".lora_", StringComparison.Ordinal))
            {
                DrawLowRank(tensor, seed, values);
                continue;
            }
            var isHead = head.Any(module => tensor.Name.StartsWith($"{module}.", StringComparison.Ordinal));
            var found = byName.GetValueOrDefault(tensor.Name) ?? (tensor.Name.StartsWith(shape.Prefix, StringComparison.Ordinal) ? byName.GetValueOrDefault(tensor.Name[shape.Prefix.Length..]) : null);
            if (isHead && (!keepsHead || found is null || !Fits(found, tensor)))
            {
                DrawHead(tensor, shape, seed, values);
                fresh.Add(tensor.Name);
                continue;
            }
            if (found is null) throw new FineTuneException($"The model lacks the tensor '{tensor.Name}'.");
            if (!Fits(found, tensor)) throw new FineTuneException($"'{found.Name}' is [{string.Join(", ", found.Shape)}]; config.json makes it [{string.Join(", ", tensor.Shape)}].");
            if (!found.DType.IsFloating) throw new FineTuneException($"'{found.Name}' holds {found.DType}, no real numbers.");
            var wide = new double[tensor.Count];
            await reader.ReadAsync(found, 0, wide, stop);
            for (var i = 0; i < wide.Length; i++) values[tensor.Offset + i] = (float)wide[i];
        }
        return new(values, fresh);
    }

    /// <summary>The whole model, low-rank additions merged into the matrices they are for: summed in double precision and rounded once.</summary>
    public static IReadOnlyList<TensorContent> Whole(EncoderLayout layout, ReadOnlySpan<float> values, LoraSettings? lora)
    {
        var merged = values[..layout.BaseCount].ToArray();
        foreach (var (matrix, addition) in layout.Additions)
        {
            var rank = addition.A.Shape[0];
            var a = values.Slice(addition.A.Offset, addition.A.Count);
            var b = values.Slice(addition.B.Offset, addition.B.Count);
            var row = new double[matrix.Inputs];
            for (var o = 0; o < addition.Outputs; o++)
            {
                Array.Clear(row);
                for (var k = 0; k < rank; k++)
                    for (var i = 0; i < row.Length; i++) row[i] += (double)b[o * rank + k] * a[k * row.Length + i];
                var at = matrix.Weight.Offset + (addition.First + o) * matrix.Inputs;
                for (var i = 0; i < row.Length; i++) merged[at + i] = (float)(merged[at + i] + lora!.Scale * row[i]);
            }
        }
        return [.. layout.Tensors.Where(tensor => tensor.Offset < layout.BaseCount).Select(tensor => Content(tensor.Name, tensor, merged))];
    }

    /// <summary>What PEFT writes into adapter_model.safetensors: both halves of each matrix, and the head.</summary>
    public static IReadOnlyList<TensorContent> Adapter(EncoderLayout layout, ReadOnlySpan<float> values)
    {
        var all = values.ToArray();
        return [.. layout.Tensors.Where(tensor => tensor.Learns).Select(tensor => Content($"{Wrapper}{tensor.Name}", tensor, all)).OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];
    }

    /// <summary>adapter_config.json, with the keys that PEFT writes (0.17, tuners/lora/config.py).</summary>
    /// <param name="baseModel">The name or folder that the base is loaded from.</param>
    public static JsonObject AdapterConfig(EncoderLayout layout, LoraSettings lora, string? baseModel, string? revision, bool hasPooler)
    {
        var targets = lora.Targets.Count > 0 ? lora.Targets : LoraSettings.UsualTargets(layout.Shape.Family);
        return new()
        {
            ["alpha_pattern"] = new JsonObject(), ["auto_mapping"] = null, ["base_model_name_or_path"] = baseModel, ["bias"] = "none", ["fan_in_fan_out"] = false, ["inference_mode"] = true,
            ["init_lora_weights"] = true, ["layer_replication"] = null, ["layers_pattern"] = null, ["layers_to_transform"] = null, ["lora_alpha"] = lora.Alpha == Math.Floor(lora.Alpha) ? (long)lora.Alpha : lora.Alpha,
            ["lora_dropout"] = lora.Dropout,
            ["modules_to_save"] = new JsonArray([.. EncoderLayout.HeadNames(layout.Shape, hasPooler).Select(name => (JsonNode)name[(name.LastIndexOf('.') + 1)..])]),
            ["peft_type"] = "LORA", ["r"] = lora.Rank, ["rank_pattern"] = new JsonObject(), ["revision"] = revision,
            ["target_modules"] = targets is [LoraSettings.AllLinear]
                ? new JsonArray([.. layout.Additions.Select(each => (JsonNode)each.Addition.Module)]) : new JsonArray([.. targets.Select(name => (JsonNode)name)]),
            ["task_type"] = layout.Shape.IsText ? "SEQ_CLS" : null, ["use_dora"] = false, ["use_rslora"] = false,
        };
    }

    /// <summary>Old checkpoints of BERT call the parts of a normalisation gamma and beta.</summary>
    static string Modern(string name) => name.Replace(".LayerNorm.gamma", ".LayerNorm.weight", StringComparison.Ordinal).Replace(".LayerNorm.beta", ".LayerNorm.bias", StringComparison.Ordinal);

    static bool Fits(TensorContent found, EncoderTensor tensor) => found.Shape.SequenceEqual(tensor.Shape.Select(axis => (long)axis));

    /// <summary>Matrices from a normal distribution, biases zero, as transformers' _init_weights.</summary>
    static void DrawHead(EncoderTensor tensor, EncoderShape shape, ulong seed, float[] values)
    {
        if (tensor.Shape.Count < 2) return;
        var stream = RandomSource.Named(seed, $"init/{tensor.Name}");
        for (var i = 0; i < tensor.Count; i++) values[tensor.Offset + i] = (float)(shape.InitializerRange * stream.NextNormal());
    }

    /// <summary>A uniform within ±1/√inputs (kaiming_uniform with a = √5), B zero: the model begins as it was.</summary>
    static void DrawLowRank(EncoderTensor tensor, ulong seed, float[] values)
    {
        if (!tensor.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal)) return;
        var (stream, reach) = (RandomSource.Named(seed, $"init/{tensor.Name}"), 1 / Math.Sqrt(tensor.Shape[1]));
        for (var i = 0; i < tensor.Count; i++) values[tensor.Offset + i] = (float)(reach * (2 * stream.NextUnit() - 1));
    }

    static TensorContent Content(string name, EncoderTensor tensor, float[] values)
    {
        var bytes = MemoryMarshal.AsBytes(values.AsSpan(tensor.Offset, tensor.Count)).ToArray();
        return new(name, DType.F32, [.. tensor.Shape.Select(axis => (long)axis)], new MemoryByteSource(bytes), 0, bytes.Length);
    }
}
