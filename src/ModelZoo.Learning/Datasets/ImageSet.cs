using System.Security.Cryptography;

namespace ModelZoo.Learning.Datasets;

/// <summary>Small square grey images with ink from 0 to 16, and their classes.</summary>
/// <param name="Pixels">One byte a pixel, images one after the other, row-major.</param>
public sealed record ImageSet(string Name, int Side, int Classes, byte[] Pixels, byte[] Labels)
{
    public const int MaxInk = 16;

    public int Count => Labels.Length;

    public int PixelsEach => Side * Side;

    /// <summary>SHA-256 over the pixels: what the data is, whatever it is called.</summary>
    public string PixelDigest => Convert.ToHexStringLower(SHA256.HashData(Pixels));

    public ImageSet Slice(string name, int first, int count) =>
        this with { Name = name, Pixels = Pixels[(first * PixelsEach)..((first + count) * PixelsEach)], Labels = Labels[first..(first + count)] };

    /// <summary>Network input: ink / 8 − 1, exactly representable in [−1, 1].</summary>
    public void Read(int image, Span<float> input)
    {
        var pixels = Pixels.AsSpan(image * PixelsEach, PixelsEach);
        for (var i = 0; i < pixels.Length; i++) input[i] = pixels[i] / 8f - 1;
    }
}
