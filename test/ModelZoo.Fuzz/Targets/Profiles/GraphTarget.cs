using ModelZoo.Profiling;
using ModelZoo.Weights;
using ModelZoo.Weights.Onnx;

namespace ModelZoo.Fuzz.Targets.Profiles;

/// <summary>ONNX graphs: shapes are followed through every operator, with axes, pads and sizes that cannot be.</summary>
sealed class GraphTarget : FuzzTarget
{
    static readonly string[] s_operators =
    [
        "Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Mul", "Div", "Mod", "Concat", "Split", "Slice", "Gather", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Expand", "Tile", "Pad", "ReduceMean", "ReduceProd",
        "ArgMax", "DepthToSpace", "SpaceToDepth", "Resize", "Range", "LSTM", "GRU", "MaxPool", "GlobalAveragePool", "Shape", "Size", "ConstantOfShape", "Where", "Softmax", "BatchNormalization", "LayerNormalization", "DequantizeLinear",
        "QLinearConv", "QLinearMatMul", "ConvInteger", "If", "Loop", "Identity", "Cast", "Attention", "OneHot", "TopK", "NonZero", "GatherND", "EyeLike", "Constant",
    ];
    static readonly string[] s_attributes = ["axis", "axes", "perm", "shape", "pads", "strides", "dilations", "kernel_shape", "group", "blocksize", "keepdims", "split", "starts", "ends", "steps", "transA", "transB", "output_padding", "ceil_mode", "hidden_size", "num_outputs", "allowzero", "value_int", "value_ints"];
    static readonly ulong[] s_numbers = [0, 1, 2, 3, 4, 5, 7, 8, 16, 224, 1 << 20, int.MaxValue, 1UL << 40, long.MaxValue, unchecked((ulong)-1L), unchecked((ulong)-2L), 1UL << 63];

    public override string Name => "graph";

    public override bool IsRefusal(Exception error) => error is ProfileException or WeightFormatException or OverflowException;

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        var weight = Tensor("w", [4, 3, 3, 3]);
        yield return Model(new Proto().Inner(1, Node("Conv", ["x", "w"], ["y"], ("pads", [1, 1, 1, 1]))).Inner(1, Node("GlobalAveragePool", ["y"], ["p"])).Inner(1, Node("Flatten", ["p"], ["f"]))
            .Inner(1, Node("Gemm", ["f", "g"], ["z"], ("transB", [1]))).Inner(5, weight).Inner(5, Tensor("g", [10, 4])).Inner(11, Input("x", [1, 3, 8, 8])).Inner(12, Input("z", [1, 10])));
        yield return Model(new Proto().Inner(1, Node("Shape", ["x"], ["s"])).Inner(1, Node("Gather", ["s", "i"], ["n"])).Inner(1, Node("Concat", ["n", "j"], ["t"], ("axis", [0]))).Inner(1, Node("Reshape", ["x", "t"], ["y"]))
            .Inner(1, Node("MatMul", ["y", "w"], ["z"])).Inner(5, Numbers("i", 0)).Inner(5, Numbers("j", unchecked((ulong)-1L))).Inner(5, Tensor("w", [192, 4])).Inner(11, Input("x", [1, 3, 8, 8])));
        for (var i = 0; i < 200; i++) yield return Generate(random);
    }

    /// <summary>Every input twice: with the sizes that the file says, and with large ones where it leaves them open.</summary>
    public override string Run(ReadOnlyMemory<byte> input)
    {
        var network = OnnxNetwork.ReadAsync(new MemoryByteSource(input), CancellationToken.None).GetAwaiter().GetResult();
        OnnxProfiler.Refine(new(), network, new Dictionary<string, long> { ["n"] = 1L << 40, ["batch"] = -5 });
        return Estimates.Of(OnnxProfiler.Refine(new(), network, new Dictionary<string, long>()));
    }

    public override byte[] Generate(Random random)
    {
        var graph = new Proto();
        List<string> known = ["x", "w", "i", "j", ""];
        for (var nodes = random.Next(1, 8); nodes > 0; nodes--)
        {
            var inputs = Enumerable.Range(0, random.Next(1, 5)).Select(_ => known[random.Next(known.Count)]).ToArray();
            var outputs = Enumerable.Range(0, random.Next(1, 3)).Select(_ => random.Next(10) == 0 ? "x" : $"v{known.Count}_{random.Next(3)}").ToArray();
            var attributes = Enumerable.Range(0, random.Next(3)).Select(_ => (s_attributes[random.Next(s_attributes.Length)], Enumerable.Range(0, random.Next(5)).Select(_ => s_numbers[random.Next(s_numbers.Length)]).ToArray())).ToArray();
            graph.Inner(1, Node(s_operators[random.Next(s_operators.Length)], inputs, outputs, attributes));
            known.AddRange(outputs);
        }
        ulong[] Shape() => [.. Enumerable.Range(0, random.Next(6)).Select(_ => s_numbers[random.Next(random.Next(3) == 0 ? s_numbers.Length : 8)])];
        return Model(graph.Inner(5, Tensor("w", Shape())).Inner(5, Numbers("i", s_numbers[random.Next(s_numbers.Length)])).Inner(5, Numbers("j", [.. Shape()]))
            .Inner(11, Input("x", Shape())).Inner(12, Input(known[^1], [])));
    }

    static byte[] Model(Proto graph) => new Proto().Number(1, 8).Inner(8, new Proto().Number(2, 17)).Inner(7, graph).ToArray();

    static Proto Node(string type, string[] inputs, string[] outputs, params (string Name, ulong[] Values)[] attributes)
    {
        var node = new Proto();
        foreach (var input in inputs) node.Text(1, input);
        foreach (var output in outputs) node.Text(2, output);
        node.Text(4, type);
        foreach (var (name, values) in attributes)
        {
            var attribute = new Proto().Text(1, name);
            if (values.Length == 1) attribute.Number(3, values[0]);
            else
                foreach (var value in values) attribute.Number(8, value);
            node.Inner(5, attribute.Number(20, values.Length == 1 ? 2UL : 7));
        }
        return node;
    }

    static Proto Tensor(string name, ulong[] shape)
    {
        var tensor = new Proto();
        foreach (var axis in shape) tensor.Number(1, axis);
        // The content lies outside, so that no size is too large to be claimed.
        return tensor.Number(2, 1).Text(8, name).Number(14, 1).Inner(13, new Proto().Text(1, "location").Text(2, "a.bin"));
    }

    static Proto Numbers(string name, params ulong[] values)
    {
        var tensor = new Proto().Number(1, (ulong)values.Length).Number(2, 7).Text(8, name);
        foreach (var value in values) tensor.Number(7, value);
        return tensor;
    }

    static Proto Input(string name, ulong[] shape)
    {
        var axes = new Proto();
        foreach (var axis in shape) axes.Inner(1, axis == 7 ? new Proto().Text(2, "n") : new Proto().Number(1, axis));
        return new Proto().Text(1, name).Inner(2, new Proto().Inner(1, new Proto().Number(1, 1).Inner(2, axes)));
    }
}
