using ModelZoo.Weights.Gguf;
using ModelZoo.Weights.Hdf5;
using ModelZoo.Weights.Numpy;
using ModelZoo.Weights.Onnx;
using ModelZoo.Weights.PyTorch;
using ModelZoo.Weights.Safetensors;
using ModelZoo.Weights.TensorFlow;
using ModelZoo.Weights.TFLite;
using ModelZoo.Weights.Zip;

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
        if (WeightFormats.LooksLikeZip(opened)) return await ReadZipAsync(opened, options, stop);
        var format = await WeightFormats.DetectAsync(opened, stop);
        return format switch
        {
            WeightFormat.Safetensors => await SafetensorsHeader.ReadAsync(opened, stop),
            WeightFormat.Gguf => await GgufHeader.ReadAsync(opened, options, stop),
            WeightFormat.Onnx => await OnnxHeader.ReadAsync(opened, stop),
            WeightFormat.PyTorchLegacy => await TorchLegacy.ReadAsync(opened, options, stop),
            WeightFormat.Npy => await NumpyHeader.ReadNpyAsync(opened, stop),
            WeightFormat.TFLite => await TFLiteHeader.ReadAsync(opened, stop),
            WeightFormat.TensorFlowSavedModel => await SavedModel.ReadAsync(opened, stop),
            WeightFormat.TensorFlowCheckpoint => await CheckpointIndex.ReadAsync(opened, stop),
            WeightFormat.Hdf5 => await Hdf5Header.ReadAsync(opened, stop),
            WeightFormat.Pickle => await TorchLegacy.ReadBareAsync(opened, options, stop),
            WeightFormat.SafetensorsIndex => throw new WeightFormatException(format,
                "This is the index of a sharded model and holds no tensors; read it with SafetensorsIndex."),
            _ => throw new WeightFormatException(format, "The file is of no known weight format."),
        };
    }

    static async Task<WeightFile> ReadZipAsync(PrefixSource source, WeightReadOptions options, CancellationToken stop)
    {
        var zip = await ZipDirectory.ReadAsync(source, WeightFormat.Unknown, stop);
        return ZipKind.Detect(zip) switch
        {
            WeightFormat.Npz => await NumpyHeader.ReadNpzAsync(zip, options, stop),
            WeightFormat.KerasZip => await KerasZip.ReadAsync(zip, stop),
            WeightFormat.PyTorchZip => await TorchZip.ReadAsync(source, zip, options, stop),
            var other => throw new WeightFormatException(other, "The archive is of no known weight format."),
        };
    }

    /// <summary>Reads the header of a file on disk.</summary>
    public static async Task<WeightFile> ReadFileAsync(string path, CancellationToken stop)
    {
        using var source = new FileByteSource(path);
        return await ReadHeaderAsync(source, stop);
    }
}
