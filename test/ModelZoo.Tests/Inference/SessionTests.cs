using ModelZoo.Inference;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Tests.Inference;

public sealed class SessionTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task A_face_detector_gives_its_golden_outputs()
    {
        using var session = await Models.OpenAsync("ultraface-rfb-320/version-RFB-320.onnx");
        using var input = Tensor.Of<float>(Models.Sines(3 * 240 * 320), 1, 3, 240, 320);
        using var outputs = session.Run([("input", input)], s_never);
        foreach (var golden in Models.Golden("ultraface-rfb-320").GetProperty("outputs").EnumerateObject())
        {
            var values = outputs[golden.Name].Span<float>();
            Assert.Equal(golden.Value.GetProperty("shape").Ints().Select(n => (long)n), outputs[golden.Name].Shape.ToArray());
            Models.AssertClose(golden.Value.GetProperty("first").Floats(), values[..8], 1e-4);
            Assert.Equal(golden.Value.GetProperty("sum").GetDouble(), values.ToArray().Sum(x => (double)x), 1e-2);
        }
    }

    [Fact]
    public async Task A_model_with_recurrent_state_and_branches_follows_its_golden_frames()
    {
        using var session = await Models.OpenAsync("silero-vad/silero_vad_16k_op15.onnx");
        Assert.Equal(3, session.Inputs.Count);
        var state = new float[2 * 128];
        foreach (var frame in Models.Golden("silero-vad").GetProperty("frames").EnumerateArray())
        {
            var k = frame.GetProperty("frame").GetInt32();
            var samples = new float[576];
            for (var i = 0; i < samples.Length && k != 1; i++)
            {
                var t = ((512 * k) + i) / 16000.0;
                samples[i] = (float)(0.4 * Math.Sin(2 * Math.PI * 180 * t) * (1 + (0.5 * Math.Sin(2 * Math.PI * 4 * t))));
            }
            using var input = Tensor.Of<float>(samples, 1, 576);
            using var before = Tensor.Of<float>(state, 2, 1, 128);
            using var rate = Tensor.Scalar(16000L);
            using var outputs = session.Run([("input", input), ("state", before), ("sr", rate)], s_never);
            Assert.Equal(frame.GetProperty("output").GetSingle(), outputs[0].Span<float>()[0], 1e-4f);
            Models.AssertClose(frame.GetProperty("state").GetProperty("first").Floats(), outputs[1].Span<float>()[..8], 1e-4);
            state = outputs[1].ToFloats();
        }
    }

    [Fact]
    public async Task A_random_forest_gives_labels_and_maps_of_class_scores()
    {
        using var session = await Models.OpenAsync("onnx-shapes/sklearn_randomforest.onnx");
        using var rows = Tensor.Of<float>(new[] { 5.1f, 3.5f, 1.4f, 0.2f, 6.7f, 3f, 5.2f, 2.3f, 5.9f, 3f, 4.2f, 1.5f }, 3, 4);
        using var outputs = session.Run([(session.Inputs[0].Name, rows)], s_never);
        Assert.Equal([0L, 2, 1], outputs[0].Span<long>().ToArray());
        var maps = outputs.Maps(session.Outputs[1].Name);
        Assert.Equal(["0", "2", "1"], maps.Select(row => row.MaxBy(pair => pair.Value).Key));
        Assert.Equal(0.02f, maps[2].First(pair => pair.Key == "2").Value, 1e-5f);
        Assert.Null(session.Outputs[1].Type);
    }

    [Fact]
    public async Task Halves_several_types_and_empty_outputs_pass_through()
    {
        using var halves = await Models.OpenAsync("onnx-shapes/example_float16.onnx");
        Assert.Contains(halves.Inputs, port => port.Type is ElementType.Float16);
        using var empty = await Models.OpenAsync("onnx-shapes/example_0_dim_output.onnx");
        var port = empty.Inputs[0];
        using var input = Tensor.Of<float>(new float[port.Shape.Select(n => n < 0 ? 1 : n).Aggregate(1L, (a, b) => a * b)], [.. port.Shape.Select(n => n < 0 ? 1 : n)]);
        using var outputs = empty.Run([(port.Name, input)], s_never);
        Assert.All(Enumerable.Range(0, outputs.Names.Count), i => Assert.Equal(outputs[i].Count, outputs[i].ToFloats().Length));
    }

    [Fact]
    public async Task A_model_that_needs_an_absent_locale_is_refused_with_the_reason_or_runs()
    {
        var path = Models.Require("onnx-shapes/example_strings.onnx");
        OnnxSession session;
        try
        {
            session = await OnnxSession.OpenAsync(path, SessionSettings.Default, s_never);
        }
        catch (InferenceException e)
        {
            Assert.Equal(InferenceFault.Model, e.Fault);
            Assert.Contains("locale", e.Message);
            return;
        }
        using (session)
        using (var texts = Tensor.Texts(["Größe", ""], [.. session.Inputs[0].Shape.Select((_, axis) => axis == 0 ? 2L : 1)]))
            Assert.Equal(["Größe", ""], texts.ToTexts());
    }

    [Fact]
    public async Task Wrong_inputs_are_refused_by_name()
    {
        using var session = await Models.OpenAsync("mnist-cnn-cntk/mnist.onnx");
        var name = session.Inputs[0].Name;
        using var image = Tensor.Of<float>(new float[784], 1, 1, 28, 28);
        using var bytes = Tensor.Of<byte>(new byte[784], 1, 1, 28, 28);
        using var small = Tensor.Of<float>(new float[196], 1, 1, 14, 14);
        Assert.Contains("'nonsense'", Refused(() => session.Run([("nonsense", image)], s_never)));
        Assert.Contains($"'{name}' is missing", Refused(() => session.Run([], s_never)));
        Assert.Contains("UInt8", Refused(() => session.Run([(name, bytes)], s_never)));
        Assert.Contains(name, Refused(() => session.Run([(name, small)], s_never)));
        Assert.Contains("no output 'y'", Refused(() => session.Run([(name, image)], ["y"], s_never)));
        Refused(() => Tensor.Of<float>(new float[3], 2, 2));
        Assert.Throws<ObjectDisposedException>(() => { session.Dispose(); session.Run([(name, image)], s_never); });
    }

    static string Refused(Action action)
    {
        var refused = Assert.Throws<InferenceException>(action);
        Assert.Equal(InferenceFault.Input, refused.Fault);
        return refused.Message;
    }

    [Fact]
    public async Task Many_threads_share_a_session_and_each_gets_its_own_result_bit_for_bit()
    {
        using var session = await Models.OpenAsync("mnist-cnn-cntk/mnist.onnx");
        var images = Enumerable.Range(0, 8).Select(k => Enumerable.Range(0, 784).Select(i => (float)((i * (k + 3)) % 251)).ToArray()).ToArray();
        var expected = images.Select(Run).ToArray();
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 4 }, round => Assert.Equal(expected[round % 8], Run(images[round % 8])));

        float[] Run(float[] image)
        {
            using var input = Tensor.Of<float>(image, 1, 1, 28, 28);
            using var outputs = session.Run([(session.Inputs[0].Name, input)], s_never);
            return outputs[0].ToFloats();
        }
    }

    [Fact]
    public async Task A_bound_run_writes_into_memory_of_the_caller()
    {
        using var session = await Models.OpenAsync("mnist-cnn-cntk/mnist.onnx");
        var (image, scores) = (new float[784], new float[10]);
        using var input = Tensor.Of<float>(image, 1, 1, 28, 28);
        using var output = Tensor.Of<float>(scores, 1, 10);
        using var bound = new BoundRun(session, [(session.Inputs[0].Name, input)], [(session.Outputs[0].Name, output)]);
        bound.Run(s_never);
        var first = scores.ToArray();
        Array.Fill(image, 100);
        bound.Run(s_never);
        Assert.NotEqual(first, scores);
        using var direct = session.Run([(session.Inputs[0].Name, input)], s_never);
        Assert.Equal(direct[0].ToFloats(), scores);
    }

    [Fact]
    public async Task A_session_says_what_its_model_is()
    {
        using var session = await Models.OpenAsync("shakespeare-gpt2/onnx/model.onnx");
        Assert.Contains(session.Inputs, port => port is { Name: "input_ids", Type: ElementType.Int64, Rank: 2 });
        Assert.Contains(session.Outputs, port => port.Name == "logits");
        Assert.NotNull(session.Properties.Producer);
        Assert.StartsWith("onnxruntime 1.", OnnxRuntime.Engine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_loop_ends_when_its_caller_gives_up()
    {
        Models.RequireRuntime();
        var body = new GraphBuilder("body");
        body.Input("i", ElementType.Int64);
        body.Input("go", ElementType.Bool);
        body.Input("x", ElementType.Float, 1);
        body.Name("Identity", ["go"], "go_on");
        body.Name("Sin", ["x"], "x_next");
        body.Output("go_on", ElementType.Bool);
        body.Output("x_next", ElementType.Float, 1);
        var graph = new GraphBuilder("endless");
        graph.Input("start", ElementType.Float, 1);
        graph.Name("Loop", [graph.Scalar(long.MaxValue), graph.Scalar(true), "start"], "end", ("body", body));
        graph.Output("end", ElementType.Float, 1);
        using var session = await OnnxSession.OpenAsync(graph.ToBytes(), SessionSettings.Default, null, null, s_never);
        using var start = Tensor.Of<float>(new[] { 1f }, 1);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.ThrowsAny<OperationCanceledException>(() => session.Run([("start", start)], patience.Token));
    }

    [Fact]
    public async Task A_graph_that_allocates_without_measure_meets_the_shared_arenas_limit()
    {
        Models.RequireRuntime();
        OnnxRuntime.LimitSharedArena(256 << 20);
        var graph = new GraphBuilder("huge");
        graph.Input("shape", ElementType.Int64, 1);
        graph.Name("Neg", [graph.Node("ConstantOfShape", "shape")], "zeros");
        graph.Output("zeros", ElementType.Float, "n");
        using var session = await OnnxSession.OpenAsync(graph.ToBytes(), SessionSettings.Default with { UsesSharedArena = true }, null, null, s_never);
        using var modest = Tensor.Of<long>(new[] { 1000L }, 1);
        using (var outputs = session.Run([("shape", modest)], s_never)) Assert.Equal(1000, outputs[0].Count);
        using var immense = Tensor.Of<long>(new[] { 1L << 38 }, 1);
        var refused = Assert.Throws<InferenceException>(() => session.Run([("shape", immense)], s_never));
        Assert.True(refused.Fault == InferenceFault.Limit, refused.Message);
    }
}
