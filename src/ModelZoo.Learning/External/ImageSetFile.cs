using System.Globalization;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.External;

/// <summary>
/// A data set's split as a file for trainers: <c>images</c> U8 [n, side, side], or [n, 3, side, side] in colours, and <c>labels</c> U8 [n]. Its metadata's <c>ink</c>
/// says what full ink is, 16 or 255: a network reads 2 · value / ink − 1.
/// </summary>
static class ImageSetFile
{
    const int MaxBytes = 1 << 30;
    const string Ink = "ink";

    public static Task<byte[]> WriteAsync(ImageSet set, CancellationToken stop) => StateFile.WriteAsync(
    [
        Content("images", set.Pixels, set.Channels == 1 ? [set.Count, set.Side, set.Side] : [set.Count, set.Channels, set.Side, set.Side]), Content("labels", set.Labels, set.Count),
    ], new Dictionary<string, string> { ["split"] = set.Name, ["classes"] = $"{set.Classes}", [Ink] = $"{set.Full}" }, stop);

    /// <exception cref="TrainerException">The file holds no such split.</exception>
    public static async Task<ImageSet> ReadAsync(string path, string name, int classes, CancellationToken stop)
    {
        if (!File.Exists(path)) throw new TrainerException($"The data '{path}' is missing.");
        if (new FileInfo(path).Length > MaxBytes) throw new TrainerException($"'{path}' is larger than the data sets that the trainer here reads.");
        var bytes = await File.ReadAllBytesAsync(path, stop);
        try
        {
            var source = new MemoryByteSource(bytes);
            var header = await WeightReader.ReadHeaderAsync(source, stop);
            var tensors = TensorContent.Of(header, source).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            if (!tensors.TryGetValue("images", out var images) || !tensors.TryGetValue("labels", out var labels) || images.DType != DType.U8 || labels.DType != DType.U8
                || images.Shape is not ([var n, .., var side, var width] and ({ Count: 3 } or [_, 3, _, _])) || side != width || labels.Shape is not [var count] || count != n)
                throw new TrainerException($"'{path}' holds no square images with their labels.");
            if (!int.TryParse(header.FindText(Ink) ?? $"{ImageSet.MaxInk}", NumberStyles.None, CultureInfo.InvariantCulture, out var full) || full is not (ImageSet.MaxInk or 255)) throw new TrainerException($"'{path}' does not say what full ink is.");
            return new(name, (int)side, classes, Bytes(images), Bytes(labels)) { Channels = images.Shape.Count == 4 ? 3 : 1, Full = full };
        }
        catch (WeightFormatException problem)
        {
            throw new TrainerException($"'{path}' is damaged: {problem.Message}");
        }

        byte[] Bytes(TensorContent tensor) => bytes[(int)tensor.Offset..(int)(tensor.Offset + tensor.ByteLength)];
    }

    static TensorContent Content(string name, byte[] bytes, params long[] shape) => new(name, DType.U8, shape, new MemoryByteSource(bytes), 0, bytes.Length);
}
