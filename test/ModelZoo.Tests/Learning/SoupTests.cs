using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Learning;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Randomness;
using ModelZoo.Weights;
using Architecture = ModelZoo.Learning.Models.Architecture;

namespace ModelZoo.Tests.Learning;

/// <summary>Soups that choose or learn, adapters, alignment, and configurations in mergekit's form.</summary>
public sealed class SoupTests
{
    [Fact]
    public async Task A_greedy_soup_keeps_what_does_not_hurt()
    {
        var ingredients = new[] { (Model("bad", 9), 0.1), (Model("best", 1), 0.9), (Model("good", 3), 0.8) };
        // Nearer to 2 is better: 1 and 3 meet there, 9 pulls away.
        ValueTask<double> Score(MergedModel soup, CancellationToken stop) => new(1 - Math.Abs(Read(soup.Tensors[0])[0] - 2) / 10.0);
        var chosen = await GreedySelection.ChooseAsync(ingredients, Score, default);
        Assert.Equal(["best", "good"], chosen.Kept.Select(model => model.Name));
        Assert.Equal(1, chosen.Score);
        Assert.Equal([true, true, false], chosen.Steps.Select(step => step.Kept));
        static ValueTask<double> Flat(MergedModel soup, CancellationToken stop) => new(0.9);
        Assert.Equal(3, (await GreedySelection.ChooseAsync(ingredients, Flat, default)).Kept.Count);
        Assert.Single((await GreedySelection.ChooseAsync(ingredients, Flat, default, strict: true)).Kept);
    }

    [Fact]
    public void A_learned_soup_finds_the_weights()
    {
        float[][] models = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
        double[] wanted = [0.7, 0.2, 0.1];
        var soup = LearnedSoup.Fit(models, null, 100, (theta, scale, _) =>
            new(theta.Zip(wanted, (x, w) => (x - w) * (x - w)).Sum() + (scale - 2) * (scale - 2), [.. theta.Zip(wanted, (x, w) => (float)(2 * (x - w)))], 2 * (scale - 2)), default);
        for (var i = 0; i < 3; i++) Assert.Equal(wanted[i], soup.Weights[0][i], 0.02);
        Assert.Equal(2, soup.LogitScale, 0.02);
        Assert.True(soup.Losses[^1] < soup.Losses[0]);
        Assert.Equal(2, LearnedSoup.Fit(models, [0, 1, 1], 1, (theta, _, _) => new(0, new float[3], 0), default).Weights.Length);
    }

    [Fact]
    public async Task Adapters_are_combined_by_their_products()
    {
        var (first, second) = (await AdapterAsync("a", 1, 3), await AdapterAsync("b", 2, 2));
        var combined = LoraMerger.Combine([(first, 0.75), (second, -0.5)]);
        var origin = Tensor("m.weight", [6, 5], Numbers(9, 30));
        var merged = Read(LoraMerger.IntoBase([origin], combined).Tensors[0]);
        var (d1, d2) = (Delta(first), Delta(second));
        var plain = Read(origin);
        for (var e = 0; e < 30; e++) Assert.Equal(plain[e] + 0.75 * d1[e] - 0.5 * d2[e], merged[e], 1e-5);
        Assert.Equal(5, combined.Pairs["m.weight"].Rank);
        // Cut to a smaller rank, it is the best of that rank: as near as the singular values that are left out say.
        var whole = Delta(combined);
        var cut = Delta(LoraMerger.Combine([(first, 0.75), (second, -0.5)], rank: 2));
        var left = ModelZoo.Learning.Analyses.Spectrum.Of(6, 5, whole).SingularValues.Skip(2).Sum(value => value * value);
        Assert.Equal(left, whole.Zip(cut, (x, y) => (x - y) * (x - y)).Sum(), 1e-8);
        Assert.Contains("lacks", Assert.Throws<MergeException>(() => LoraMerger.IntoBase([Tensor("other", [6, 5], new float[30])], combined)).Message);
    }

    [Fact]
    public void A_permuted_copy_is_recovered_and_computes_the_same()
    {
        var model = new Architecture { Family = Family.Vit, Image = 4, Patch = 2, Dim = 12, Depth = 2, Heads = 3, Mlp = 10 };
        var head = new HeadShape(HeadKind.Mlp, 7, 3);
        var layout = ParameterLayout.Of(model, head);
        var target = ModelInitializer.Initialize(layout, Initialization.XavierUniform, 4, 4);
        var moved = ModelInitializer.Initialize(layout, Initialization.XavierUniform, 77, 77);
        // Aligned to a stranger, a model is some permutation of itself: the same function, other numbers.
        var scrambled = VitAlignment.Run(model, head, moved, target, default).Parameters;
        Assert.NotEqual(target, scrambled);
        var image = Numbers(3, model.Pixels);
        var reference = new ReferenceVit(model, head);
        var (expected, found) = (reference.Logits([.. target.Select(x => (double)x)], image), reference.Logits([.. scrambled.Select(x => (double)x)], image));
        for (var c = 0; c < 3; c++) Assert.Equal(expected[c], found[c], 1e-9);
        var back = VitAlignment.Run(model, head, target, scrambled, default);
        Assert.Equal(target, back.Parameters);
        Assert.Equal(back.Objectives.Order(), back.Objectives);
    }

    [Fact]
    public async Task Siblings_and_strangers_are_told_apart_before_averaging()
    {
        float[] start = Numbers(1, 500), head = Numbers(2, 40);
        MergeInput Sibling(string name, ulong seed, float[] itsHead) => new(name, [Tensor("blocks.0.w", [500], [.. start.Zip(Numbers(seed, 500), (x, d) => x + 0.1f * d)]), Tensor("head.weight", [40], itsHead)]);
        var advice = await MergeAdvice.AssessAsync([Sibling("a", 3, head), Sibling("b", 4, head), Sibling("c", 5, Numbers(6, 40)), new("d", [Tensor("blocks.0.w", [500], Numbers(7, 500)), Tensor("head.weight", [40], head)])], null, default);
        Assert.Equal([Averageability.Likely, Averageability.Doubtful, Averageability.No, Averageability.Doubtful, Averageability.No, Averageability.No], advice.Select(each => each.Verdict));
        Assert.Contains("did not begin from the same head", advice[1].Reasons[0]);
        var measured = await MergeAdvice.AssessAsync([Sibling("a", 3, head), Sibling("b", 4, head)], (_, _, _) => new(0.4), default);
        Assert.Equal(Averageability.No, measured[0].Verdict);
    }

    [Fact]
    public void Configurations_in_mergekits_form_are_carried_out()
    {
        var models = new Dictionary<string, IReadOnlyList<TensorContent>> { ["org/base"] = Layers(0), ["org/one"] = Layers(10), ["org/two"] = Layers(20) };
        var ties = Run("""
            merge_method: ties
            base_model: org/base
            models:
              - { model: org/base }
              - { model: org/one, parameters: { density: 1, weight: 0.5 } }
              - { model: org/two, parameters: { density: 1, weight: [0.5, 1.5] } }
            parameters: { normalize: false, lambda: 0.5 }
            dtype: float32
            tokenizer_source: union
            """, models);
        // Layers 0, 1, 2 give weights 0.5, 1, 1.5 to the second: 0.5·(0.5·10 + w·20).
        Assert.Equal([7.5f, 12.5f, 17.5f], Enumerable.Range(0, 3).Select(layer => Read(ties.Tensors.First(tensor => tensor.Name == $"model.layers.{layer}.w"))[0]));
        Assert.Contains(ties.Remarks, remark => remark.Contains("tokenizer_source"));

        var stacked = Run("""
            merge_method: passthrough
            slices:
              - sources: [{ model: org/one, layer_range: [0, 2] }]
              - sources: [{ model: org/two, layer_range: [1, 3] }]
            dtype: bfloat16
            """, models);
        Assert.Equal(["lm_head.weight", "model.embed_tokens.weight", "model.layers.0.w", "model.layers.1.w", "model.layers.2.w", "model.layers.3.w", "model.norm.weight"], stacked.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.All(stacked.Tensors, tensor => Assert.Equal(DType.BF16, tensor.DType));

        var slerp = Run("""
            merge_method: slerp
            base_model: org/one
            slices:
              - sources: [{ model: org/two, layer_range: [0, 3] }, { model: org/one, layer_range: [0, 3] }]
            parameters:
              t: [{ filter: lm_head, value: 1 }, { value: 0 }]
            """, models);
        Assert.Equal((10f, 20f), (Read(slerp.Tensors.First(tensor => tensor.Name == "model.layers.1.w"))[0], Read(slerp.Tensors.First(tensor => tensor.Name == "lm_head.weight"))[0]));
    }

    [Theory]
    [InlineData("merge_method: magic\nmodels: [{model: a}]", 1, "no known method")]
    [InlineData("merge_method: linear", 1, "either 'models' or 'slices'")]
    [InlineData("merge_method: linear\nmodels: [{model: a, weigth: 1}]", 2, "unknown key 'weigth'")]
    [InlineData("merge_method: linear\nmodels: [{model: a+lora}]", 2, "merge it into its base first")]
    [InlineData("merge_method: linear\nslices: [{sources: [{model: a, layer_range: [3, 1]}]}]", 2, "two whole numbers")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ndtype: int4", 3, "no type that is written")]
    public void Configurations_that_cannot_be_are_refused_with_their_line(string yaml, int line, string words)
    {
        var refused = Assert.Throws<RecipeException>(() => MergeConfiguration.Parse(yaml));
        Assert.Equal(line, refused.Line);
        Assert.Contains(words, refused.Message);
    }

    static MergedModel Run(string yaml, Dictionary<string, IReadOnlyList<TensorContent>> models) => ConfiguredMerge.Run(MergeConfiguration.Parse(yaml), models);

    static IReadOnlyList<TensorContent> Layers(float value) => [.. new[] { "model.embed_tokens.weight", "model.layers.0.w", "model.layers.1.w", "model.layers.2.w", "model.norm.weight", "lm_head.weight" }.Select(name => Tensor(name, [2], [value, value]))];

    static async Task<LoraAdapter> AdapterAsync(string name, ulong seed, int rank) => await LoraAdapter.ReadAsync(name, JsonDocument.Parse($"{{\"r\": {rank}, \"lora_alpha\": 8}}").RootElement,
        [Tensor("base_model.model.m.lora_A.weight", [rank, 5], Numbers(seed, rank * 5)), Tensor("base_model.model.m.lora_B.weight", [6, rank], Numbers(seed + 50, rank * 6))], default);

    static double[] Delta(LoraAdapter adapter)
    {
        var pair = adapter.Pairs["m.weight"];
        var delta = new double[30];
        for (var o = 0; o < 6; o++)
            for (var i = 0; i < 5; i++)
                for (var k = 0; k < pair.Rank; k++) delta[o * 5 + i] += pair.Scale * pair.B[o * pair.Rank + k] * pair.A[k * 5 + i];
        return delta;
    }

    static MergeInput Model(string name, float value) => new(name, [Tensor("w", [1], [value])]);

    static TensorContent Tensor(string name, long[] shape, float[] x)
    {
        var bytes = MemoryMarshal.AsBytes(x.AsSpan()).ToArray();
        return new(name, DType.F32, shape, new MemoryByteSource(bytes), 0, bytes.Length);
    }

    static float[] Read(TensorContent tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        for (var done = 0; done < bytes.Length;) done += tensor.Source.ReadAsync(tensor.Offset + done, bytes.AsMemory(done), default).AsTask().GetAwaiter().GetResult();
        return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }

    static float[] Numbers(ulong seed, int count)
    {
        var source = new RandomSource(seed * 7919 + 1);
        return [.. Enumerable.Range(0, count).Select(_ => (float)source.NextNormal())];
    }
}
