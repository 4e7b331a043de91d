using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Conversion;

public class TorchConversionTests
{
    static readonly float[] Eight = [0, 1, 2, 3, 4, 5, 6, 7];

    static byte[] Storage => MemoryMarshal.AsBytes(Eight.AsSpan()).ToArray();

    static async Task<(Dictionary<string, float[]> Tensors, ConversionOutcome Outcome, WeightFile File)> ConvertAsync(byte[] checkpoint)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["model.bin"], checkpoint);
        var outcome = await Converted.RunAsync(folder["model.bin"], folder["model.safetensors"], ConversionTarget.Safetensors);
        Converted.RequireOnly(folder, "model.bin", "model.safetensors");
        var content = await Converted.ContentAsync(folder["model.safetensors"]);
        return (content.ToDictionary(entry => entry.Key, entry => Converted.Floats(entry.Value)), outcome, await Converted.ReadAsync(folder["model.safetensors"]));
    }

    static byte[] Views(bool legacy, params (string Name, int Offset, int[] Shape, int[] Strides)[] views)
    {
        var pickle = TorchFiles.Pickle().Ascii("}(");
        foreach (var (name, offset, shape, strides) in views) pickle.Text(name).Tensor("FloatStorage", "0", 8, offset, shape, strides, legacy);
        pickle.Ascii("u.");
        return legacy ? TorchFiles.Legacy(pickle, ("0", Storage, 8)) : TorchFiles.Zip(pickle, false, ("m/data/0", Storage));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_tied_weights_the_first_by_name_that_covers_the_storage_is_kept(bool legacy)
    {
        var (tensors, outcome, file) = await ConvertAsync(Views(legacy, ("z", 0, [8], [1]), ("head", 0, [2, 4], [4, 1]), ("embed", 0, [8], [1]), ("a", 2, [2], [1])));

        Assert.Equal(["embed"], tensors.Keys);
        Assert.Equal(Eight, tensors["embed"]);
        Assert.Equal(["a", "head", "z"], outcome.SharedNames.Keys.Order(StringComparer.Ordinal));
        Assert.All(outcome.SharedNames.Values, kept => Assert.Equal("embed", kept));
        // The file itself says where the others went, as the reference writes it.
        Assert.Equal(("pt", "embed", "embed"), (file.FindText("format"), file.FindText("head"), file.FindText("a")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Views_that_overlap_where_none_covers_the_storage_are_refused(bool legacy)
    {
        var refused = await Assert.ThrowsAsync<ConversionException>(() => ConvertAsync(Views(legacy, ("a", 0, [5], [1]), ("b", 4, [4], [1]))));
        Assert.Contains("'a', 'b' share memory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Views_that_only_lie_side_by_side_are_each_written()
    {
        var (tensors, outcome, _) = await ConvertAsync(Views(false, ("a", 0, [4], [1]), ("b", 4, [2, 2], [1, 2])));

        Assert.Empty(outcome.SharedNames);
        Assert.Equal([0, 1, 2, 3], tensors["a"]);
        Assert.Equal([4, 6, 5, 7], tensors["b"]);       // a transposed view, put in order
    }

    [Fact]
    public async Task Of_a_training_checkpoint_the_state_dictionary_is_taken()
    {
        var pickle = TorchFiles.Pickle().Ascii("}(").Text("state_dict").Ascii("}(").Text("w").Tensor("FloatStorage", "0", 8, 0, [8], [1]).Ascii("u")
            .Text("momentum").Tensor("FloatStorage", "1", 8, 0, [8], [1]).Ascii("u.");
        var (tensors, outcome, _) = await ConvertAsync(TorchFiles.Zip(pickle, false, ("m/data/0", Storage), ("m/data/1", Storage)));

        Assert.Equal(["w"], tensors.Keys);
        Assert.Contains("1 other tensors were left out", Assert.Single(outcome.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_in_a_checkpoint_is_named_and_not_run()
    {
        using var folder = new TemporaryFolder();
        var pickle = TorchFiles.Pickle().Ascii("}(").Text("evil").Global("os", "system").Ascii("(").Text($"touch {folder["run"]}").Ascii("tR")
            .Text("w").Tensor("FloatStorage", "0", 8, 0, [8], [1]).Ascii("u.");
        var (tensors, outcome, _) = await ConvertAsync(TorchFiles.Zip(pickle, false, ("m/data/0", Storage)));

        Assert.Equal(Eight, tensors["w"]);
        Assert.Contains("os.system", Assert.Single(outcome.Remarks), StringComparison.Ordinal);
        Assert.False(File.Exists(folder["run"]));
    }

    [Fact]
    public async Task A_view_that_repeats_its_storage_without_end_is_refused()
    {
        var pickle = TorchFiles.Pickle().Ascii("}(").Text("w").Tensor("FloatStorage", "0", 8, 0, [100_000, 100_000], [0, 0]).Ascii("u.");
        var refused = await Assert.ThrowsAsync<ConversionException>(() => ConvertAsync(TorchFiles.Zip(pickle, false, ("m/data/0", Storage))));
        Assert.Contains("40000000000 bytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_checkpoint_that_PyTorch_read_converts_to_the_numbers_it_saw()
    {
        var stop = TestContext.Current.CancellationToken;
        var oracle = SharedModels.Require("pytorch-files/expected.json");
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(oracle, stop));
        var tensors = 0;
        foreach (var checkpoint in expected.RootElement.EnumerateObject().Where(c => !c.Value.TryGetProperty("error", out _)))
        {
            using var folder = new TemporaryFolder();
            var path = Path.Combine(Path.GetDirectoryName(oracle)!, checkpoint.Name);
            ConversionOutcome outcome;
            try
            {
                outcome = await Converted.RunAsync(path, folder["x.safetensors"], ConversionTarget.Safetensors);
            }
            catch (ConversionException problem)
            {
                Assert.True(checkpoint.Name is "legacy_shared_storage.pt", $"{checkpoint.Name}: {problem.Message}");
                continue;
            }
            var before = await Converted.ReadAsync(path);
            var after = (await Converted.ReadAsync(folder["x.safetensors"])).Tensors.ToDictionary(t => t.Name);
            var (from, to) = (await File.ReadAllBytesAsync(path, stop), await File.ReadAllBytesAsync(folder["x.safetensors"], stop));
            Assert.Equal(before.Tensors.Count, after.Count + outcome.SharedNames.Count);
            foreach (var tensor in before.Tensors.Where(t => after.ContainsKey(t.Name) || t.Name.StartsWith("state_dict.", StringComparison.Ordinal)))
            {
                var written = after[tensor.Name];
                Assert.Equal((tensor.DType, string.Join(',', tensor.Shape)), (written.DType, string.Join(',', written.Shape)));
                // Element by element, by the strides that the oracle confirmed in PyTorchOracleTests.
                var size = tensor.DType.BytesPerBlock;
                for (long i = 0; i < tensor.ElementCount; i++)
                {
                    long at = i, rest = i;
                    if (tensor.Strides is { } strides)
                        for ((at, var axis) = (0, tensor.Shape.Count - 1); axis >= 0; rest /= tensor.Shape[axis], axis--) at += rest % tensor.Shape[axis] * strides[axis];
                    Assert.True(from.AsSpan((int)(tensor.Offset + at * size), size).SequenceEqual(to.AsSpan((int)(written.Offset + i * size), size)), $"{checkpoint.Name} {tensor.Name} {i}");
                }
                tensors++;
            }
        }
        Assert.InRange(tensors, 100, 111);
    }
}
