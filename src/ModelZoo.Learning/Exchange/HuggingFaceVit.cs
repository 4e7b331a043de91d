using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Models;
using ModelZoo.Weights;
using Architecture = ModelZoo.Learning.Models.Architecture;

namespace ModelZoo.Learning.Exchange;

/// <summary>A member as the files that transformers loads.</summary>
/// <param name="Config">config.json.</param>
/// <param name="Preprocessor">preprocessor_config.json.</param>
/// <param name="Tensors">model.safetensors.</param>
public sealed record HuggingFaceModel(JsonObject Config, JsonObject Preprocessor, IReadOnlyList<TensorContent> Tensors, IReadOnlyList<string> Remarks);

/// <summary>
/// Between our vision transformers, named as timm names them, and the layout of transformers' ViT: the joined query, key and value are taken apart, all
/// else is renamed.
/// </summary>
/// <remarks>Names from transformers, models/vit/modeling_vit.py and configuration_vit.py, version 4.57, read in 2026.</remarks>
public static class HuggingFaceVit
{
    const string Prefix = "vit.";

    static readonly (string Ours, string Theirs)[] s_blockNames =
    [
        ("norm1", "layernorm_before"), ("attn.proj", "attention.output.dense"), ("norm2", "layernorm_after"), ("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense"),
    ];

    static readonly string[] s_parts = ["query", "key", "value"];

    public static HuggingFaceModel Export(Architecture model, HeadShape head, ReadOnlySpan<float> parameters, IReadOnlyList<string>? labels = null)
    {
        if (model.Family != Family.Vit) throw new ArgumentException("Only vision transformers have this layout.", nameof(model));
        var layout = ParameterLayout.Of(model, head);
        if (parameters.Length != layout.Count) throw new ArgumentException($"The model has {layout.Count} parameters, not {parameters.Length}.", nameof(parameters));
        var tensors = new List<TensorContent>();
        foreach (var tensor in layout.Tensors)
        {
            var values = parameters.Slice(tensor.Offset, tensor.Count);
            if (!tensor.Name.Contains(".attn.qkv.", StringComparison.Ordinal)) tensors.Add(Content(NameOf(tensor.Name), tensor.Shape, values));
            else
                for (var part = 0; part < 3; part++)
                    tensors.Add(Content(NameOf(tensor.Name).Replace("attn.qkv", $"attention.attention.{s_parts[part]}", StringComparison.Ordinal), [model.Dim, .. tensor.Shape.Skip(1)], values.Slice(part * tensor.Count / 3, tensor.Count / 3)));
        }
        IReadOnlyList<string> remarks = head.Kind == HeadKind.Mlp ? ["transformers knows no head of two layers: its ViTModel loads the backbone, and the head lies beside it as head.0 and head.2."] : [];
        return new(Config(model, head, labels), Preprocessor(model), tensors, remarks);
    }

    /// <summary>Our parameters from tensors in that layout.</summary>
    /// <exception cref="Merging.MergeException">A tensor is missing or of another shape.</exception>
    public static async Task<float[]> ReadAsync(Architecture model, HeadShape head, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var layout = ParameterLayout.Of(model, head);
        var byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var parameters = new float[layout.Count];
        var reader = new Merging.WideReader();
        foreach (var tensor in layout.Tensors)
        {
            var isJoined = tensor.Name.Contains(".attn.qkv.", StringComparison.Ordinal);
            for (var part = 0; part < (isJoined ? 3 : 1); part++)
            {
                var name = isJoined ? NameOf(tensor.Name).Replace("attn.qkv", $"attention.attention.{s_parts[part]}", StringComparison.Ordinal) : NameOf(tensor.Name);
                var count = isJoined ? tensor.Count / 3 : tensor.Count;
                if (!byName.TryGetValue(name, out var content) || content.Shape.Aggregate(1L, (product, axis) => product * axis) != count)
                    throw new Merging.MergeException($"Tensor '{name}' is missing or of another shape than the configuration says.");
                var values = new double[count];
                await reader.ReadAsync(content, 0, values, stop);
                for (var i = 0; i < count; i++) parameters[tensor.Offset + part * count + i] = (float)values[i];
            }
        }
        return parameters;
    }

    static string NameOf(string ours)
    {
        if (ours == "cls_token") return $"{Prefix}embeddings.cls_token";
        if (ours == "pos_embed") return $"{Prefix}embeddings.position_embeddings";
        if (ours.StartsWith("patch_embed.proj.", StringComparison.Ordinal)) return ours.Replace("patch_embed.proj", $"{Prefix}embeddings.patch_embeddings.projection", StringComparison.Ordinal);
        if (ours.StartsWith("norm.", StringComparison.Ordinal)) return $"{Prefix}layernorm{ours[4..]}";
        if (ours is "head.weight" or "head.bias") return $"classifier{ours[4..]}";
        if (!ours.StartsWith("blocks.", StringComparison.Ordinal)) return ours;
        var name = ours.Replace("blocks.", $"{Prefix}encoder.layer.", StringComparison.Ordinal);
        foreach (var (mine, theirs) in s_blockNames) name = name.Replace($".{mine}.", $".{theirs}.", StringComparison.Ordinal);
        return name;
    }

    static TensorContent Content(string name, IReadOnlyList<int> shape, ReadOnlySpan<float> values)
    {
        var bytes = MemoryMarshal.AsBytes(values).ToArray();
        return new(name, DType.F32, [.. shape.Select(axis => (long)axis)], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    static JsonObject Config(Architecture model, HeadShape head, IReadOnlyList<string>? labels)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(head.Kind == HeadKind.Linear ? "ViTForImageClassification" : "ViTModel"),
            ["attention_probs_dropout_prob"] = 0.0,
            ["encoder_stride"] = model.Patch,
            ["hidden_act"] = model.Activation.ToString().ToLowerInvariant(),
            ["hidden_dropout_prob"] = 0.0,
            ["hidden_size"] = model.Dim,
            ["image_size"] = model.Image,
            ["intermediate_size"] = model.Mlp,
            ["layer_norm_eps"] = 1e-6,
            ["model_type"] = "vit",
            ["num_attention_heads"] = model.Heads,
            ["num_channels"] = model.Channels,
            ["num_hidden_layers"] = model.Depth,
            ["patch_size"] = model.Patch,
            ["qkv_bias"] = true,
            ["torch_dtype"] = "float32",
        };
        if (head.Kind != HeadKind.Linear) return config;
        var (names, numbers) = (new JsonObject(), new JsonObject());
        for (var i = 0; i < head.Out; i++)
        {
            var label = labels is not null && i < labels.Count ? labels[i] : i.ToString(CultureInfo.InvariantCulture);
            names[i.ToString(CultureInfo.InvariantCulture)] = label;
            numbers[label] = i;
        }
        (config["id2label"], config["label2id"]) = (names, numbers);
        return config;
    }

    /// <summary>Ink from 0 to 16 becomes ink/8 − 1: divided by 16, then mean and deviation of one half.</summary>
    static JsonObject Preprocessor(Architecture model) => new()
    {
        ["image_processor_type"] = "ViTImageProcessor",
        ["do_resize"] = false,
        ["do_rescale"] = true,
        ["rescale_factor"] = 1.0 / Datasets.ImageSet.MaxInk,
        ["do_normalize"] = true,
        ["image_mean"] = new JsonArray([.. Enumerable.Repeat(0.5, model.Channels).Select(value => (JsonNode)value)]),
        ["image_std"] = new JsonArray([.. Enumerable.Repeat(0.5, model.Channels).Select(value => (JsonNode)value)]),
        ["size"] = new JsonObject { ["height"] = model.Image, ["width"] = model.Image },
    };
}
