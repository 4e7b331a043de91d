using System.Security.Cryptography;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Datasets;

/// <summary>Small square images, grey or in colours, with ink from 0 to <see cref="Full"/>, and their classes.</summary>
/// <param name="Pixels">One byte a value: [images, channels, side, side].</param>
public sealed record ImageSet(string Name, int Side, int Classes, byte[] Pixels, byte[] Labels)
{
    public const int MaxInk = 16;

    /// <summary>The value of full ink: 16 for the data made here, 255 for ordinary grey images.</summary>
    public int Full { get; init; } = MaxInk;

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; init; } = 1;

    public int Count => Labels.Length;

    /// <summary>Values of one image: channels × side × side.</summary>
    public int PixelsEach => Channels * Side * Side;

    public DatasetFacts Facts => new(Classes, Count, Side, Channels);

    /// <summary>True when a network of this architecture takes these images.</summary>
    public bool Fits(Architecture model) => model.Image == Side && model.Channels == Channels;

    /// <summary>SHA-256 over the pixels: what the data is, whatever it is called.</summary>
    public string PixelDigest => Convert.ToHexStringLower(SHA256.HashData(Pixels));

    public ImageSet Slice(string name, int first, int count) =>
        this with { Name = name, Pixels = Pixels[(first * PixelsEach)..((first + count) * PixelsEach)], Labels = Labels[first..(first + count)] };

    /// <summary>Network input from −1 to 1: ink / 8 − 1 where full ink is 16, which floats hold exactly.</summary>
    public void Read(int image, Span<float> input)
    {
        var pixels = Pixels.AsSpan(image * PixelsEach, PixelsEach);
        var half = Full / 2f;
        for (var i = 0; i < pixels.Length; i++) input[i] = pixels[i] / half - 1;
    }
}
