using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

public sealed class TensorTableDiffTests
{
    static TensorEntry Tensor(string name, string type, params long[] shape) =>
        new(name, type, shape, shape.Aggregate(type == "F32" ? 4L : 2L, (product, length) => product * length), 0, "model.safetensors");

    [Fact]
    public void Tensors_are_added_removed_reshaped_and_retyped_whatever_file_they_lie_in()
    {
        var diff = TensorTableDiff.Of(
            [Tensor("a", "F32", 2, 3), Tensor("b", "F32", 4), Tensor("c", "F32", 5), Tensor("d", "F32", 6)],
            [Tensor("a", "F32", 2, 3) with { File = "other.safetensors" }, Tensor("b", "BF16", 4), Tensor("c", "BF16", 7), Tensor("e", "F32", 8)], 10)!;

        Assert.Equal((1, 1, 1, 2, 1), (diff.Added, diff.Removed, diff.Reshaped, diff.Retyped, diff.Same));
        Assert.Equal(7 - 5 + 8 - 6, diff.ElementChange);
        Assert.Equal(["b", "c", "e", "d"], diff.Shown.Select(change => change.Name));
    }

    [Fact]
    public void A_difference_is_bounded_and_a_table_too_long_to_compare_is_refused()
    {
        var many = Enumerable.Range(0, 5_000).Select(i => Tensor($"t{i}", "F32", 1)).ToList();

        Assert.Equal(20, TensorTableDiff.Of([], many, 20)!.Shown.Count);
        Assert.Equal(5_000, TensorTableDiff.Of(many, [], 20)!.Removed);
        Assert.Null(TensorTableDiff.Of([], Enumerable.Range(0, TensorTableDiff.MaxTensors + 1).Select(i => Tensor($"t{i}", "F32", 1)), 20));
    }

    [Fact]
    public void Blocks_are_in_the_order_of_layers_and_not_of_the_alphabet()
    {
        var blocks = TensorBlocks.Of(
            [Tensor("lm_head.weight", "F32", 9), Tensor("model.embed_tokens.weight", "F32", 9), .. ((int[])[0, 1, 10, 2]).Select(i => Tensor($"model.layers.{i}.self_attn.q_proj.weight", "F32", 3)), Tensor("model.norm.weight", "F32", 2)]);

        Assert.Equal(["before the layers", "model.layers.0", "model.layers.1", "model.layers.2", "model.layers.10", "after the layers"], blocks.Select(block => block.Name));
        Assert.Equal(44, blocks[^1].Bytes);
    }

    [Fact]
    public void A_stranger_who_names_each_tensor_differently_makes_a_bounded_number_of_blocks() =>
        Assert.InRange(TensorBlocks.Of(Enumerable.Range(0, 10_000).Select(i => Tensor($"layer{i}.0.weight", "F32", 1))).Count, 1, 2_001);
}
