using System.Runtime.InteropServices;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Conversion;

public class LlamaConversionTests
{
    static async Task<(WeightFile File, Dictionary<string, byte[]> Content, ConversionOutcome Outcome)> ConvertAsync(ToyLlama model, DType? type = null)
    {
        using var folder = new TemporaryFolder();
        await model.WriteAsync(folder);
        var outcome = await Converted.RunAsync(folder.Path, folder["out/model.gguf"], ConversionTarget.Gguf, type);
        return (await Converted.ReadAsync(folder["out/model.gguf"]), await Converted.ContentAsync(folder["out/model.gguf"]), outcome);
    }

    static async Task<float[]> OriginalAsync(ToyLlama model, string name)
    {
        var tensor = model.Tensors().Single(t => t.Name == name);
        var bytes = new byte[tensor.ByteLength];
        await tensor.Source.ReadAsync(0, bytes, default);
        return Converted.Floats(bytes);
    }

    [Fact]
    public async Task Keys_say_what_the_configuration_and_the_tokenizer_said()
    {
        var (file, _, outcome) = await ConvertAsync(new ToyLlama());
        string Value(string key) => file.Metadata[key].ToString()!;

        Assert.Empty(outcome.Remarks);
        Assert.Equal(("llama", "toy", 0L), (file.FindText("general.architecture"), file.FindText("general.name"), file.FindWhole("general.file_type")));
        Assert.Equal("2 128 32 64 4 2 6 8", string.Join(' ', new[] { "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv", "vocab_size", "rope.dimension_count" }.Select(key => Value($"llama.{key}"))));
        Assert.Equal(new MetadataValue.Real(1e-5f), file.Metadata["llama.attention.layer_norm_rms_epsilon"]);
        Assert.Equal(new MetadataValue.Real(10000), file.Metadata["llama.rope.freq_base"]);
        Assert.Equal(("gpt2", "gpt-2", "{{ messages }}"), (Value("tokenizer.ggml.model"), Value("tokenizer.ggml.pre"), Value("tokenizer.chat_template")));
        Assert.Equal("[h, Ã, ©, Ã©, <|begin|>, <tool>]", Value("tokenizer.ggml.tokens"));
        Assert.Equal("[1, 1, 1, 1, 3, 4]", Value("tokenizer.ggml.token_type"));
        Assert.Equal("[Ã ©]", Value("tokenizer.ggml.merges"));
        Assert.Equal("4 5 true false", string.Join(' ', new[] { "bos_token_id", "eos_token_id", "add_bos_token", "add_eos_token" }.Select(key => Value($"tokenizer.ggml.{key}"))));
    }

    [Fact]
    public async Task Tensors_get_the_names_and_the_order_of_ggml_and_keep_their_bits()
    {
        var model = new ToyLlama();
        var (file, content, _) = await ConvertAsync(model);

        Assert.Equal("token_embd.weight", file.Tensors[0].Name);
        Assert.Equal(["output_norm.weight", "output.weight"], file.Tensors.Skip(file.Tensors.Count - 2).Select(t => t.Name));
        Assert.Equal(3 + 9 * ToyLlama.Layers, file.Tensors.Count);
        Assert.Equal(await OriginalAsync(model, "model.layers.1.mlp.down_proj.weight"), Converted.Floats(content["blk.1.ffn_down.weight"]));
        Assert.Equal([ToyLlama.Hidden, ToyLlama.Forward], file.Tensors.Single(t => t.Name == "blk.1.ffn_down.weight").Shape);
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.Offset % 32));
    }

    [Theory]
    [InlineData("q_proj", "attn_q", ToyLlama.Heads)]
    [InlineData("k_proj", "attn_k", ToyLlama.KeyValueHeads)]
    public async Task Rows_that_turn_together_are_put_side_by_side(string theirs, string ours, int heads)
    {
        var model = new ToyLlama { HasBias = true };
        var (_, content, _) = await ConvertAsync(model);
        var before = await OriginalAsync(model, $"model.layers.0.self_attn.{theirs}.weight");
        var after = Converted.Floats(content[$"blk.0.{ours}.weight"]);

        // weights.reshape(heads, 2, size / 2, columns).swapaxes(1, 2), written out.
        const int half = ToyLlama.HeadSize / 2;
        var expected = new List<float>();
        for (var head = 0; head < heads; head++)
            for (var j = 0; j < half; j++)
                for (var part = 0; part < 2; part++)
                    expected.AddRange(before.AsSpan((head * ToyLlama.HeadSize + part * half + j) * ToyLlama.Hidden, ToyLlama.Hidden));
        Assert.Equal(expected, after);
        if (ours != "attn_q") return;
        var bias = await OriginalAsync(model, "model.layers.0.self_attn.q_proj.bias");
        Assert.Equal([bias[0], bias[4], bias[1], bias[5], bias[2], bias[6], bias[3], bias[7]], Converted.Floats(content["blk.0.attn_q.bias"])[..8]);
    }

    [Fact]
    public async Task Models_that_do_not_turn_rows_keep_them()
    {
        var model = new ToyLlama { Architecture = "Qwen2ForCausalLM", HasBias = true, IsTied = true };
        var (file, content, _) = await ConvertAsync(model);
        Assert.Equal("qwen2", file.FindText("general.architecture"));
        Assert.Equal(4, file.FindWhole("qwen2.attention.head_count"));
        Assert.Equal(await OriginalAsync(model, "model.layers.0.self_attn.q_proj.weight"), Converted.Floats(content["blk.0.attn_q.weight"]));
        Assert.DoesNotContain("output.weight", content.Keys);
    }

    [Fact]
    public async Task Experts_are_stacked()
    {
        var model = new ToyLlama { Architecture = "MixtralForCausalLM", Experts = 3 };
        var (file, content, _) = await ConvertAsync(model, DType.F16);
        Assert.Equal([3, ToyLlama.Hidden, ToyLlama.Forward], file.Tensors.Single(t => t.Name == "blk.1.ffn_down_exps.weight").Shape);
        Assert.Equal((3L, 1L), (file.FindWhole("llama.expert_count"), file.FindWhole("llama.expert_used_count")));
        var halves = MemoryMarshal.Cast<byte, Half>(content["blk.1.ffn_down_exps.weight"]).ToArray();
        var third = await OriginalAsync(model, "model.layers.1.block_sparse_moe.experts.2.w2.weight");
        Assert.Equal(third.Select(number => (Half)number), halves[(2 * third.Length)..]);
        Assert.Equal(DType.F32, file.Tensors.Single(t => t.Name == "blk.0.ffn_gate_inp.weight").DType);
    }

    [Theory]
    [InlineData("Q8_0", 7)]
    [InlineData("Q4_0", 2)]
    [InlineData("Q4_K", 14)]
    public async Task Matrices_are_quantised_and_norms_are_not(string name, int fileType)
    {
        var type = DType.Find(name)!;
        var model = new ToyLlama { Width = 256 };
        var (file, content, outcome) = await ConvertAsync(model, type);

        Assert.Equal(fileType, file.FindWhole("general.file_type"));
        Assert.All(file.Tensors, tensor => Assert.Equal(
            tensor.Shape.Count == 1 ? DType.F32 : type == DType.Q4K && tensor.Name.Contains("ffn_down", StringComparison.Ordinal) ? DType.Q80 : type, tensor.DType));
        // Rows of 64 do not fill blocks of 256: the next best type, and a remark.
        Assert.Equal(type == DType.Q4K ? ToyLlama.Layers : 0, outcome.Remarks.Count);
        var original = await OriginalAsync(model, "model.layers.0.mlp.up_proj.weight");
        var expected = new byte[original.Length / type.ElementsPerBlock * type.BytesPerBlock];
        TensorCast.Convert(DType.F32, MemoryMarshal.AsBytes(original.AsSpan()), type, expected);
        Assert.Equal(expected, content["blk.0.ffn_up.weight"]);
    }

    [Fact]
    public async Task Llama_3_scaling_becomes_a_tensor_of_divisors()
    {
        var model = new ToyLlama { MoreConfig = """, "rope_scaling": { "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64 }""" };
        var (_, content, _) = await ConvertAsync(model);
        // Wavelengths 6.28, 62.8, 628, 6283 of a context of 64: below 16 kept, above 64 divided by 8, the second blended.
        var smooth = (64 / (2 * Math.PI * 10) - 1) / 3;
        Assert.Equal([1, (float)(1 / ((1 - smooth) / 8 + smooth)), 8, 8], Converted.Floats(content["rope_freqs.weight"]));
    }

    [Theory]
    [InlineData(@"\ud83d", "key that is not valid Unicode")]
    [InlineData("\ud83d", "not UTF-8")]
    public async Task Keys_that_are_no_text_are_refused(string key, string words)
    {
        using var folder = new TemporaryFolder();
        await new ToyLlama().WriteAsync(folder);
        var settings = $$$"""{ "added_tokens_decoder": { "{{{key}}}": { "content": "x" } } }""";
        await File.WriteAllBytesAsync(folder["tokenizer_config.json"], [.. settings.SelectMany(letter => letter < 128 ? [(byte)letter] : new byte[] { 0xd7 })]);
        var refused = await Assert.ThrowsAsync<ConversionException>(() => Converted.RunAsync(folder.Path, folder["toy.gguf"], ConversionTarget.Gguf, DType.F16));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_templates_of_one_name_the_first_counts()
    {
        using var folder = new TemporaryFolder();
        await new ToyLlama().WriteAsync(folder);
        await File.WriteAllTextAsync(folder["tokenizer_config.json"],
            """{ "chat_template": [{ "name": "default", "template": "one" }, { "name": "default", "template": "two" }, { "name": "rag", "template": "three" }] }""");
        var outcome = await Converted.RunAsync(folder.Path, folder["toy.gguf"], ConversionTarget.Gguf, DType.F16);
        var file = await Converted.ReadAsync(outcome.Files[0]);
        Assert.Equal("one", file.FindText("tokenizer.chat_template"));
        Assert.Equal("three", file.FindText("tokenizer.chat_template.rag"));
    }

    [Fact]
    public async Task Split_files_are_read_as_one()
    {
        using var folder = new TemporaryFolder();
        await new ToyLlama().WriteAsync(folder);
        var split = await Converted.RunAsync(folder.Path, folder["parts/toy.gguf"], ConversionTarget.Gguf, DType.F16, shardBytes: 10_000);
        var whole = await Converted.RunAsync(folder.Path, folder["toy.gguf"], ConversionTarget.Gguf, DType.F16);
        var files = new FolderFiles(folder["parts"]);
        var names = GgufShards.FindNames(Path.GetFileName(split.Files[0]))!;
        var all = await GgufShards.ReadAsync(names, files.OpenAsync, default);
        var single = await Converted.ReadAsync(whole.Files[0]);

        Assert.Equal(split.Files.Select(Path.GetFileName), names);
        Assert.Equal(single.Tensors.Select(t => (t.Name, t.DType, t.ByteLength)), all.Tensors.Select(t => (t.Name, t.DType, t.ByteLength)));
        Assert.Equal("llama", all.FindText("general.architecture"));
        // And merged again, as any other weights.
        await Converted.RunAsync(folder["parts"], folder["merged.safetensors"], ConversionTarget.Safetensors);
        var (merged, original) = (await Converted.ContentAsync(folder["merged.safetensors"]), await Converted.ContentAsync(whole.Files[0]));
        Assert.All(original, entry => Assert.Equal(entry.Value, merged[entry.Key]));

        File.Delete(split.Files[1]);
        await Assert.ThrowsAsync<FileNotFoundException>(() => GgufShards.ReadAsync(names, files.OpenAsync, default));
        File.Copy(split.Files[0], split.Files[1]);
        var lie = await Assert.ThrowsAsync<WeightFormatException>(() => GgufShards.ReadAsync(names, files.OpenAsync, default));
        Assert.Contains("says that it is part 0", lie.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sentence_pieces_are_the_same_from_either_file()
    {
        var json = SharedModels.Require("tokenizers/shakespeare-spm/tokenizer.json");
        var words = System.Text.Json.JsonDocument.Parse(await File.ReadAllBytesAsync(json)).RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().Count();
        var files = new List<WeightFile>();
        foreach (var name in (string[])["tokenizer.json", "tokenizer.model"])
        {
            using var folder = new TemporaryFolder();
            var model = new ToyLlama();
            await model.WriteAsync(folder, tensors => tensors.Select(t => t.Shape.Count == 2 && t.Shape[0] == ToyLlama.Words ? Converted.Random(t.Name, [words, ToyLlama.Hidden], 5) : t));
            await File.WriteAllTextAsync(folder["config.json"], model.Config.Replace($"\"vocab_size\": {ToyLlama.Words}", $"\"vocab_size\": {words}"));
            File.Delete(folder["tokenizer.json"]);
            File.Delete(folder["tokenizer_config.json"]);
            File.Copy(Path.Combine(Path.GetDirectoryName(json)!, name), folder[name]);
            await Converted.RunAsync(folder.Path, folder["out/m.gguf"], ConversionTarget.Gguf);
            files.Add(await Converted.ReadAsync(folder["out/m.gguf"]));
        }
        string[] Texts(int file) => [.. ((MetadataValue.Series)files[file].Metadata["tokenizer.ggml.tokens"]).Items!.Select(t => t.ToString()!)];
        double[] Scores(int file) => [.. ((MetadataValue.Series)files[file].Metadata["tokenizer.ggml.scores"]).Items!.Select(s => ((MetadataValue.Real)s).Value)];
        Assert.Equal(("llama", "llama"), (files[0].FindText("tokenizer.ggml.model"), files[1].FindText("tokenizer.ggml.model")));
        Assert.Equal(Texts(1), Texts(0));
        Assert.Equal(files[1].Metadata["tokenizer.ggml.token_type"].ToString(), files[0].Metadata["tokenizer.ggml.token_type"].ToString());
        // Scores only order the merges: pieces that a merge makes come in the same order.
        var (derived, trained) = (Scores(0), Scores(1));
        var made = Enumerable.Range(0, words).Where(id => Texts(1)[id].Length > 1 && trained[id] < 0 && derived[id] > -words).ToList();
        Assert.Equal(made.OrderByDescending(id => trained[id]), made.OrderByDescending(id => derived[id]));
        Assert.True(made.Count > words / 2, $"{made.Count} of {words}");
    }
}
