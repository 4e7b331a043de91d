using ModelZoo.Weights.Gguf;
using ModelZoo.Weights.Onnx;
using ModelZoo.Weights.Safetensors;

namespace ModelZoo.Weights;

/// <summary>Reads what a weight file says about itself, without its numbers.</summary>
public static class WeightReader
{
    /// <exception cref="WeightFormatException">The file is of no known format, breaks the rules of its format, or exceeds a limit.</exception>
    public static Task<WeightFile> ReadHeaderAsync(IByteSource source, CancellationToken stop) =>
        ReadHeaderAsync(source, WeightReadOptions.Default, stop);

    /// <exception cref="WeightFormatException">The file is of no known format, breaks the rules of its format, or exceeds a limit.</exception>
    public static async Task<WeightFile> ReadHeaderAsync(IByteSource source, WeightReadOptions options, CancellationToken stop)
    {
        var opened = await PrefixSource.OpenAsync(source, stop);
        var format = await WeightFormats.DetectAsync(opened, stop);
        return format switch
        {
            WeightFormat.Safetensors => await SafetensorsHeader.ReadAsync(opened, stop),
            WeightFormat.Gguf => await GgufHeader.ReadAsync(opened, options, stop),
            WeightFormat.Onnx => await OnnxHeader.ReadAsync(opened, stop),
            WeightFormat.SafetensorsIndex => throw new WeightFormatException(format,
                "This is the index of a sharded model and holds no tensors; read it with SafetensorsIndex."),
            _ => throw new WeightFormatException(format, "The file is of no known weight format."),
        };
    }

    /// <summary>Reads the header of a file on disk.</summary>
    public static async Task<WeightFile> ReadFileAsync(string path, CancellationToken stop)
    {
        using var source = new FileByteSource(path);
        return await ReadHeaderAsync(source, stop);
    }
}
