using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.FineTuning;

static class EncoderActivations
{
    const float Cubic = 0.044715f;
    const float SqrtTwoOverPi = 0.7978845608f;

    /// <summary>Replaces each number by the function's value and writes the slope beside it.</summary>
    public static void Apply(EncoderActivation kind, Span<float> values, Span<float> slopes)
    {
        switch (kind)
        {
            case EncoderActivation.Gelu: Activations.Apply(Activation.Gelu, values, slopes); break;
            case EncoderActivation.Relu: Activations.Apply(Activation.Relu, values, slopes); break;
            case EncoderActivation.GeluTanh:
                for (var i = 0; i < values.Length; i++)
                {
                    var x = values[i];
                    var t = MathF.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x));
                    values[i] = 0.5f * x * (1 + t);
                    slopes[i] = 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * SqrtTwoOverPi * (1 + 3 * Cubic * x * x);
                }
                break;
            default:
                for (var i = 0; i < values.Length; i++)
                {
                    var x = values[i];
                    var s = 1 / (1 + MathF.Exp(-x));
                    values[i] = x * s;
                    slopes[i] = s * (1 + x * (1 - s));
                }
                break;
        }
    }
}
