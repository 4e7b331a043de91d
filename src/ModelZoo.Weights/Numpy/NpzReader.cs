using ModelZoo.Weights.Numpy;

namespace ModelZoo.Weights;

/// <summary>The arrays of an <c>.npz</c> archive, packed or not.</summary>
public static class NpzReader
{
    /// <exception cref="WeightFormatException">The source is no such archive, or an array is damaged.</exception>
    public static async Task<IReadOnlyList<TensorContent>> OpenAsync(IByteSource source, CancellationToken stop)
    {
        var file = await WeightReader.ReadHeaderAsync(source, stop);
        return file.Format == WeightFormat.Npz ? await NpzContent.OpenAsync(file, source, stop) : throw new WeightFormatException(WeightFormat.Npz, "The file is no archive of NumPy arrays.");
    }
}
