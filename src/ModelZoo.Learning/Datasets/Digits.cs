using System.IO.Compression;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Datasets;

/// <summary>
/// Optical recognition of handwritten digits, 8 × 8 (E. Alpaydin and C. Kaynak, UCI Machine Learning Repository 1998, doi:10.24432/C50P49), read from
/// the comma-separated file that scikit-learn bundles: 64 pixels and the class in each row.
/// </summary>
public static class Digits
{
    public const int Classes = 10;
    public const int Side = 8;

    /// <summary>Rows of train, validation and test, in the order of the file, which is grouped by writer.</summary>
    public const int TrainCount = 1000;
    public const int ValCount = 297;
    public const int TestCount = 500;

    const int MaxBytes = 1 << 20;
    const ulong NoiseSeed = 99;

    /// <param name="content">The file, packed by gzip or plain.</param>
    /// <exception cref="InvalidDataException">The content is not that data set.</exception>
    public static ImageSet Parse(ReadOnlySpan<byte> content)
    {
        var text = content.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? Unpack(content) : content.ToArray();
        var pixels = new List<byte>();
        var labels = new List<byte>();
        var row = new List<byte>(65);
        var number = -1;
        foreach (var b in text)
        {
            if (b is >= (byte)'0' and <= (byte)'9') number = Math.Max(number, 0) * 10 + b - '0';
            else if (b is (byte)',' or (byte)'\n')
            {
                if (number is < 0 or > ImageSet.MaxInk) throw new InvalidDataException($"Row {labels.Count + 1} holds a number outside 0 to {ImageSet.MaxInk}.");
                row.Add((byte)number);
                number = -1;
                if (b == '\n') Take(row, pixels, labels);
            }
            else if (b != '\r') throw new InvalidDataException($"Row {labels.Count + 1} holds something that is no number.");
        }
        if (number >= 0) row.Add((byte)number);
        if (row.Count > 0) Take(row, pixels, labels);
        if (labels.Count != TrainCount + ValCount + TestCount) throw new InvalidDataException($"The file has {labels.Count} rows; the data set has 1797.");
        return new("digits", Side, Classes, [.. pixels], [.. labels]);
    }

    public static ImageSet Train(ImageSet all) => all.Slice("train", 0, TrainCount);

    public static ImageSet Val(ImageSet all) => all.Slice("val", TrainCount, ValCount);

    public static ImageSet Test(ImageSet all) => all.Slice("test", TrainCount + ValCount, TestCount);

    /// <summary>The test images with whole-numbered noise from −5 to 5 on each pixel, always the same.</summary>
    public static ImageSet NoisyTest(ImageSet all)
    {
        var test = Test(all);
        var stream = new RandomSource(Fnv1a64.Hash("noise") ^ NoiseSeed);
        var pixels = test.Pixels.ToArray();
        foreach (ref var pixel in pixels.AsSpan()) pixel = (byte)Math.Clamp(pixel + stream.Between(-5, 5), 0, ImageSet.MaxInk);
        return test with { Name = "test_noisy", Pixels = pixels };
    }

    static void Take(List<byte> row, List<byte> pixels, List<byte> labels)
    {
        if (row.Count != 65 || row[64] >= Classes) throw new InvalidDataException($"Row {labels.Count + 1} does not hold 64 pixels and a class from 0 to 9.");
        pixels.AddRange(row[..64]);
        labels.Add(row[64]);
        row.Clear();
    }

    static byte[] Unpack(ReadOnlySpan<byte> content)
    {
        using var gzip = new GZipStream(new MemoryStream(content.ToArray()), CompressionMode.Decompress);
        var text = new byte[MaxBytes];
        var length = gzip.ReadAtLeast(text, MaxBytes, throwOnEndOfStream: false);
        return length < MaxBytes ? text[..length] : throw new InvalidDataException("The file is longer than the data set.");
    }
}
