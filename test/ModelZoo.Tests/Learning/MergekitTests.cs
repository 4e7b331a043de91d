using System.Runtime.InteropServices;
using ModelZoo.Learning;
using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>Configurations with the keys of mergekit's published examples, on small models of the same build: each is read and carried out, or refused by name.</summary>
public sealed class MergekitTests
{
    const int LayerCount = 4;

    /// <summary>Values of layer l: the model's number in attention, ten times it in the other part.</summary>
    static Dictionary<string, IReadOnlyList<TensorContent>> Models => new[] { ("org/base", 0f), ("org/one", 1f), ("org/two", 2f), ("org/three", 3f) }.ToDictionary(model => model.Item1, model => (IReadOnlyList<TensorContent>)[
        Tensor("model.embed_tokens.weight", model.Item2), .. Enumerable.Range(0, LayerCount).SelectMany(layer => (TensorContent[])[Tensor($"model.layers.{layer}.self_attn.q_proj.weight", model.Item2), Tensor($"model.layers.{layer}.mlp.down_proj.weight", 10 * model.Item2)]),
        Tensor("model.norm.weight", model.Item2), Tensor("lm_head.weight", model.Item2)]);

    public static TheoryData<string, string> Examples => new()
    {
        { "linear", "models:\n- {model: org/one, parameters: {weight: 1.0}}\n- {model: org/two, parameters: {weight: 0.3}}\n- {model: org/three, parameters: {weight: 0.5}}\nmerge_method: linear\ndtype: float16\n" },
        { "ties, gradients and filters", "models:\n- model: org/one\n  parameters: {density: [1, 0.7, 0.1], weight: 1.0}\n- model: org/two\n  parameters: {density: 0.5, weight: [0, 0.3, 0.7, 1]}\n- model: org/three\n  parameters:\n    density: 0.33\n    weight:\n    - {filter: mlp, value: 0.5}\n    - value: 0\nmerge_method: ties\nbase_model: org/base\nparameters: {normalize: true, int8_mask: true}\ndtype: float16\n" },
        { "slerp with gradients", "slices:\n- sources:\n  - {model: org/one, layer_range: [0, 4]}\n  - {model: org/two, layer_range: [0, 4]}\nmerge_method: slerp\nbase_model: org/one\nparameters:\n  t:\n  - {filter: self_attn, value: [0, 0.5, 0.3, 0.7, 1]}\n  - {filter: mlp, value: [1, 0.5, 0.7, 0.3, 0]}\n  - value: 0.5\ndtype: float16\n" },
        { "stacked layers", "slices:\n- sources:\n  - {model: org/one, layer_range: [0, 3]}\n- sources:\n  - {model: org/two, layer_range: [1, 4]}\nmerge_method: passthrough\ndtype: float16\n" },
        { "dare_ties", "models:\n- model: org/base\n- {model: org/one, parameters: {density: 0.53, weight: 0.4}}\n- {model: org/two, parameters: {density: 0.53, weight: 0.3}}\nmerge_method: dare_ties\nbase_model: org/base\nparameters: {int8_mask: true}\ndtype: bfloat16\n" },
        { "dare_linear", "models:\n- {model: org/one, parameters: {density: 0.5, weight: 0.5}}\nmerge_method: dare_linear\nbase_model: org/base\ndtype: bfloat16\n" },
        { "task_arithmetic", "models:\n- {model: org/one, parameters: {weight: 0.35}}\n- {model: org/two, parameters: {weight: -0.65}}\nmerge_method: task_arithmetic\nbase_model: org/base\nparameters: {lambda: 0.9}\ndtype: float32\n" },
        { "model_stock", "models:\n- model: org/one\n- model: org/two\nmerge_method: model_stock\nbase_model: org/base\nparameters: {filter_wise: false}\ndtype: bfloat16\n" },
        { "breadcrumbs", "models:\n- {model: org/one, parameters: {weight: 0.5, density: 0.9}}\nmerge_method: breadcrumbs\nbase_model: org/base\nparameters: {gamma: 0.01}\ndtype: float32\n" },
        { "breadcrumbs_ties", "models:\n- {model: org/one, parameters: {weight: 0.5, density: 0.9}}\n- {model: org/two, parameters: {weight: 0.5, density: 0.9}}\nmerge_method: breadcrumbs_ties\nbase_model: org/base\nparameters: {gamma: 0.01}\ndtype: float32\n" },
        { "della", "models:\n- {model: org/one, parameters: {weight: 0.5, density: 0.5}}\nmerge_method: della\nbase_model: org/base\nparameters: {epsilon: 0.1, lambda: 1.1}\ndtype: float32\n" },
        { "della_linear", "models:\n- {model: org/one, parameters: {weight: 0.5, density: 0.5}}\nmerge_method: della_linear\nbase_model: org/base\nparameters: {epsilon: 0.1}\ndtype: float32\n" },
        { "karcher", "models:\n- model: org/one\n- model: org/two\n- model: org/three\nmerge_method: karcher\nparameters: {max_iter: 20, tol: 1.0e-6}\ndtype: bfloat16\n" },
        { "tokenizer of a model", "models:\n- model: org/one\n- model: org/two\nmerge_method: linear\ntokenizer:\n  source: org/two\nchat_template: auto\ndtype: float32\n" },
        { "copied with parts silenced", "slices:\n- sources:\n  - {model: org/one, layer_range: [0, 4]}\n- sources:\n  - model: org/one\n    layer_range: [3, 4]\n    parameters:\n      scale:\n      - {filter: down_proj, value: 0.0}\n      - value: 1.0\nmerge_method: passthrough\ndtype: float32\n" },
    };

    [Theory, MemberData(nameof(Examples))]
    public void Examples_are_carried_out(string name, string yaml)
    {
        var configuration = MergeConfiguration.Parse(yaml);
        var merged = ConfiguredMerge.Run(configuration, Models, seed: 1);
        Assert.All(merged.Tensors, tensor => Assert.All(Read(tensor), value => Assert.True(double.IsFinite(value), name)));
        Assert.Equal(yaml.Contains("float16") && !yaml.Contains("bfloat16") ? DType.F16 : yaml.Contains("bfloat16") ? DType.BF16 : DType.F32, merged.Tensors[0].DType);
        Assert.Equal(name switch { "stacked layers" => 6, "copied with parts silenced" => 5, _ => LayerCount }, merged.Tensors.Count(tensor => tensor.Name.EndsWith("self_attn.q_proj.weight")));
        float At(string tensor) => (float)Read(merged.Tensors.First(each => each.Name == tensor))[0];
        switch (name)
        {
            case "linear":
                Assert.Equal((float)(Half)((1 + 0.3 * 2 + 0.5 * 3) / 1.8), At("lm_head.weight"));
                break;
            case "slerp with gradients":
                // All point one way, so it is a straight line: t runs 0 … 1 over the layers for attention and back for the other part.
                Assert.Equal([1f, 2f, 20f, 10f], [At("model.layers.0.self_attn.q_proj.weight"), At("model.layers.3.self_attn.q_proj.weight"), At("model.layers.0.mlp.down_proj.weight"), At("model.layers.3.mlp.down_proj.weight")]);
                Assert.Equal(1.5f, At("model.norm.weight"));
                break;
            case "stacked layers":
                Assert.Equal([1f, 2f, 2f], [At("model.layers.2.self_attn.q_proj.weight"), At("model.layers.3.self_attn.q_proj.weight"), At("lm_head.weight")]);
                break;
            case "task_arithmetic":
                Assert.Equal((float)(0.9 * (0.35 * 1 + -0.65 * 2)), At("lm_head.weight"));
                break;
            case "tokenizer of a model":
                Assert.Equal("org/two", configuration.TokenizerModel);
                break;
            case "copied with parts silenced":
                Assert.Equal([1f, 0f, 10f], [At("model.layers.4.self_attn.q_proj.weight"), At("model.layers.4.mlp.down_proj.weight"), At("model.layers.3.mlp.down_proj.weight")]);
                break;
        }
    }

    [Theory]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ntokenizer: {source: union, tokens: {x: {source: a}}}", "'tokens'")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ntokenizer: {source: base, pad_to_multiple_of: 8}", "'pad_to_multiple_of'")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\ntokenizer: {source: base}\ntokenizer_source: base", "two words")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\nchat_template: chatml", "auto")]
    [InlineData("merge_method: linear\nmodules: {text: {}}\nmodels: [{model: a}]", "'modules'")]
    [InlineData("merge_method: sce\nmodels: [{model: a}]", "'sce'")]
    [InlineData("merge_method: linear\nmodels: [{model: a}]\n---\nmerge_method: linear", "only one document")]
    public void What_would_not_be_honest_is_refused_by_name(string yaml, string words) => Assert.Contains(words, Assert.Throws<RecipeException>(() => MergeConfiguration.Parse(yaml)).Message);

    static TensorContent Tensor(string name, float value)
    {
        var bytes = MemoryMarshal.AsBytes<float>([value, value, value]).ToArray();
        return new(name, DType.F32, [3], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    static double[] Read(TensorContent tensor)
    {
        var values = new double[tensor.Shape[0]];
        new WideReader().ReadAsync(tensor, 0, values, default).AsTask().GetAwaiter().GetResult();
        return values;
    }
}
