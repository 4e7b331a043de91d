namespace ModelZoo.Inference.Images;

/// <summary>Filters by Pillow's numbers.</summary>
public enum Resample
{
    Nearest = 0,
    Lanczos = 1,
    Bilinear = 2,
    Bicubic = 3,
    Box = 4,
    Hamming = 5,
}

/// <summary>
/// Changes sizes as Pillow does (src/libImaging/Resample.c): the filter's support grows with the reduction, weights are normalised for each pixel and
/// rounded to 22 bits, columns first and rows after, each rounded to 8 bits.
/// </summary>
static class Resampling
{
    const int Precision = 32 - 8 - 2;

    public static Image Resize(Image image, int width, int height, Resample filter)
    {
        Image.RequireSize(width, height);
        if (filter == Resample.Nearest) return Nearest(image, width, height);
        if (width != image.Width) image = Columns(image, width, filter);
        return height != image.Height ? Rows(image, height, filter) : image;
    }

    static Image Nearest(Image image, int width, int height)
    {
        var (pixels, channels) = (new byte[width * height * image.Channels], image.Channels);
        var (columns, rows) = (Steps(image.Width, width), Steps(image.Height, height));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                image.Pixels.AsSpan(((rows[y] * image.Width) + columns[x]) * channels, channels).CopyTo(pixels.AsSpan(((y * width) + x) * channels));
        return new(width, height, channels, pixels);
    }

    /// <summary>Added up step by step, as Pillow does (Geometry.c, ImagingScaleAffine): where a step falls on the edge of a pixel, rounding decides.</summary>
    static int[] Steps(int oldSize, int newSize)
    {
        var step = (double)oldSize / newSize;
        var places = new int[newSize];
        var place = step * 0.5;
        for (var i = 0; i < newSize; i++, place += step) places[i] = Math.Min(oldSize - 1, (int)place);
        return places;
    }

    static Image Columns(Image image, int width, Resample filter)
    {
        var (weights, firsts, count) = Weigh(image.Width, width, filter);
        var (pixels, channels) = (new byte[width * image.Height * image.Channels], image.Channels);
        for (var y = 0; y < image.Height; y++)
        {
            var from = image.Pixels.AsSpan(y * image.Width * channels, image.Width * channels);
            for (var x = 0; x < width; x++)
            {
                var k = weights.AsSpan(x * count, count);
                var first = firsts[x] * channels;
                for (var c = 0; c < channels; c++)
                {
                    var sum = 1 << (Precision - 1);
                    for (var i = 0; i < k.Length && k[i] != int.MinValue; i++) sum += from[first + (i * channels) + c] * k[i];
                    pixels[(((y * width) + x) * channels) + c] = Clip(sum);
                }
            }
        }
        return new(width, image.Height, channels, pixels);
    }

    static Image Rows(Image image, int height, Resample filter)
    {
        var (weights, firsts, count) = Weigh(image.Height, height, filter);
        var stride = image.Width * image.Channels;
        var pixels = new byte[stride * height];
        var sums = new int[stride];
        for (var y = 0; y < height; y++)
        {
            Array.Fill(sums, 1 << (Precision - 1));
            var k = weights.AsSpan(y * count, count);
            for (var i = 0; i < k.Length && k[i] != int.MinValue; i++)
            {
                var from = image.Pixels.AsSpan((firsts[y] + i) * stride, stride);
                var weight = k[i];
                for (var x = 0; x < from.Length; x++) sums[x] += from[x] * weight;
            }
            for (var x = 0; x < stride; x++) pixels[(y * stride) + x] = Clip(sums[x]);
        }
        return new(image.Width, height, image.Channels, pixels);
    }

    static byte Clip(int sum) => (byte)Math.Clamp(sum >> Precision, 0, 255);

    /// <summary>For each new pixel the first old one that counts, and weights of those from it on; int.MinValue ends a list.</summary>
    static (int[] Weights, int[] Firsts, int Count) Weigh(int oldSize, int newSize, Resample filter)
    {
        var scale = (double)oldSize / newSize;
        var stretch = Math.Max(1, scale);
        var support = SupportOf(filter) * stretch;
        var count = ((int)Math.Ceiling(support) * 2) + 1;
        var (weights, firsts) = (new int[checked(newSize * count)], new int[newSize]);
        var real = new double[count];
        for (var x = 0; x < newSize; x++)
        {
            var centre = (x + 0.5) * scale;
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var length = Math.Min(oldSize, (int)(centre + support + 0.5)) - first;
            var sum = 0.0;
            for (var i = 0; i < length; i++) sum += real[i] = Value(filter, (i + first - centre + 0.5) / stretch);
            for (var i = 0; i < count; i++)
            {
                var weight = i < length && sum != 0 ? real[i] / sum : 0;
                weights[(x * count) + i] = i >= length ? int.MinValue : (int)((weight * (1 << Precision)) + (weight < 0 ? -0.5 : 0.5));
            }
            firsts[x] = first;
        }
        return (weights, firsts, count);
    }

    static double SupportOf(Resample filter) => filter switch
    {
        Resample.Box => 0.5,
        Resample.Bilinear or Resample.Hamming => 1,
        Resample.Bicubic => 2,
        Resample.Lanczos => 3,
        _ => throw new InferenceException(InferenceFault.Model, $"The filter {(int)filter} is not known; 0 to 5 are."),
    };

    static double Value(Resample filter, double x)
    {
        const double A = -0.5;      // Pillow's bicubic
        var far = Math.Abs(x);
        return filter switch
        {
            Resample.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
            Resample.Bilinear => far < 1 ? 1 - far : 0,
            Resample.Hamming => far == 0 ? 1 : far >= 1 ? 0 : Math.Sin(far * Math.PI) / (far * Math.PI) * (0.54 + (0.46 * Math.Cos(far * Math.PI))),
            Resample.Bicubic => far < 1 ? ((((A + 2) * far) - (A + 3)) * far * far) + 1 : far < 2 ? ((((far - 5) * far) + 8) * far - 4) * A : 0,
            _ => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0,
        };

        static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
    }
}
