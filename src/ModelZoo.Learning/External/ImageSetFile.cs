using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.External;

/// <summary>A data set's split as a file for trainers: <c>images</c> U8 [n, side, side] with ink from 0 to 16, and <c>labels</c> U8 [n].</summary>
static class ImageSetFile
{
    const int MaxBytes = 1 << 30;

    public static Task<byte[]> WriteAsync(ImageSet set, CancellationToken stop) => StateFile.WriteAsync(
    [
        Content("images", set.Pixels, set.Count, set.Side, set.Side), Content("labels", set.Labels, set.Count),
    ], new Dictionary<string, string> { ["split"] = set.Name, ["classes"] = $"{set.Classes}", ["ink"] = $"{ImageSet.MaxInk}" }, stop);

    /// <exception cref="TrainerException">The file holds no such split.</exception>
    public static async Task<ImageSet> ReadAsync(string path, string name, int classes, CancellationToken stop)
    {
        if (!File.Exists(path)) throw new TrainerException($"The data '{path}' is missing.");
        if (new FileInfo(path).Length > MaxBytes) throw new TrainerException($"'{path}' is larger than the data sets that the trainer here reads.");
        var bytes = await File.ReadAllBytesAsync(path, stop);
        try
        {
            var source = new MemoryByteSource(bytes);
            var tensors = TensorContent.Of(await WeightReader.ReadHeaderAsync(source, stop), source).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            if (!tensors.TryGetValue("images", out var images) || !tensors.TryGetValue("labels", out var labels) || images.DType != DType.U8 || labels.DType != DType.U8
                || images.Shape is not [var n, var side, var width] || side != width || labels.Shape is not [var count] || count != n)
                throw new TrainerException($"'{path}' holds no square images with their labels.");
            return new(name, (int)side, classes, Bytes(images), Bytes(labels));
        }
        catch (WeightFormatException problem)
        {
            throw new TrainerException($"'{path}' is damaged: {problem.Message}");
        }

        byte[] Bytes(TensorContent tensor) => bytes[(int)tensor.Offset..(int)(tensor.Offset + tensor.ByteLength)];
    }

    static TensorContent Content(string name, byte[] bytes, params long[] shape) => new(name, DType.U8, shape, new MemoryByteSource(bytes), 0, bytes.Length);
}
