using System.IO.Compression;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class SafetensorsWriterTests
{
    static readonly Dictionary<string, string> NoMetadata = [];

    static async Task<byte[]> WriteAsync(IEnumerable<TensorContent> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var target = new MemoryStream();
        await SafetensorsWriter.WriteAsync(target, tensors, metadata ?? NoMetadata, TestContext.Current.CancellationToken);
        return target.ToArray();
    }

    [Fact]
    public void Whatever_is_written_is_read_back_bit_for_bit()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(TensorSets.Arbitrary, set =>
        {
            var random = new Random(set.Length);
            var contents = set.Select(t =>
            {
                Assert.True(t.Type.TryGetByteLength(t.Shape.Aggregate(1L, (a, b) => a * b), out var bytes));
                var content = new byte[bytes];
                random.NextBytes(content);
                return (Tensor: new TensorContent(t.Name, t.Type, t.Shape, new MemoryByteSource(content), 0, bytes), Content: content);
            }).ToList();
            var written = WriteAsync(contents.Select(c => c.Tensor), new Dictionary<string, string> { ["format"] = "pt" }).GetAwaiter().GetResult();
            var file = Bytes.ReadAsync(written).GetAwaiter().GetResult();

            Assert.Equal("pt", file.FindText("format"));
            Assert.Equal(0, file.DataOffset % 8);
            foreach (var (tensor, content) in contents)
            {
                var read = file.Tensors.Single(t => t.Name == tensor.Name);
                Assert.Equal((tensor.DType, tensor.ByteLength), (read.DType, read.ByteLength));
                Assert.Equal(content, written[(int)read.Offset..(int)(read.Offset + read.ByteLength)]);
            }
            return file.Tensors.Count == contents.Count;
        }));
    }

    [Fact]
    public async Task A_strided_view_becomes_row_major()
    {
        var storage = MemoryMarshal.AsBytes(new float[] { 0, 1, 2, 3, 4, 5, 6, 7 }.AsSpan()).ToArray();
        var checkpoint = TorchFiles.Zip(TorchFiles.Sample(), false, ("m/data/0", storage));
        var written = await WriteAsync(TensorContent.Of(await Bytes.ReadAsync(checkpoint), new MemoryByteSource(checkpoint)));
        var file = await Bytes.ReadAsync(written);
        float[] Numbers(string name) => MemoryMarshal.Cast<byte, float>(written.AsSpan((int)file.Tensors.Single(t => t.Name == name).Offset, 24)).ToArray();

        Assert.Equal([1, 2, 3, 4, 5, 6], Numbers("w"));
        Assert.Equal([1, 4, 2, 5, 3, 6], Numbers("t"));
    }

    [Fact]
    public async Task Names_that_repeat_and_types_without_a_place_are_refused()
    {
        static TensorContent One(string name, DType type) => new(name, type, [32], new MemoryByteSource(new byte[128]), 0, type == DType.Q40 ? 18 : 32);
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync([One("a", DType.U8), One("a", DType.U8)]));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync([One("__metadata__", DType.U8)]));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync([One("a", DType.Q40)]));
        await Assert.ThrowsAsync<WeightFormatException>(() => WriteAsync([One("a", DType.U8) with { Offset = 100 }]));
    }

    [Fact]
    public async Task A_real_checkpoint_converts_bit_for_bit()
    {
        var stop = TestContext.Current.CancellationToken;
        var path = SharedModels.Require("mnist-cnn-torch/mnist.pt");
        using var source = new FileByteSource(path);
        var checkpoint = await WeightReader.ReadHeaderAsync(source, stop);
        var written = await WriteAsync(TensorContent.Of(checkpoint, source));
        var file = await Bytes.ReadAsync(written);

        // The published safetensors file is of a later epoch of the same network, so it has the same tensors with other numbers.
        var published = await WeightReader.ReadFileAsync(SharedModels.Require("mnist-cnn-torch/mnist.safetensors"), stop);
        static string[] Outline(WeightFile weights) => [.. weights.Tensors.Select(t => $"{t.Name} {t.DType} {string.Join(',', t.Shape)}").Order(StringComparer.Ordinal)];
        Assert.Equal(Outline(published), Outline(file));

        await using var zip = await ZipFile.OpenReadAsync(path, stop);
        foreach (var tensor in checkpoint.Tensors)
        {
            using var storage = new MemoryStream();
            await using (var content = await zip.GetEntry($"mnist/data/{tensor.Storage}")!.OpenAsync(stop)) await content.CopyToAsync(storage, stop);
            var place = (int)file.Tensors.Single(t => t.Name == tensor.Name).Offset;
            Assert.Equal(storage.ToArray(), written[place..(place + (int)tensor.ByteLength)]);
        }
    }
}
