using System.Runtime.InteropServices;
using System.Text;
using ModelZoo.Inference;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Tests.Inference;

public sealed class ModelGuardTests : IDisposable
{
    static readonly CancellationToken s_never = CancellationToken.None;

    readonly string _folder = Directory.CreateTempSubdirectory("modelzoo-guard").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Weights_in_another_file_of_the_folder_are_used()
    {
        Models.RequireRuntime();
        Write("model/w.bin", [0, 0, 0, 0, .. MemoryMarshal.AsBytes<float>([2f, 3f])]);
        Write("model/model.onnx", Doubler("w.bin", 4));
        using var session = await OnnxSession.OpenAsync(Path.Combine(_folder, "model/model.onnx"), SessionSettings.Default, s_never);
        Assert.Equal([20f, 30f], Run(session));
        using var fromMemory = await OnnxSession.OpenAsync(Doubler("w.bin", 4), SessionSettings.Default, Path.Combine(_folder, "model"), null, s_never);
        Assert.Equal([20f, 30f], Run(fromMemory));
    }

    [Fact]
    public async Task Weights_given_as_memory_need_no_file()
    {
        Models.RequireRuntime();
        using var weight = Tensor.Of<float>(new[] { 5f, 7f }, 2);
        using var session = await OnnxSession.OpenAsync(Doubler("nowhere.bin", 0), SessionSettings.Default, null, new Dictionary<string, Tensor> { ["w"] = weight }, s_never);
        Assert.Equal([50f, 70f], Run(session));
    }

    [Theory]
    [InlineData("../outside.bin")]
    [InlineData("/etc/hostname")]
    [InlineData("link.bin")]
    [InlineData("linked/outside.bin")]
    [InlineData("a/../../outside.bin")]
    public async Task Weights_outside_the_folder_are_refused(string location)
    {
        Write("outside.bin", new byte[64]);
        Directory.CreateDirectory(Path.Combine(_folder, "model"));
        File.CreateSymbolicLink(Path.Combine(_folder, "model/link.bin"), Path.Combine(_folder, "outside.bin"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "model/linked"), _folder);
        Write("model/model.onnx", Doubler(location, 0));
        var refused = await Assert.ThrowsAsync<InferenceException>(() => ModelGuard.CheckFileAsync(Path.Combine(_folder, "model/model.onnx"), SessionSettings.Default, s_never));
        Assert.Equal(InferenceFault.Model, refused.Fault);
        Assert.Contains("'w'", refused.Message);
    }

    [Fact]
    public async Task A_weight_beyond_the_end_of_its_file_is_refused()
    {
        Write("model/w.bin", new byte[8]);
        Write("model/model.onnx", Doubler("w.bin", 4));
        var refused = await Assert.ThrowsAsync<InferenceException>(() => ModelGuard.CheckFileAsync(Path.Combine(_folder, "model/model.onnx"), SessionSettings.Default, s_never));
        Assert.Contains("ends outside", refused.Message);
    }

    [Fact]
    public async Task Operators_of_foreign_domains_and_models_above_the_limit_are_refused()
    {
        var graph = new GraphBuilder("foreign");
        graph.Input("x", ElementType.Float, 1);
        graph.Name("evil.example::Run", ["x"], "y");
        graph.Output("y", ElementType.Float, 1);
        Assert.Contains("evil.example::Run", (await Check(graph.ToBytes(), SessionSettings.Default)).Message);
        var refused = await Check(Doubler("w.bin", 0), SessionSettings.Default with { MaxModelBytes = 16 });
        Assert.Equal(InferenceFault.Limit, refused.Fault);
    }

    [Fact]
    public async Task What_is_no_model_is_refused_with_the_reason()
    {
        Assert.Equal(InferenceFault.Model, (await Check(Encoding.UTF8.GetBytes("#!/bin/sh"), SessionSettings.Default)).Fault);
        Assert.Equal(InferenceFault.Model, (await Check(new byte[1000], SessionSettings.Default)).Fault);
        Models.RequireRuntime();
        var graph = new GraphBuilder("cycle");
        graph.Input("x", ElementType.Float, 1);
        graph.Name("Add", ["x", "b"], "a");
        graph.Name("Add", ["x", "a"], "b");
        graph.Output("b", ElementType.Float, 1);
        var refused = await Assert.ThrowsAsync<InferenceException>(() => OnnxSession.OpenAsync(graph.ToBytes(), SessionSettings.Default, null, null, s_never));
        Assert.Equal(InferenceFault.Model, refused.Fault);
        await Assert.ThrowsAsync<InferenceException>(() => OnnxSession.OpenAsync(Path.Combine(_folder, "absent.onnx"), SessionSettings.Default, s_never));
    }

    static Task<InferenceException> Check(byte[] model, SessionSettings settings) =>
        Assert.ThrowsAsync<InferenceException>(() => ModelGuard.CheckAsync(model, null, new Dictionary<string, Tensor> { ["w"] = null! }, settings, s_never));

    static float[] Run(OnnxSession session)
    {
        using var x = Tensor.Of<float>(new[] { 10f, 10f }, 2);
        using var outputs = session.Run([("x", x)], s_never);
        return outputs[0].ToFloats();
    }

    static byte[] Doubler(string location, long offset)
    {
        var graph = new GraphBuilder("doubler");
        graph.Input("x", ElementType.Float, 2);
        graph.Name("Mul", ["x", graph.Weight("w", ElementType.Float, [2], location, offset, 8)], "y");
        graph.Output("y", ElementType.Float, 2);
        return graph.ToBytes();
    }

    void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, path))!);
        File.WriteAllBytes(Path.Combine(_folder, path), content);
    }
}
