using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>TFLite and HDF5: formats whose parts point at one another, tested on real files and on damaged copies of them.</summary>
public class EdgeModelTests
{
    [Theory]
    [InlineData("mlperf-tiny/ic_resnet_int8.tflite", 21, 77_708, "input_1_int8:I8[?,32,32,3]", 9)]
    [InlineData("mlperf-tiny/kws_int8.tflite", 21, 22_606, "input_1:I8[?,49,10,1]", 5)]
    [InlineData("mlperf-tiny/vww_96_int8.tflite", 57, 210_852, "input_1_int8:I8[?,96,96,3]", 14)]
    public async Task A_TFLite_model_is_described(string path, int tensors, long parameters, string input, int convolutions)
    {
        var file = await WeightReader.ReadFileAsync(SharedModels.Require(path), TestContext.Current.CancellationToken);
        Assert.Equal((WeightFormat.TFLite, tensors, parameters), (file.Format, file.Tensors.Count, WeightSummary.Of(file).TotalParameters));
        Assert.Equal(input, string.Join(' ', file.Graph!.Inputs.Select(i => $"{i.Name}:{i.DType}[{string.Join(',', i.Shape!)}]")));
        Assert.Equal(convolutions, file.Graph.Operators["CONV_2D"]);
    }

    [Fact]
    public async Task A_Keras_model_is_described()
    {
        var path = SharedModels.Require("mlperf-tiny/ic_resnet.h5");
        var file = await WeightReader.ReadFileAsync(path, TestContext.Current.CancellationToken);
        var weights = file.Tensors.Where(t => t.Name.StartsWith("model_weights/", StringComparison.Ordinal)).ToList();

        Assert.Equal((WeightFormat.Hdf5, "tensorflow"), (file.Format, file.FindText("backend")));
        Assert.Contains("\"class_name\": \"Functional\"", file.FindText("model_config"), StringComparison.Ordinal);
        Assert.Equal(78_666, weights.Sum(t => t.ElementCount));       // the parameter count that MLPerf Tiny publishes for this ResNet-8
        Assert.Equal([3, 3, 3, 16], weights.Single(t => t.Name.EndsWith("/conv2d/kernel:0", StringComparison.Ordinal)).Shape);
        Assert.All(weights, t => Assert.InRange(t.Offset, 1, new FileInfo(path).Length - t.ByteLength));
    }

    [Theory]
    [InlineData("mlperf-tiny/kws_int8.tflite")]
    [InlineData("mlperf-tiny/ic_resnet.h5")]
    public async Task Damaged_copies_are_read_or_refused(string path)
    {
        var content = await File.ReadAllBytesAsync(SharedModels.Require(path), TestContext.Current.CancellationToken);
        var random = new Random(20_261_121);
        for (var i = 0; i < 100; i++)
        {
            var copy = (byte[])content.Clone();
            // Structure lies at both ends of these files; content, which is not read, in between.
            for (var j = 0; j < 8; j++) copy[random.Next(2) == 0 ? random.Next(Math.Min(4000, copy.Length)) : copy.Length - 1 - random.Next(20_000)] = (byte)random.Next(256);
            if (i % 3 == 0) copy = copy[..random.Next(copy.Length)];
            try
            {
                await Bytes.ReadAsync(copy);
            }
            catch (WeightFormatException)
            {
            }
        }
    }
}
