using ModelZoo.Evaluation.Data;
using ModelZoo.Inference;
using ModelZoo.Inference.Images;

namespace ModelZoo.Evaluation.Models;

/// <summary>Arrays of pixels as pictures.</summary>
public static class Pixels
{
    /// <summary>[height, width], [height, width, channels] or [channels, height, width], values 0 to 255.</summary>
    public static Image ToImage(NumberArray array)
    {
        var (height, width, channels, isLast) = array.Shape switch
        {
            [var h, var w] => (h, w, 1, true),
            [var h, var w, 1 or 3] => (h, w, array.Shape[2], true),
            [1 or 3, var h, var w] => (h, w, array.Shape[0], false),
            _ => throw new InferenceException(InferenceFault.Input, $"An array [{string.Join(", ", array.Shape)}] is no picture."),
        };
        var values = array.Values.Span;
        var pixels = new byte[values.Length];
        var plane = height * width;
        for (var i = 0; i < pixels.Length; i++)
        {
            var value = values[isLast ? i : ((i % channels) * plane) + (i / channels)];
            var whole = (byte)value;
            if (whole != value) throw new InferenceException(InferenceFault.Input, $"A pixel of {value} is not among the whole numbers 0 to 255; a task with such arrays says 'kind: tensor'.");
            pixels[i] = whole;
        }
        return new(width, height, channels, pixels);
    }
}
