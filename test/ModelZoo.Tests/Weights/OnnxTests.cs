using ModelZoo.Fuzz;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class OnnxTests
{
    static Proto Tensor(string name, ulong type, params ulong[] shape)
    {
        var tensor = new Proto();
        foreach (var axis in shape) tensor.Number(1, axis);
        return tensor.Number(2, type).Text(8, name);
    }

    static Proto Pair(string key, string value) => new Proto().Text(1, key).Text(2, value);

    static Proto External(string name, params (string Key, string Value)[] place)
    {
        var tensor = Tensor(name, 1, 4).Number(14, 1);
        foreach (var (key, value) in place) tensor.Inner(13, Pair(key, value));
        return tensor;
    }

    static Proto Value(string name, ulong type, Proto shape) =>
        new Proto().Text(1, name).Inner(2, new Proto().Inner(1, new Proto().Number(1, type).Inner(2, shape)));

    static byte[] Model(Proto graph) =>
        new Proto().Number(1, 8).Text(2, "test").Inner(8, new Proto().Number(2, 17)).Inner(14, Pair("k", "v")).Inner(7, graph).ToArray();

    static byte[] ModelOf(params Proto[] tensors)
    {
        var graph = new Proto();
        foreach (var tensor in tensors) graph.Inner(5, tensor);
        return Model(graph);
    }

    static byte[] Rich()
    {
        var branch = new Proto().Inner(5, Tensor("w", 1, 2).Block(9, new byte[8])).Inner(1, new Proto().Text(4, "Add"));
        var branchAttribute = new Proto().Text(1, "then_branch").Inner(6, branch);
        var constant = new Proto().Text(1, "value").Inner(5, Tensor("", 1, 3).Block(9, new byte[12]));
        return Model(new Proto()
            .Inner(1, new Proto().Text(2, "y").Text(3, "if0").Text(4, "If").Inner(5, branchAttribute))
            .Inner(1, new Proto().Text(2, "c").Text(4, "Constant").Inner(5, constant))
            .Inner(1, new Proto().Text(2, "z").Text(4, "Fancy").Text(7, "com.example"))
            .Inner(5, Tensor("raw", 10, 2, 3).Block(9, new byte[12]))
            .Inner(5, Tensor("floats", 1, 2).Block(4, new byte[8]))
            .Inner(5, Tensor("halfbytes", 22, 3).Block(9, new byte[2]))
            .Inner(5, new Proto().Block(1, [2, 2]).Number(2, 7).Text(8, "ints").Block(7, [1, 2, 3, 4]))
            .Inner(5, External("far", ("location", "weights/a.bin"), ("offset", "4096"), ("length", "16")))
            .Inner(11, Value("raw", 10, new Proto()))
            .Inner(11, Value("x", 1, new Proto().Inner(1, new Proto().Text(2, "batch")).Inner(1, new Proto().Number(1, 8)).Inner(1, new Proto())))
            .Inner(12, Value("y", 7, new Proto())));
    }

    [Fact]
    public async Task Initialisers_constants_subgraphs_and_external_tensors_are_found()
    {
        var content = Rich();
        var file = await Bytes.ReadAsync(content);

        Assert.Equal(WeightFormat.Onnx, file.Format);
        Assert.Equal(("test", "v", 8L), (file.FindText("onnx.producer_name"), file.FindText("k"), file.FindWhole("onnx.ir_version")));
        Assert.Equal("""
            if0.then_branch/w F32 [2] 8
            c F32 [3] 12
            raw F16 [2,3] 12
            floats F32 [2] 8
            halfbytes I4 [3] 2
            ints I64 [2,2] 32
            far F32 [4] 16
            """, string.Join('\n', file.Tensors.Select(t => $"{t.Name} {t.DType} [{string.Join(',', t.Shape)}] {t.ByteLength}")));
        Assert.Equal(TensorInfo.Unplaced, file.Tensors[5].Offset);
        Assert.Equal(("weights/a.bin", 4096L), (file.Tensors[6].ExternalFile, file.Tensors[6].ExternalOffset));
        Assert.All(file.Tensors.Take(5), t => Assert.InRange(t.Offset, 1, content.Length - t.ByteLength));

        var graph = file.Graph!;
        Assert.Equal("x:F32[batch,8,?]", string.Join(' ', graph.Inputs.Select(i => $"{i.Name}:{i.DType}[{string.Join(',', i.Shape!)}]")));
        Assert.Equal("Add=1 Constant=1 If=1 com.example::Fancy=1", string.Join(' ', graph.Operators.Select(o => $"{o.Key}={o.Value}")));
        Assert.Equal(17, graph.OperatorSets[""]);
    }

    [Fact]
    public async Task Content_is_stepped_over_and_not_read()
    {
        var source = new CountingSource(new MemoryByteSource(ModelOf(Tensor("big", 1, 4_000_000).Block(9, new byte[16_000_000]), Tensor("s", 1).Block(9, new byte[4]))));
        var file = await WeightReader.ReadHeaderAsync(source, TestContext.Current.CancellationToken);
        Assert.Equal(2, file.Tensors.Count);
        Assert.InRange(source.BytesRead, 1, 600_000);
        Assert.InRange(source.Reads, 1, 6);
    }

    [Fact]
    public async Task Every_truncation_of_a_file_is_refused()
    {
        await Bytes.RequireEveryTruncationRefusedAsync(Rich());
        await Bytes.RequireEveryByteChangeHandledAsync(Rich(), 0, 0xff, 0x7f, 0x0a);
    }

    public static TheoryData<string, byte[]> Lies()
    {
        var deep = new Proto().Text(4, "Add");
        for (var i = 0; i < 40; i++) deep = new Proto().Text(4, "If").Inner(5, new Proto().Text(1, "g").Inner(6, new Proto().Inner(1, deep)));
        return new TheoryData<string, byte[]>
        {
            { "takes 16 bytes, but has 15", ModelOf(Tensor("t", 1, 4).Block(9, new byte[15])) },
            { "no content", ModelOf(Tensor("t", 1, 4)) },
            { "too little content", ModelOf(Tensor("t", 7, 4).Block(7, [1, 2, 3])) },
            { "overflows", ModelOf(Tensor("t", 1, 1UL << 40, 1UL << 40).Block(9, [1])) },
            { "negative or overflows", ModelOf(Tensor("t", 1, ulong.MaxValue).Block(9, [1])) },
            { "unknown element type 99", ModelOf(Tensor("t", 99, 1).Block(9, [1])) },
            { "occurs twice", ModelOf(Tensor("t", 3, 1).Block(9, [1]), Tensor("t", 3, 1).Block(9, [1])) },
            { "no relative path", ModelOf(External("t", ("location", "../../etc/passwd"))) },
            { "no relative path", ModelOf(External("t", ("location", "/etc/passwd"))) },
            { "does not say where", ModelOf(External("t", ("offset", "0"))) },
            { "no whole number", ModelOf(External("t", ("location", "a"), ("offset", "-1"))) },
            { "overflows", ModelOf(External("t", ("location", "a"), ("offset", "9223372036854775807"))) },
            { "are stored elsewhere", ModelOf(External("t", ("location", "a"), ("length", "15"))) },
            { "more than 64 numbers", ModelOf(Tensor("t", 3, [.. Enumerable.Repeat(1UL, 65)]).Block(9, [1])) },
            { "nested more than 64", Model(new Proto().Inner(1, deep)) },
            { "two graphs", new Proto().Number(1, 8).Inner(7, new Proto().Text(2, "a")).Inner(7, new Proto()).ToArray() },
            { "longer than 64 bits", Model(new Proto().Block(5, [0x08, .. Enumerable.Repeat((byte)0xff, 12)])) },
            { "must have bytes", Model(new Proto().Number(5, 3)) },
        };
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_model_that_lies_is_refused_by_name(string said, byte[] file) =>
        Assert.Contains(said, (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(file))).Message);

    [Theory]
    [InlineData("mnist-cnn-cntk/mnist.onnx", 5_998, "Input3:F32[1,1,28,28]", "Plus214_Output_0:F32[1,10]", 8)]
    [InlineData("squeezenet-fp16/SqueezeNet_fp16.onnx", 1_235_496, "data_0:F16[1,3,224,224]", "softmaxout_1:F16[1,1000,1,1]", 7)]
    [InlineData("silero-vad/silero_vad_16k_op15.onnx", 309_633, "input:F32[batch,sequence] state:F32[2,batch,128] sr:I64[]", null, 15)]
    [InlineData("ultraface-rfb-320/version-RFB-320.onnx", 307_655, "input:F32[1,3,240,320]", "scores:F32[1,4420,2] boxes:F32[1,4420,4]", 9)]
    [InlineData("mnist-cnn-torch/model.onnx", 376_938, "pixel_values:F32[batch,1,28,28]", "log_probs:F32[batch,10]", 13)]
    public async Task A_real_model_is_described(string path, long parameters, string inputs, string? outputs, long operatorSet)
    {
        var file = await WeightReader.ReadFileAsync(SharedModels.Require(path), TestContext.Current.CancellationToken);
        static string Say(IEnumerable<GraphValue> values) => string.Join(' ', values.Select(v => $"{v.Name}:{v.DType}[{string.Join(',', v.Shape!)}]"));

        Assert.Equal(parameters, WeightSummary.Of(file).TotalParameters);
        Assert.Equal(inputs, Say(file.Graph!.Inputs));
        if (outputs is not null) Assert.Equal(outputs, Say(file.Graph.Outputs));
        Assert.Equal(operatorSet, file.Graph.OperatorSets[""]);
    }

    [Fact]
    public async Task Weights_in_subgraphs_are_those_of_the_safetensors_file()
    {
        var stop = TestContext.Current.CancellationToken;
        var onnx = await WeightReader.ReadFileAsync(SharedModels.Require("silero-vad/silero_vad_16k_op15.onnx"), stop);
        var safetensors = await WeightReader.ReadFileAsync(SharedModels.Require("silero-vad/silero_vad_16k.safetensors"), stop);
        Assert.Equal(WeightSummary.Of(safetensors).TotalParameters, WeightSummary.Of(onnx).TotalParameters);
    }
}
