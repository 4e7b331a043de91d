using System.Globalization;
using System.Text.RegularExpressions;
using ModelZoo.Weights.Gguf;

namespace ModelZoo.Weights;

/// <summary>
/// A GGUF model split over files named <c>model-00001-of-00003.gguf</c>. The first holds the metadata; each says its number and how many there are
/// (llama.cpp's gguf-split, 2025).
/// </summary>
public static partial class GgufShards
{
    const WeightFormat Format = WeightFormat.Gguf;
    const int MaxShards = 10_000;
    const int ShardsAtOnce = 8;

    /// <summary>All names of the model that a file belongs to, in order; null when its name is not that of a part.</summary>
    public static IReadOnlyList<string>? FindNames(string name)
    {
        var match = PartName().Match(name);
        if (!match.Success) return null;
        var count = int.Parse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        var number = int.Parse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        if (count is 0 or > MaxShards || number is 0 || number > count) return null;
        return [.. Enumerable.Range(1, count).Select(i => $"{match.Groups[1].Value}-{i:D5}-of-{count:D5}.gguf")];
    }

    /// <summary>Reads the headers of all parts. Metadata is the first part's; <see cref="TensorInfo.ExternalFile"/> names each tensor's part.</summary>
    /// <param name="names">As <see cref="FindNames"/> gives them.</param>
    public static async Task<WeightFile> ReadAsync(IReadOnlyList<string> names, Func<string, CancellationToken, ValueTask<IByteSource>> open, CancellationToken stop)
    {
        var shards = new WeightFile[names.Count];
        await Parallel.ForAsync(0, names.Count, new ParallelOptions { MaxDegreeOfParallelism = ShardsAtOnce, CancellationToken = stop }, async (i, halt) =>
        {
            var source = await open(names[i], halt);
            using var _ = source as IDisposable;
            shards[i] = await WeightReader.ReadHeaderAsync(source, halt);
        });
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var tensors = new List<TensorInfo>();
        for (var i = 0; i < shards.Length; i++)
        {
            var shard = shards[i];
            if (shard.Format != Format) throw Bad($"'{names[i]}' is no GGUF file, but a part of one.");
            if (shard.FindWhole("split.count") is { } count && count != names.Count) throw Bad($"'{names[i]}' says that it is one of {count} parts; its name says {names.Count}.");
            if (shard.FindWhole("split.no") is { } number && number != i) throw Bad($"'{names[i]}' says that it is part {number}, counted from 0; its name says {i}.");
            foreach (var tensor in shard.Tensors)
            {
                if (!seen.Add(tensor.Name)) throw Bad($"The tensor '{tensor.Name}' occurs in two parts.");
                if (tensors.Count == WeightLimits.MaxTensors) throw Bad($"The parts hold more than {WeightLimits.MaxTensors} tensors.");
                tensors.Add(tensor with { ExternalFile = names[i], ExternalOffset = tensor.Offset, Offset = TensorInfo.Unplaced });
            }
        }
        if (shards[0].FindWhole("split.tensors.count") is { } all && all != tensors.Count) throw Bad($"The model has {all} tensors, but its parts hold {tensors.Count}.");
        return shards[0] with { Tensors = tensors, DataOffset = 0 };
    }

    static WeightFormatException Bad(string message) => new(Format, message);

    [GeneratedRegex(@"^(.*)-(\d{5})-of-(\d{5})\.gguf$", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
