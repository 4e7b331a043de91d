namespace ModelZoo.Inference.Images;

/// <summary>A picture in memory: rows from the top, channels side by side, 8 bits each; one channel (grey) or three (red, green, blue).</summary>
/// <param name="Pixels">[height, width, channels].</param>
public sealed record Image(int Width, int Height, int Channels, byte[] Pixels)
{
    /// <summary>Most pixels that are decoded; 64 million are a picture of 8,000 × 8,000.</summary>
    public const long MaxPixels = 64_000_000;

    /// <summary>The 16-bit values of a grey picture that has them; <see cref="Pixels"/> then holds their upper halves.</summary>
    public ushort[]? Deep { get; init; }

    /// <summary>EXIF's orientation, 1 to 8; 1 is upright. Reported, not applied: models are evaluated on pixels as they are stored.</summary>
    public int Orientation { get; init; } = 1;

    /// <exception cref="InferenceException">The bytes are of no supported format, broken, or too large.</exception>
    public static Image Decode(ReadOnlyMemory<byte> bytes)
    {
        var start = bytes.Span;
        try
        {
            if (start.StartsWith(PngReader.Magic)) return PngReader.Read(bytes);
            if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return Jpeg.JpegReader.Read(bytes.Span);
            if (start.StartsWith("P5"u8) || start.StartsWith("P6"u8)) return PlainReaders.ReadNetpbm(start);
            if (start.StartsWith("BM"u8)) return PlainReaders.ReadBitmap(start);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentOutOfRangeException or OverflowException or InvalidDataException or EndOfStreamException)
        {
            // Readers index into the bytes they were given; running off their end means the same everywhere.
            throw Bad("The picture is truncated or broken.");
        }
        if (start.Length > 12 && start.StartsWith("RIFF"u8) && start[8..12].SequenceEqual("WEBP"u8)) throw Bad("WebP pictures are not read; convert them to PNG or JPEG.");
        if (start.StartsWith("GIF8"u8)) throw Bad("GIF pictures are not read; convert them to PNG or JPEG.");
        throw Bad("The bytes are no picture of a known format; PNG, JPEG, PPM, PGM and BMP are read.");
    }

    public Image ToRgb()
    {
        if (Channels == 3) return this;
        var pixels = new byte[Pixels.Length * 3];
        for (var i = 0; i < Pixels.Length; i++) pixels.AsSpan(i * 3, 3).Fill(Pixels[i]);
        return new(Width, Height, 3, pixels);
    }

    /// <summary>Luma as ITU-R 601-2 weighs it, in Pillow's fixed point.</summary>
    public Image ToGrey()
    {
        if (Channels == 1) return this;
        var pixels = new byte[Width * Height];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(((Pixels[3 * i] * 19595) + (Pixels[(3 * i) + 1] * 38470) + (Pixels[(3 * i) + 2] * 7471) + 0x8000) >> 16);
        return new(Width, Height, 1, pixels);
    }

    /// <summary>As Pillow resizes.</summary>
    public Image Resize(int width, int height, Resample filter) => Resampling.Resize(this, width, height, filter);

    /// <summary>A part; what lies outside the picture is black.</summary>
    public Image Crop(int left, int top, int width, int height)
    {
        RequireSize(width, height);
        var pixels = new byte[width * height * Channels];
        var (from, to) = (Math.Max(0, left), Math.Min(Width, left + width));
        for (var y = Math.Max(0, -top); y < height && top + y < Height && to > from; y++)
            Pixels.AsSpan((((top + y) * Width) + from) * Channels, (to - from) * Channels).CopyTo(pixels.AsSpan(((y * width) + from - left) * Channels));
        return new(width, height, Channels, pixels);
    }

    /// <summary>The middle; a picture that is too small gets black around it, as transformers' center_crop does.</summary>
    public Image CropCentre(int width, int height) => Crop(Offset(Width, width), Offset(Height, height), width, height);

    /// <summary>Half the difference, rounded down also when it is negative.</summary>
    static int Offset(int has, int wants) => (has - wants) >> 1;

    internal static void RequireSize(long width, long height)
    {
        if (width <= 0 || height <= 0) throw Bad($"A picture of {width} × {height} has no pixels.");
        if (width > MaxPixels || height > MaxPixels || width * height > MaxPixels) throw new InferenceException(InferenceFault.Limit, $"A picture of {width} × {height} has more than {MaxPixels} pixels.");
    }

    internal static InferenceException Bad(string message) => new(InferenceFault.Input, message);
}
