using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Fuzz.Targets.Weights;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Fuzz.Targets.Profiles;

/// <summary>Whole repositories: configurations, pipelines, adapters and headers that lie, from the reader to every estimate.</summary>
sealed class ProfileTarget : FuzzTarget
{
    static readonly string[] s_values = ["-1", "0", "1", "2", "3", "7", "64", "9223372036854775807", "-9223372036854775808", "1e308", "null", "\"x\"", "\"\"", "[]", "{}", "true", "false", "1099511627776", "0.5", "[1,2]", "[-1]", "[0]", "[[1]]", "100000", "\"linear_attention\"", "[\"mamba\",\"attention\"]", "\"M*E-\""];

    static readonly string[] s_keys =
    [
        "num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size", "layer_types", "sliding_window", "num_local_experts", "num_experts_per_tok", "kv_lora_rank",
        "rope_scaling", "tie_word_embeddings", "quantization_config", "text_config", "vision_config", "num_nextn_predict_layers", "hybrid_override_pattern", "moe_intermediate_size", "model_type", "layers_block_type", "image_size", "patch_size",
    ];

    readonly List<string> _configurations = [.. Reference.BuiltIn.Workloads.Where(w => w.Configuration is not null).Select(w => w.Configuration!.Value.GetRawText())];

    public override string Name => "profile";

    public override bool IsRefusal(Exception error) => error is ProfileException or WeightFormatException or ConversionException;

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        yield return RepositoryBytes.Of(("config.json", Encoding.UTF8.GetBytes(_configurations[0])), ("model.safetensors", Header(_configurations[0])));
        yield return RepositoryBytes.Of(("model_index.json", """{"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"],"vae":["diffusers","AutoencoderKL"],"text_encoder":["transformers","CLIPTextModel"]}"""u8.ToArray()),
            ("unet/config.json", Encoding.UTF8.GetBytes(_configurations.First(c => c.Contains("UNet2D", StringComparison.Ordinal)))), ("vae/config.json", """{"_class_name":"AutoencoderKL","block_out_channels":[128,256,512,512],"layers_per_block":2}"""u8.ToArray()),
            ("text_encoder/config.json", """{"model_type":"clip_text_model","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":2,"vocab_size":100}"""u8.ToArray()));
        yield return RepositoryBytes.Of(("adapter_config.json", """{"peft_type":"LORA","r":8,"base_model_name_or_path":"a/b"}"""u8.ToArray()), ("adapter_model.safetensors", Header("{}")));
        yield return RepositoryBytes.Of(("model.gguf", Gguf()), ("mmproj.gguf", Gguf()));
        yield return RepositoryBytes.Of(("model-00001-of-00002.safetensors", Header("{}")), ("model.safetensors.index.json", """{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors"}}"""u8.ToArray()));
        yield return RepositoryBytes.Of(("model.onnx", new GraphTarget().Seeds(random).First()));
        foreach (var text in _configurations) yield return RepositoryBytes.Of(("config.json", Encoding.UTF8.GetBytes(text)));
    }

    public override string Run(ReadOnlyMemory<byte> input) => Estimates.Of(ModelReader.ReadAsync(new RepositoryBytes(input), "fuzz", CancellationToken.None).GetAwaiter().GetResult());

    /// <summary>A configuration with some keys of strange values: still JSON, so that it reaches the arithmetic.</summary>
    public override byte[] Generate(Random random)
    {
        var config = JsonNode.Parse(_configurations[random.Next(_configurations.Count)])!.AsObject();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var part = config.Where(p => p.Value is JsonObject).Select(p => p.Value!.AsObject()).FirstOrDefault() is { } inner && random.Next(2) == 0 ? inner : config;
            var key = part.Count > 0 && random.Next(3) > 0 ? part.ElementAt(random.Next(part.Count)).Key : s_keys[random.Next(s_keys.Length)];
            part[key] = JsonNode.Parse(s_values[random.Next(s_values.Length)]);
        }
        var text = Encoding.UTF8.GetBytes(config.ToJsonString());
        return random.Next(4) == 0 ? RepositoryBytes.Of(("config.json", text), ("model.safetensors", Header(config.ToJsonString()))) : RepositoryBytes.Of(("config.json", text));
    }

    /// <summary>A header of a few tensors with names that the rules look at; the weights behind it are missing, as after a cut upload.</summary>
    static byte[] Header(string config)
    {
        var bits = config.Length % 2 == 0 ? "I32" : "U8";
        var header = Encoding.UTF8.GetBytes($$$"""{"model.embed_tokens.weight":{"dtype":"F16","shape":[8,4],"data_offsets":[0,64]},"model.layers.0.self_attn.q_proj.qweight":{"dtype":"{{{bits}}}","shape":[2,2],"data_offsets":[64,{{{(bits == "I32" ? 80 : 68)}}}]},"lm_head.weight":{"dtype":"F16","shape":[8,4],"data_offsets":[{{{(bits == "I32" ? "80,144" : "68,132")}}}]}}""");
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[bits == "I32" ? 144 : 132]];
    }

    static byte[] Gguf()
    {
        using var file = new MemoryStream();
        var metadata = new GgufMetadata().Add("general.architecture", "llama").Add("llama.block_count", 2u).Add("llama.embedding_length", 32u).Add("llama.attention.head_count", 4u)
            .Add("llama.attention.head_count_kv", [2, 0]).Add("llama.attention.sliding_window", 16u).Add("llama.expert_count", 4u).Add("llama.expert_used_count", 2u).Add("llama.ssm.inner_size", 64u).Add("tokenizer.ggml.tokens", ["a", "b"]);
        TensorContent[] tensors = [Zeros("token_embd.weight", 2, 32), Zeros("blk.0.attn_q.weight", 32, 32), Zeros("blk.0.attn_k.weight", 16, 32), Zeros("blk.0.ffn_gate_exps.weight", 4, 8, 32), Zeros("blk.1.ssm_in.weight", 64, 32)];
        GgufWriter.WriteAsync(file, tensors, metadata, CancellationToken.None).GetAwaiter().GetResult();
        return file.ToArray();
    }

    static TensorContent Zeros(string name, params long[] shape)
    {
        var bytes = shape.Aggregate(2L, (a, b) => a * b);
        return new(name, DType.F16, shape, new MemoryByteSource(new byte[bytes]), 0, bytes);
    }
}
