using ModelZoo.Fuzz;
using ModelZoo.Profiling;
using ModelZoo.Weights;
using ModelZoo.Weights.Onnx;

namespace ModelZoo.Tests.Profiling;

/// <summary>ONNX graphs whose shapes cannot be: what cannot be followed stays unknown, says which operator it was, and costs neither time nor memory.</summary>
public sealed class HostileGraphTests
{
    static Proto Node(string type, string[] inputs, string[] outputs, params (string Name, long[] Values)[] attributes)
    {
        var node = new Proto();
        foreach (var input in inputs) node.Text(1, input);
        foreach (var output in outputs) node.Text(2, output);
        node.Text(4, type);
        foreach (var (name, values) in attributes)
        {
            var attribute = new Proto().Text(1, name);
            foreach (var value in values) attribute.Number(values.Length == 1 ? 3 : 8, (ulong)value);
            node.Inner(5, attribute.Number(20, values.Length == 1 ? 2UL : 7));
        }
        return node;
    }

    static Proto Value(string name, params long[] axes)
    {
        var shape = new Proto();
        foreach (var axis in axes) shape.Inner(1, axis == -7 ? new Proto().Text(2, "n") : new Proto().Number(1, (ulong)axis));
        return new Proto().Text(1, name).Inner(2, new Proto().Inner(1, new Proto().Number(1, 1).Inner(2, shape)));
    }

    static Proto Weight(string name, params long[] axes)
    {
        var tensor = new Proto();
        foreach (var axis in axes) tensor.Number(1, (ulong)axis);
        return tensor.Number(2, 1).Text(8, name).Number(14, 1).Inner(13, new Proto().Text(1, "location").Text(2, "w.bin"));
    }

    static Proto Numbers(string name, params long[] values)
    {
        var tensor = new Proto().Number(1, (ulong)values.Length).Number(2, 7).Text(8, name);
        foreach (var value in values) tensor.Number(7, (ulong)value);
        return tensor;
    }

    static Task<Profile> FollowAsync(Proto graph, IReadOnlyDictionary<string, long>? sizes = null) => FollowAsync(graph.ToArray(), sizes);

    static async Task<Profile> FollowAsync(byte[] graph, IReadOnlyDictionary<string, long>? sizes = null)
    {
        var file = new Proto().Number(1, 8).Inner(8, new Proto().Number(2, 17)).Block(7, graph).ToArray();
        return OnnxProfiler.Refine(new(), await OnnxNetwork.ReadAsync(new MemoryByteSource(file), TestContext.Current.CancellationToken), sizes ?? new Dictionary<string, long>());
    }

    static Proto Image(params Proto[] nodes)
    {
        var graph = new Proto();
        foreach (var node in nodes) graph.Inner(1, node);
        return graph.Inner(5, Weight("w", 8, 3, 3, 3)).Inner(5, Weight("m", 16, 10)).Inner(11, Value("x", 1, 3, 32, 32)).Inner(12, Value("y"));
    }

    public static TheoryData<string, byte[]> Unfollowable() => new()
    {
        { "Conv", (Image(Node("Conv", ["x", "w"], ["y"], ("strides", [long.MinValue, 1]), ("pads", [-1000, -1000, 0, 0])))).ToArray() },
        { "Conv", (Image(Node("Conv", ["x"], ["y"]))).ToArray() },
        { "QLinearConv", (Image(Node("QLinearConv", ["x", "w"], ["y"]))).ToArray() },
        { "QLinearMatMul", (Image(Node("QLinearMatMul", ["x", "m"], ["y"]))).ToArray() },
        { "MatMul", (Image(Node("MatMul", ["x", "m"], ["y"]))).ToArray() },
        { "Gemm", (Image(Node("Gemm", ["x", "m"], ["y"]))).ToArray() },
        { "ConvTranspose", (Image(Node("ConvTranspose", ["x", "w"], ["y"], ("pads", [1 << 20, 1 << 20, 1 << 20, 1 << 20])))).ToArray() },
        { "Reshape", (Image(Node("Reshape", ["x", "s"], ["r"]), Node("MatMul", ["r", "m"], ["y"])).Inner(5, Numbers("s", -1, -1))).ToArray() },
        { "Reshape", (Image(Node("Reshape", ["x", "s"], ["r"]), Node("MatMul", ["r", "m"], ["y"])).Inner(5, Numbers("s", 7, 7))).ToArray() },
        { "Tile", (Image(Node("Tile", ["x", "s"], ["r"]), Node("MatMul", ["r", "m"], ["y"])).Inner(5, Numbers("s", 1L << 20, 1L << 20, 1L << 20, 1))).ToArray() },
        { "Pad", (Image(Node("Pad", ["x", "s"], ["r"]), Node("MatMul", ["r", "m"], ["y"])).Inner(5, Numbers("s", 0, 0, -40, 0, 0, 0, 0, 0))).ToArray() },
        { "ConstantOfShape", (Image(Node("ConstantOfShape", ["s"], ["r"]), Node("MatMul", ["r", "m"], ["y"])).Inner(5, Numbers("s", -3))).ToArray() },
        { "Attention", (Image(Node("Attention", ["x", "w"], ["y"]))).ToArray() },
        { "LSTM", (Image(Node("LSTM", ["x", "w", "m"], ["y"]))).ToArray() },
    };

    [Theory]
    [MemberData(nameof(Unfollowable))]
    public async Task A_shape_that_cannot_be_stays_unknown_and_names_its_operator(string op, byte[] graph)
    {
        var profile = await FollowAsync(graph);
        Assert.Null(profile.FlopPerUnit);
        Assert.True(profile.NotMeasured.ContainsKey("flopPerUnit"));
        Assert.Contains(profile.Notices, notice => notice.Contains($"1 × {op}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Axes_that_double_at_every_node_are_given_up()
    {
        // Each node looks up in its own result, which doubles the axes: 2^40 of them, if nobody stopped.
        var graph = new Proto();
        for (var i = 0; i < 40; i++) graph.Inner(1, Node("Gather", [$"v{i}", $"v{i}"], [$"v{i + 1}"]));
        var profile = await FollowAsync(graph.Inner(1, Node("MatMul", ["v40", "m"], ["y"])).Inner(5, Weight("m", 2, 2)).Inner(11, Value("v0", 2, 2)).Inner(12, Value("y")));
        Assert.Null(profile.FlopPerUnit);
    }

    [Fact]
    public async Task A_value_that_is_written_twice_takes_its_last_shape_and_costs_what_it_says()
    {
        var profile = await FollowAsync(Image(Node("Conv", ["x", "w"], ["y"], ("pads", [1, 1, 1, 1])), Node("Conv", ["y", "v"], ["x"], ("pads", [1, 1, 1, 1])), Node("Conv", ["x", "w"], ["y"], ("pads", [1, 1, 1, 1]))).Inner(5, Weight("v", 3, 8, 3, 3)));
        Assert.Equal(2.0 * 3 * 8 * 3 * 9 * 1024, profile.FlopPerUnit!.Value.Value);
    }

    [Fact]
    public async Task Open_axes_take_the_sizes_that_someone_gives_and_say_what_was_assumed_else()
    {
        var graph = Image(Node("Conv", ["o", "w"], ["y"], ("pads", [1, 1, 1, 1]))).Inner(11, Value("o", -7, 3, -7, -7));
        var assumed = await FollowAsync(graph);
        Assert.Equal(2.0 * 224 * 224 * 8 * 27, assumed.FlopPerUnit!.Value.Value);
        Assert.Contains(assumed.Notices, notice => notice.StartsWith("Open axes were filled", StringComparison.Ordinal));
        var given = await FollowAsync(graph, new Dictionary<string, long> { ["height"] = 64, ["width"] = 32 });
        Assert.Equal(2.0 * 64 * 32 * 8 * 27, given.FlopPerUnit!.Value.Value);
        Assert.DoesNotContain(given.Notices, notice => notice.StartsWith("Open axes were filled", StringComparison.Ordinal));
        Assert.Null((await FollowAsync(graph, new Dictionary<string, long> { ["height"] = long.MaxValue, ["width"] = long.MaxValue })).FlopPerUnit);
    }
}
