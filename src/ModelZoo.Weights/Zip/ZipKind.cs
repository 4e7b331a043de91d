using ModelZoo.Weights.PyTorch;

namespace ModelZoo.Weights.Zip;

/// <summary>Tells by its entries what a zip archive is.</summary>
static class ZipKind
{
    public static WeightFormat Detect(ZipDirectory zip)
    {
        if (TorchZip.FindPickle(zip) is not null) return WeightFormat.PyTorchZip;
        if (zip.Find("model.weights.h5") is not null) return WeightFormat.KerasZip;
        return zip.Entries.Any() && zip.Entries.All(entry => entry.Name.EndsWith(".npy", StringComparison.Ordinal)) ? WeightFormat.Npz : WeightFormat.Unknown;
    }

    public static async ValueTask<WeightFormat> DetectAsync(IByteSource source, CancellationToken stop)
    {
        try
        {
            return Detect(await ZipDirectory.ReadAsync(source, WeightFormat.Unknown, stop));
        }
        catch (WeightFormatException)
        {
            // Truncated or forged: which kind it was meant to be can no longer be told.
            return WeightFormat.Unknown;
        }
    }
}
