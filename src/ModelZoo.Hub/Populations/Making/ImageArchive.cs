using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>
/// Images of a data set repository: the digits' file, or a NumPy archive with the names that MedMNIST (train_images, train_labels, val_…, test_…) or Keras
/// (x_train, y_train, x_test, y_test) give its arrays.
/// </summary>
static class ImageArchive
{
    const int MaxDigitsBytes = 4 << 20;

    /// <summary>Null when the commit has neither.</summary>
    /// <exception cref="InvalidDataException">It has, and the content is not what the trainer takes.</exception>
    public static async Task<ImageSplits?> FindAsync(IModelFiles files, long mostBytes, CancellationToken stop)
    {
        foreach (var file in files.Files.Where(file => !file.Path.Contains('/')).OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            if (file.Path is "digits.csv" or "digits.csv.gz" && file.SizeBytes <= MaxDigitsBytes)
            {
                var all = Digits.Parse(await BytesAsync(files, file, stop));
                return new(Digits.Train(all), [Digits.Val(all), Digits.Test(all), Digits.NoisyTest(all)]);
            }
            if (file.Path.EndsWith(".npz", StringComparison.Ordinal) && await FindInAsync(files, file.Path, mostBytes, stop) is { } splits) return splits;
        }
        return null;
    }

    static async Task<ImageSplits?> FindInAsync(IModelFiles files, string path, long mostBytes, CancellationToken stop)
    {
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        var arrays = (await NpzReader.OpenAsync(source, stop)).ToDictionary(array => array.Name, StringComparer.Ordinal);
        var sets = new List<ImageSet>();
        foreach (var split in (string[])["train", "val", "test"])
        {
            var (images, labels) = (arrays.GetValueOrDefault($"{split}_images") ?? arrays.GetValueOrDefault($"x_{split}"), arrays.GetValueOrDefault($"{split}_labels") ?? arrays.GetValueOrDefault($"y_{split}"));
            if (images is null || labels is null)
            {
                if (split == "train") return null;
                continue;
            }
            if ((mostBytes -= images.ByteLength) < 0) throw new InvalidDataException("it has more pixels than this hub trains on at once.");
            sets.Add(await ReadAsync(split, images, labels, stop));
        }
        var classes = sets.Max(set => set.Classes);
        if (sets.Exists(set => set.Side != sets[0].Side || set.Channels != sets[0].Channels)) throw new InvalidDataException("its splits have images of different sizes.");
        return new(sets[0] with { Classes = classes }, [.. sets.Skip(1).Select(set => set with { Classes = classes })]);
    }

    static async Task<ImageSet> ReadAsync(string split, TensorContent images, TensorContent labels, CancellationToken stop)
    {
        var (side, channels, isLast) = images.Shape switch
        {
            [_, var height, var width] when height == width => (height, 1L, true),
            [_, var height, var width, 1 or 3] when height == width => (height, images.Shape[3], true),
            [_, 1 or 3, var height, var width] when height == width => (height, images.Shape[1], false),
            _ => (0, 0, false),
        };
        var count = images.Shape.Count > 0 ? images.Shape[0] : 0;
        if (side is < 1 or > BlueprintDataset.MaxSide || count is < 1 or > int.MaxValue)
            throw new InvalidDataException($"'{images.Name}' is [{string.Join(", ", images.Shape)}]; square images are [n, side, side] where they are grey and [n, side, side, 3] in colours.");
        if (images.DType != DType.U8) throw new InvalidDataException($"'{images.Name}' holds {images.DType}; images are uint8 from 0 to 255.");
        if (labels.Shape.Aggregate(1L, (product, axis) => product * axis) != count || labels.DType.Name[0] is not ('I' or 'U')) throw new InvalidDataException($"'{labels.Name}' is {labels.DType} [{string.Join(", ", labels.Shape)}]; a whole number for each of {count} images is expected.");
        var pixels = await ContentAsync(images, stop);
        var (raw, each) = (await ContentAsync(labels, stop), (int)(labels.ByteLength / count));
        var classes = new byte[count];
        for (var i = 0; i < classes.Length; i++)
        {
            classes[i] = raw[i * each];
            // Little-endian: a class from 0 to 255 has nothing in its higher bytes.
            if (raw.AsSpan(i * each + 1, each - 1).ContainsAnyExcept((byte)0)) throw new InvalidDataException($"Label {i} of '{labels.Name}' is none from 0 to 255.");
        }
        return new(split, (int)side, classes.Max() + 1, isLast && channels > 1 ? Planes(pixels, (int)(side * side)) : pixels, classes) { Full = 255, Channels = (int)channels };
    }

    /// <summary>From red, green and blue side by side to one after the other.</summary>
    public static byte[] Planes(ReadOnlySpan<byte> pixels, int plane)
    {
        var planes = new byte[pixels.Length];
        for (var image = 0; image < pixels.Length; image += 3 * plane)
            for (var at = 0; at < plane; at++)
                for (var c = 0; c < 3; c++) planes[image + c * plane + at] = pixels[image + 3 * at + c];
        return planes;
    }

    static async Task<byte[]> ContentAsync(TensorContent array, CancellationToken stop)
    {
        var bytes = new byte[array.ByteLength];
        for (var done = 0; done < bytes.Length;)
        {
            var read = await array.Source.ReadAsync(array.Offset + done, bytes.AsMemory(done), stop);
            if (read <= 0) throw new InvalidDataException($"'{array.Name}' ends too early.");
            done += read;
        }
        return bytes;
    }

    static async Task<byte[]> BytesAsync(IModelFiles files, ModelFile file, CancellationToken stop)
    {
        var source = await files.OpenAsync(file.Path, stop);
        using var _ = source as IDisposable;
        return await ContentAsync(new(file.Path, DType.U8, [file.SizeBytes], source, 0, file.SizeBytes), stop);
    }
}
