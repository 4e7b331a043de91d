using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>Adapters as PEFT writes them, against plain sums in double precision: ranks and factors by pattern, turned weights, tables, kernels, DoRA, saved modules.</summary>
public sealed class LoraMergeTests
{
    const string P = "base_model.model.";

    [Fact]
    public async Task Ranks_and_factors_come_from_the_first_pattern_that_fits_the_end_of_the_path()
    {
        var adapter = await ReadAsync("""{ "r": 2, "lora_alpha": 4, "use_rslora": true, "rank_pattern": { "layers.1.q": 3, "^model.layers.[0-9]+.v$": 1 }, "alpha_pattern": { "k": 16, ".*q": 9 } }""",
            [.. Pair("model.layers.0.q", 2, 5, 6), .. Pair("model.layers.1.q", 3, 5, 6), .. Pair("model.layers.0.v", 1, 5, 6), .. Pair("model.layers.0.k", 2, 5, 6), .. Pair("model.layers.0.kk", 2, 5, 6)]);
        double[] expected = [9 / Math.Sqrt(2), 9 / Math.Sqrt(3), 4, 16 / Math.Sqrt(2), 4 / Math.Sqrt(2)];
        Assert.Equal(expected, new[] { "0.q", "1.q", "0.v", "0.k", "0.kk" }.Select(name => adapter.Pairs[$"model.layers.{name}.weight"].Scale));
        Assert.Contains("configuration of 'a' says 2", await RefusedAsync("""{ "r": 2, "lora_alpha": 4 }""", [.. Pair("m", 3, 5, 6)]));

        // Written as one adapter, ranks are equal and factors 1; it does the same.
        var config = adapter.ToConfig(JsonDocument.Parse("""{ "r": 2, "lora_alpha": 4, "rank_pattern": { "q": 3 }, "layers_to_transform": [0], "target_modules": ["q"] }""").RootElement);
        Assert.Equal((3, 3, 0), ((int)config["r"]!, (int)config["lora_alpha"]!, config["rank_pattern"]!.AsObject().Count));
        Assert.Null(config["layers_to_transform"]);
        Assert.Contains("model.layers.1.q", config["target_modules"]!.AsArray().Select(name => (string)name!));
        var again = await LoraAdapter.ReadAsync("again", JsonDocument.Parse(config.ToJsonString()).RootElement, adapter.ToTensors(), default);
        foreach (var (target, pair) in adapter.Pairs) Near(Delta(pair), Delta(again.Pairs[target]), 1e-5);
    }

    [Fact]
    public async Task A_weight_that_is_stored_turned_gets_the_turned_product()
    {
        // GPT-2 stores [inputs, outputs]: of a square matrix only the configuration says so.
        foreach (var (inputs, outputs, says) in ((int, int, bool)[])[(5, 6, true), (5, 6, false), (4, 4, true), (4, 4, false)])
        {
            var adapter = await ReadAsync($$"""{ "r": 2, "lora_alpha": 3, "fan_in_fan_out": {{(says ? "true" : "false")}} }""", [.. Pair("m", 2, inputs, outputs)]);
            var isTurned = says || inputs != outputs;
            var weight = Tensor("m.weight", isTurned ? [inputs, outputs] : [outputs, inputs], Numbers(9, inputs * outputs));
            var (merged, delta) = (Values(LoraMerger.IntoBase([weight], adapter).Tensors[0]), Delta(adapter.Pairs["m.weight"]));
            for (var o = 0; o < outputs; o++)
                for (var i = 0; i < inputs; i++)
                {
                    var at = isTurned ? i * outputs + o : o * inputs + i;
                    Assert.Equal(Numbers(9, inputs * outputs)[at] + delta[o * inputs + i], merged[at], 1e-6);
                }
        }
    }

    [Fact]
    public async Task Tables_kernels_and_biases_of_pairs_are_added_where_they_belong()
    {
        var (a, b) = (Numbers(1, 2 * 7), Numbers(2, 4 * 2));
        var table = await ReadAsync("""{ "r": 2, "lora_alpha": 3 }""", [Tensor($"{P}emb.lora_embedding_A", [2, 7], a), Tensor($"{P}emb.lora_embedding_B", [4, 2], b)]);
        var rows = Values(LoraMerger.IntoBase([Tensor("emb.weight", [7, 4], new float[28])], table).Tensors[0]);
        for (var row = 0; row < 7; row++)
            for (var c = 0; c < 4; c++) Assert.Equal(1.5 * (b[c * 2] * a[row] + b[c * 2 + 1] * a[7 + row]), rows[row * 4 + c], 1e-6);
        var same = table.ToTensors();
        Assert.Equal([$"{P}emb.lora_embedding_A", $"{P}emb.lora_embedding_B"], same.Select(tensor => tensor.Name));
        Near([.. a.Select(x => 1.5 * x)], Values(same[0]), 1e-6);

        var (ka, kb) = (Numbers(3, 2 * 3 * 4), Numbers(4, 5 * 2));
        var kernel = await ReadAsync("""{ "r": 2, "lora_alpha": 2 }""", [Tensor($"{P}conv.lora_A.weight", [2, 3, 2, 2], ka), Tensor($"{P}conv.lora_B.weight", [5, 2, 1, 1], kb)]);
        var merged = Values(LoraMerger.IntoBase([Tensor("conv.weight", [5, 3, 2, 2], new float[60])], kernel).Tensors[0]);
        for (var o = 0; o < 5; o++)
            for (var e = 0; e < 12; e++) Assert.Equal(kb[o * 2] * ka[e] + kb[o * 2 + 1] * ka[12 + e], merged[o * 12 + e], 1e-6);
        Assert.Equal([[2L, 3, 2, 2], [5L, 2, 1, 1]], kernel.ToTensors().Select(tensor => tensor.Shape));
        Assert.Throws<MergeException>(() => LoraMerger.IntoBase([Tensor("conv.weight", [5, 12], new float[60])], kernel));

        var biased = await ReadAsync("""{ "r": 2, "lora_alpha": 6, "lora_bias": true }""", [.. Pair("m", 2, 3, 4), Tensor($"{P}m.lora_B.bias", [4], [1, 2, 3, 4])]);
        var with = LoraMerger.IntoBase([Tensor("m.weight", [4, 3], new float[12]), Tensor("m.bias", [4], [10, 10, 10, 10])], biased);
        Assert.Equal([13, 16, 19, 22], Values(with.Tensors[1]));
        Assert.Contains("lora_bias", Assert.Throws<MergeException>(biased.ToTensors).Message);
    }

    [Theory]
    [InlineData(false, 1), InlineData(true, 1), InlineData(false, 0.4)]
    public async Task Dora_gives_each_output_its_length(bool isTurned, double strength)
    {
        const int inputs = 7000, outputs = 6;       // several blocks, whose edges lie within rows
        float[] lengths = [1, 2, 3, 0.5f, 7, 4], weight = Numbers(5, inputs * outputs);
        var adapter = await ReadAsync("""{ "r": 2, "lora_alpha": 4, "use_dora": true }""", [.. Pair("m", 2, inputs, outputs), Tensor($"{P}m.lora_magnitude_vector", [outputs], lengths)]);
        var merged = Values(LoraMerger.IntoBase([Tensor("m.weight", isTurned ? [inputs, outputs] : [outputs, inputs], weight)], adapter, strength).Tensors[0]);
        var delta = Delta(adapter.Pairs["m.weight"]);
        for (var o = 0; o < outputs; o++)
        {
            var sum = Enumerable.Range(0, inputs).Select(i => weight[At(o, i)] + delta[o * inputs + i]).ToArray();
            var length = Math.Sqrt(sum.Sum(x => x * x));
            for (var i = 0; i < inputs; i++) Assert.Equal(weight[At(o, i)] + strength * (lengths[o] * sum[i] / length - weight[At(o, i)]), merged[At(o, i)], 1e-5);
        }
        Assert.Contains("DoRA", Assert.Throws<MergeException>(() => LoraMerger.Combine([(adapter, 1), (adapter, 1)])).Message);
        Assert.Contains("DoRA", Assert.Throws<MergeException>(() => LoraMerger.Combine([(adapter, 0.5)])).Message);
        Assert.Contains("DoRA", Assert.Throws<MergeException>(LoraMerger.Combine([(adapter, 1)]).ToTensors).Message);

        int At(int o, int i) => isTurned ? i * outputs + o : o * inputs + i;
    }

    [Fact]
    public async Task Saved_modules_replace_and_those_of_several_become_their_weighted_mean()
    {
        const string config = """{ "r": 2, "lora_alpha": 2, "task_type": "SEQ_CLS", "modules_to_save": ["classifier"] }""";
        var one = await ReadAsync(config, [.. Pair("bert.m", 2, 3, 4), Tensor($"{P}classifier.weight", [2, 4], Numbers(1, 8)), Tensor($"{P}classifier.bias", [2], [1, 2])]);
        var two = await ReadAsync(config, [.. Pair("bert.m", 2, 3, 4), Tensor($"{P}classifier.modules_to_save.default.weight", [2, 4], Numbers(2, 8))]);
        var joined = LoraMerger.Combine([(one, 3), (two, 1)]);
        for (var i = 0; i < 8; i++) Assert.Equal((float)((3.0 * Numbers(1, 8)[i] + Numbers(2, 8)[i]) / 4), Values(joined.Saved["classifier.weight"])[i]);
        Assert.Equal([1, 2], Values(joined.Saved["classifier.bias"]));
        Assert.Equal(["classifier"], joined.ToConfig(JsonDocument.Parse(config).RootElement)["modules_to_save"]!.AsArray().Select(name => (string)name!));
        Assert.Contains($"{P}classifier.weight", joined.ToTensors().Select(tensor => tensor.Name));

        // A bare model gets the head, and the names that go with one.
        var bare = LoraMerger.IntoBase([Tensor("m.weight", [4, 3], Numbers(3, 12)), Tensor("other", [1], [5])], one with { Labels = ["no", "yes"] });
        Assert.Equal(["bert.m.weight", "bert.other", "classifier.bias", "classifier.weight"], bare.Tensors.Select(tensor => tensor.Name));
        var json = new JsonObject { ["architectures"] = new JsonArray("BertForMaskedLM"), ["model_type"] = "bert" };
        Assert.True(ModelConfiguration.Fit(json, bare.Tensors, bare.Head));
        Assert.Equal(("BertForSequenceClassification", "yes", 0), ((string)json["architectures"]![0]!, (string)json["id2label"]!["1"]!, (int)json["label2id"]!["no"]!));

        // Other classes, but nothing else: what comes into the head is what the base makes.
        var whole = LoraMerger.IntoBase([Tensor("bert.m.weight", [4, 3], Numbers(3, 12)), Tensor("classifier.weight", [7, 4], Numbers(4, 28)), Tensor("classifier.bias", [7], Numbers(5, 7))], one);
        Assert.Equal([2L, 4], whole.Tensors[1].Shape);
        Assert.Equal(["bert.m.weight", "classifier.weight", "classifier.bias"], whole.Tensors.Select(tensor => tensor.Name));
        Assert.Contains("[2, 4]", Assert.Throws<MergeException>(() => LoraMerger.IntoBase([Tensor("bert.m.weight", [4, 3], Numbers(3, 12)), Tensor("classifier.weight", [2, 5], Numbers(4, 10))], one)).Message);
        var wide = await ReadAsync(config, [.. Pair("bert.m", 2, 3, 4), Tensor($"{P}classifier.weight", [3, 4], Numbers(2, 12))]);
        Assert.Contains("have no mean", Assert.Throws<MergeException>(() => LoraMerger.Combine([(one, 1), (wide, 1)])).Message);
        Assert.Contains("different classes", Assert.Throws<MergeException>(() => LoraMerger.Combine([(one with { Labels = ["a", "b"] }, 1), (two with { Labels = ["b", "a"] }, 1)])).Message);
        Assert.Contains("sum to zero", Assert.Throws<MergeException>(() => LoraMerger.Combine([(one, 1), (two, -1)])).Message);
    }

    [Theory]
    [InlineData("peft_type", "\"LOHA\"", "LOHA")]
    [InlineData("layer_replication", "[[0, 2]]", "layer_replication")]
    [InlineData("target_parameters", "[\"experts\"]", "target_parameters")]
    [InlineData("trainable_token_indices", "[1, 2]", "trainable_token_indices")]
    [InlineData("alora_invocation_tokens", "[1]", "alora_invocation_tokens")]
    [InlineData("use_qalora", "true", "use_qalora")]
    [InlineData("kasa_config", "{\"beta\": 1}", "kasa_config")]
    [InlineData("init_lora_weights", "\"pissa_niter_16\"", "pissa")]
    [InlineData("init_lora_weights", "\"OLoRA\"", "olora")]
    [InlineData("bias", "\"some\"", "'some'")]
    [InlineData("rank_pattern", "{\"m\": 3}", "says 3")]
    [InlineData("rank_pattern", "{\"((((\": 3}", "not understood")]
    [InlineData("rank_pattern", "{\"(a+)\\\\1\": 3}", "not understood")]
    [InlineData("rank_pattern", "{\"m\": \"3\"}", "no number")]
    [InlineData("rank_pattern", "{\"m\": -1}", "the rank -1")]
    [InlineData("alpha_pattern", "{\"m\": null}", "no number")]
    [InlineData("use_dora", "true", "lora_magnitude_vector")]
    [InlineData("r", "0", "rank r")]
    [InlineData("r", "\"2\"", "rank r")]
    [InlineData("lora_alpha", "null", "lora_alpha")]
    public async Task What_changes_the_meaning_is_refused_by_its_name(string key, string value, string words)
    {
        var config = JsonNode.Parse("""{ "peft_type": "LORA", "r": 2, "lora_alpha": 4 }""")!.AsObject();
        config[key] = JsonNode.Parse(value);
        Assert.Contains(words, await RefusedAsync(config.ToJsonString(), [.. Pair("m", 2, 3, 4)]));
    }

    [Fact]
    public async Task Tensors_that_belong_to_nothing_are_refused_by_their_name()
    {
        foreach (var (extra, words) in (Dictionary<TensorContent, string>)new()
        {
            [Tensor($"{P}n.lora_A.weight", [2, 3], Numbers(1, 6))] = "no other half", [Tensor($"{P}n.lora_B.weight", [4, 2], Numbers(1, 8))] = "no other half", [Tensor($"{P}m.lora_E.weight", [2], [1, 2])] = "not known",
            [Tensor($"{P}m.lora_A.other.weight", [2, 3], Numbers(1, 6))] = "two adapters", [Tensor($"{P}norm.weight", [3], [1, 2, 3])] = "no pair and to no saved module", [Tensor($"{P}m.lora_magnitude_vector", [4], [1, 2, 3, 4])] = "use_dora is not said",
        })
            Assert.Contains(words, await RefusedAsync("""{ "r": 2, "lora_alpha": 4 }""", [.. Pair("m", 2, 3, 4), extra]));
    }

    static Task<LoraAdapter> ReadAsync(string config, IReadOnlyList<TensorContent> tensors) => LoraAdapter.ReadAsync("a", JsonDocument.Parse(config).RootElement, tensors, default);

    static async Task<string> RefusedAsync(string config, IReadOnlyList<TensorContent> tensors) => (await Assert.ThrowsAsync<MergeException>(() => ReadAsync(config, tensors))).Message;

    static IEnumerable<TensorContent> Pair(string module, int rank, int inputs, int outputs) =>
        [Tensor($"{P}{module}.lora_A.weight", [rank, inputs], Numbers(module.Length + rank, rank * inputs)), Tensor($"{P}{module}.lora_B.weight", [outputs, rank], Numbers(module.Length + rank + 100, outputs * rank))];

    static double[] Delta(LoraPair pair)
    {
        var delta = new double[pair.Outputs * pair.Inputs];
        for (var o = 0; o < pair.Outputs; o++)
            for (var i = 0; i < pair.Inputs; i++)
                for (var k = 0; k < pair.Rank; k++) delta[o * pair.Inputs + i] += pair.Scale * pair.B[o * pair.Rank + k] * pair.A[k * pair.Inputs + i];
        return delta;
    }

    static void Near(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], tolerance);
    }

    static TensorContent Tensor(string name, long[] shape, float[] x)
    {
        var bytes = MemoryMarshal.AsBytes(x.AsSpan()).ToArray();
        return new(name, DType.F32, shape, new MemoryByteSource(bytes), 0, bytes.Length);
    }

    static double[] Values(TensorContent tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        for (var done = 0; done < bytes.Length;) done += tensor.Source.ReadAsync(tensor.Offset + done, bytes.AsMemory(done), default).AsTask().GetAwaiter().GetResult();
        return [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(x => (double)x)];
    }

    static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
    }
}
