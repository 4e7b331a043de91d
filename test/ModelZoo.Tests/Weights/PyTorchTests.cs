using System.Runtime.InteropServices;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class PyTorchTests
{
    static readonly byte[] Numbers = MemoryMarshal.AsBytes(new float[] { 0, 1, 2, 3, 4, 5, 6, 7 }.AsSpan()).ToArray();

    static byte[] SampleZip() => TorchFiles.Zip(TorchFiles.Sample(), false, ("m/data/0", Numbers), ("m/byteorder", "little"u8.ToArray()));

    static byte[] SampleLegacy() => TorchFiles.Legacy(TorchFiles.Sample(legacy: true), ("0", Numbers, 8));

    [Theory]
    [InlineData(WeightFormat.PyTorchZip)]
    [InlineData(WeightFormat.PyTorchLegacy)]
    public async Task Views_of_one_storage_have_their_place_and_strides(WeightFormat format)
    {
        var content = format == WeightFormat.PyTorchZip ? SampleZip() : SampleLegacy();
        var file = await Bytes.ReadAsync(content);

        Assert.Equal(format, file.Format);
        Assert.Equal(["w", "t"], file.Tensors.Select(t => t.Name));
        Assert.All(file.Tensors, t => Assert.Equal((DType.F32, 24L, "0"), (t.DType, t.ByteLength, t.Storage)));
        Assert.All(file.Tensors, t => Assert.Equal(1f, BitConverter.ToSingle(content, (int)t.Offset)));
        Assert.Null(file.Tensors[0].Strides);
        Assert.Equal([1, 3], file.Tensors[1].Strides!);
        Assert.Equal(7, file.FindWhole("step"));
        Assert.Empty(file.RefusedGlobals);
        Assert.Equal(6, WeightSummary.Of(file).TotalParameters);
    }

    [Fact]
    public async Task A_compressed_archive_has_tensors_without_a_place()
    {
        var file = await Bytes.ReadAsync(TorchFiles.Zip(TorchFiles.Sample(), true, ("m/data/0", new byte[32])));
        Assert.All(file.Tensors, t => Assert.Equal(TensorInfo.Unplaced, t.Offset));
    }

    [Fact]
    public async Task Every_truncation_of_a_file_is_refused()
    {
        await Bytes.RequireEveryTruncationRefusedAsync(SampleLegacy());
        await Bytes.RequireEveryTruncationRefusedAsync(SampleZip());
        await Bytes.RequireEveryByteChangeHandledAsync(SampleLegacy(), 0xff, (byte)'(');
        await Bytes.RequireEveryByteChangeHandledAsync(SampleZip(), 0xff);
    }

    [Fact]
    public async Task A_pickle_that_would_run_a_command_runs_nothing_and_says_so()
    {
        var canary = Path.Combine(Path.GetTempPath(), $"canary-{Guid.NewGuid():n}");
        var pickle = TorchFiles.Pickle().Ascii("}").Text("w").Global("posix", "system").Ascii("(").Text($"touch {canary}").Ascii("tRs")
            .Text("x").Global("builtins", "eval").Ascii("(").Text("1").Ascii("tRs")
            .Text("ok").Tensor("FloatStorage", "0", 8, 0, [8], [1]).Ascii("s.");

        var file = await Bytes.ReadAsync(TorchFiles.Zip(pickle, false, ("m/data/0", Numbers)));

        Assert.Equal(["posix.system", "builtins.eval"], file.RefusedGlobals);
        Assert.Contains(file.Remarks, remark => remark.Contains("runs code", StringComparison.Ordinal));
        Assert.Equal(["ok"], file.Tensors.Select(t => t.Name));
        Assert.False(File.Exists(canary));
    }

    [Fact]
    public async Task Every_way_to_name_code_is_listed()
    {
        var pickle = TorchFiles.Pickle(4).Text("os").Text("popen").Raw(0x93).Ascii("0(ios\nexecv\n0").Raw(0x82, 7).Ascii("0")
            .Global("nt", "system").Ascii(")").Raw(0x81).Ascii("0(").Global("subprocess", "Popen").Ascii("o0")
            .Global("a", "b").Ascii(")}").Raw(0x92).Ascii("0N.");
        var file = await Bytes.ReadAsync(pickle.ToArray().Length > 0 ? TorchFiles.Zip(pickle) : []);
        Assert.Equal(["os.popen", "os.execv", "copyreg.extension_7", "nt.system", "subprocess.Popen", "a.b"], file.RefusedGlobals);
    }

    [Fact]
    public async Task The_tensors_of_a_whole_module_are_named_as_its_state_dictionary_names_them()
    {
        var inner = new Bytes().Global("my.nets", "Layer").Ascii(")").Raw(0x81).Ascii("}").Text("_parameters").Ascii("}").Text("weight")
            .Tensor("FloatStorage", "0", 8, 0, [8], [1]).Ascii("ssb");
        var pickle = TorchFiles.Pickle().Global("my.nets", "Net").Ascii(")").Raw(0x81).Ascii("}").Text("_modules").Ascii("}").Text("fc")
            .Raw(inner.ToArray()).Ascii("ssb.");
        var file = await Bytes.ReadAsync(TorchFiles.Zip(pickle, false, ("m/data/0", Numbers)));
        Assert.Equal("fc.weight", Assert.Single(file.Tensors).Name);
        Assert.Equal(["my.nets.Net", "my.nets.Layer"], file.RefusedGlobals);
    }

    [Fact]
    public async Task Cycles_end_and_shared_structure_does_not_explode()
    {
        // A dictionary that contains itself.
        var cyclic = await Bytes.ReadAsync(TorchFiles.Zip(TorchFiles.Pickle().Ascii("}").Raw((byte)'q', 0).Text("self").Raw((byte)'h', 0).Ascii("s.")));
        Assert.Empty(cyclic.Tensors);

        // Sixty lists, each holding the one before twice: 2^60 paths, 61 lists.
        var bomb = TorchFiles.Pickle().Ascii("]").Raw((byte)'q', 0);
        for (byte i = 1; i <= 60; i++) bomb.Ascii("](").Raw((byte)'h', (byte)(i - 1)).Raw((byte)'h', (byte)(i - 1)).Ascii("e").Raw((byte)'q', i);
        Assert.Empty((await Bytes.ReadAsync(TorchFiles.Zip(bomb.Ascii(".")))).Tensors);
    }

    public static TheoryData<string, byte[]> Lies()
    {
        static byte[] Zip(Bytes pickle, int bytes = 32) => TorchFiles.Zip(pickle, false, ("m/data/0", new byte[bytes]));
        static Bytes One(string type, int elements, int offset, int[] shape, int[] strides) =>
            TorchFiles.Pickle().Tensor(type, "0", elements, offset, shape, strides).Ascii(".");
        var deep = TorchFiles.Pickle().Ascii("N");
        for (var i = 0; i < 5000; i++) deep.Raw(0x85);
        return new TheoryData<string, byte[]>
        {
            { "reaches element 8", Zip(One("FloatStorage", 8, 0, [9], [1])) },
            { "reaches element 8", Zip(One("FloatStorage", 8, 1, [8], [1])) },
            { "reaches element", Zip(One("FloatStorage", 8, 0, [2, 2], [int.MaxValue, int.MaxValue])) },
            { "negative", Zip(One("FloatStorage", 8, -1, [1], [1])) },
            { "negative", Zip(One("FloatStorage", 8, 0, [-1], [1])) },
            { "negative", Zip(One("FloatStorage", 8, 0, [1], [-1])) },
            { "overflows", Zip(One("FloatStorage", 8, 0, [int.MaxValue, int.MaxValue, int.MaxValue], [0, 0, 0])) },
            { "2 axes and 1 strides", Zip(One("FloatStorage", 8, 0, [1, 1], [1])) },
            { "needs 32 bytes", Zip(One("FloatStorage", 8, 0, [8], [1]), 31) },
            { "no entry for storage", TorchFiles.Zip(One("FloatStorage", 8, 0, [8], [1])) },
            { "unknown class", Zip(One("EvilStorage", 8, 0, [8], [1])) },
            { "nests values more than 200", Zip(deep.Ascii(".")) },
            { "empty stack", Zip(TorchFiles.Pickle().Ascii(".")) },
            { "did not open", Zip(TorchFiles.Pickle().Ascii("t.")) },
            { "did not remember", Zip(TorchFiles.Pickle().Ascii("h\u0001.")) },
            { "no list", Zip(TorchFiles.Pickle().Ascii("NNa.")) },
            { "without a value", Zip(TorchFiles.Pickle().Ascii("}(Nu.")) },
            { "no pickle opcode", Zip(TorchFiles.Pickle().Raw(0xfe)) },
            { "truncated", Zip(TorchFiles.Pickle().Ascii("X").U32(uint.MaxValue)) },
            { "truncated", Zip(TorchFiles.Pickle(4).Raw(0x8e).U64(1UL << 63)) },
            { "protocol 9", Zip(TorchFiles.Pickle(9).Ascii("N.")) },
            { "has 255 elements", TorchFiles.Legacy(TorchFiles.Sample(legacy: true), ("0", Numbers, 255)) },
            { "truncated", TorchFiles.Legacy(TorchFiles.Sample(legacy: true), ("0", Numbers[..31], 8)) },
            { "1 storages are described", TorchFiles.Legacy(TorchFiles.Sample(legacy: true)) },
            { "names one that no tensor uses", TorchFiles.Legacy(TorchFiles.Sample(legacy: true), ("1", Numbers, 8)) },
        };
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_checkpoint_that_lies_is_refused_by_name(string said, byte[] file) =>
        Assert.Contains(said, (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(file))).Message);

    [Fact]
    public async Task A_zip_bomb_is_refused_before_it_unpacks()
    {
        var bomb = TorchFiles.Zip(new Bytes().Raw(new byte[65 << 20]), compress: true);
        var refused = await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(bomb));
        Assert.Contains("at most 67108864 are unpacked", refused.Message);

        // The same with a size that lies: unpacking stops where the declared size ends.
        var at = bomb.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(bomb.AsSpan(at + 24), 1000);
        refused = await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(bomb));
        Assert.Contains("more than the 1000 bytes", refused.Message);
    }

    [Theory]
    [InlineData("resnet20-cifar10/resnet20-12fca82f.th", WeightFormat.PyTorchLegacy, 97, 271_098)]
    [InlineData("mnist-cnn-torch/mnist.pt", WeightFormat.PyTorchZip, 20, 376_940)]
    public async Task A_real_checkpoint_is_read(string path, WeightFormat format, int tensors, long parameters)
    {
        var file = await WeightReader.ReadFileAsync(SharedModels.Require(path), TestContext.Current.CancellationToken);
        Assert.Equal((format, tensors, parameters), (file.Format, file.Tensors.Count, WeightSummary.Of(file).TotalParameters));
        Assert.Empty(file.RefusedGlobals);
    }
}
