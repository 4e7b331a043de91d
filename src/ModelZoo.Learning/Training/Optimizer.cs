using System.Runtime.Intrinsics;

namespace ModelZoo.Learning.Training;

/// <summary>Moves parameters along their gradients. Weight decay applies to all tensors, as in the published populations.</summary>
/// <remarks>Adam: Kingma and Ba 2015, arXiv:1412.6980. AdamW: Loshchilov and Hutter 2019, arXiv:1711.05101. SGD with momentum as PyTorch defines it: v ← μv + g, beginning with g.</remarks>
sealed class Optimizer(TrainSettings settings, int count)
{
    const double Beta1 = 0.9;
    const double Beta2 = 0.999;
    const float Epsilon = 1e-8f;

    /// <summary>Mean of gradients (Adam, AdamW) or velocity (SGD).</summary>
    public float[] First { get; } = settings.Optimizer.Moments(settings.Momentum) > 0 ? new float[count] : [];

    /// <summary>Mean of squared gradients; empty for SGD.</summary>
    public float[] Second { get; } = settings.Optimizer.HasSecondMoments() ? new float[count] : [];

    /// <summary>Steps made.</summary>
    public long Steps { get; set; }

    /// <summary>One step on the numbers from <paramref name="first"/> on.</summary>
    public void Step(float[] parameters, float[] gradients, int first, double rate)
    {
        Steps++;
        Step(settings.Optimizer, parameters.AsSpan(first), gradients.AsSpan(first), Part(First), Part(Second), rate, settings.WeightDecay, settings.Momentum, Steps);

        Span<float> Part(float[] moments) => moments.Length > 0 ? moments.AsSpan(first) : [];
    }

    /// <summary>One step of any kind.</summary>
    /// <param name="g">Gradients; Adam adds its weight decay to them.</param>
    /// <param name="first">Means of gradients or velocity; empty for SGD without momentum.</param>
    /// <param name="second">Means of squares; empty for SGD.</param>
    /// <param name="steps">Made so far, this one included.</param>
    internal static void Step(OptimizerKind kind, Span<float> p, Span<float> g, Span<float> first, Span<float> second, double rate, double weightDecay, double momentum, long steps)
    {
        if (kind == OptimizerKind.Sgd)
        {
            Sgd(p, g, first, rate, weightDecay, momentum);
            return;
        }
        if (kind == OptimizerKind.Adam && weightDecay != 0)
        {
            var decay = (float)weightDecay;
            for (var i = 0; i < p.Length; i++) g[i] = MathF.FusedMultiplyAdd(decay, p[i], g[i]);
        }
        AdamW(p, g, first, second, rate, kind == OptimizerKind.AdamW ? weightDecay : 0, steps);
    }

    static void AdamW(Span<float> p, ReadOnlySpan<float> g, Span<float> m, Span<float> v, double rate, double weightDecay, long steps)
    {
        var keep = (float)(1 - rate * weightDecay);
        var step = (float)(rate / (1 - Math.Pow(Beta1, steps)));
        var correction = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, steps)));
        const float b1 = (float)Beta1, b2 = (float)Beta2, c1 = (float)(1 - Beta1), c2 = (float)(1 - Beta2);
        var i = 0;
        for (; i + 8 <= p.Length; i += 8)
        {
            var gi = Vector256.Create(g[i..]);
            var mi = Vector256.FusedMultiplyAdd(Vector256.Create(b1), Vector256.Create((ReadOnlySpan<float>)m[i..]), gi * Vector256.Create(c1));
            var vi = Vector256.FusedMultiplyAdd(Vector256.Create(b2), Vector256.Create((ReadOnlySpan<float>)v[i..]), gi * gi * Vector256.Create(c2));
            mi.CopyTo(m[i..]);
            vi.CopyTo(v[i..]);
            var down = Vector256.FusedMultiplyAdd(Vector256.Sqrt(vi), Vector256.Create(correction), Vector256.Create(Epsilon));
            (Vector256.Create((ReadOnlySpan<float>)p[i..]) * Vector256.Create(keep) - mi * Vector256.Create(step) / down).CopyTo(p[i..]);
        }
        for (; i < p.Length; i++)
        {
            m[i] = MathF.FusedMultiplyAdd(b1, m[i], g[i] * c1);
            v[i] = MathF.FusedMultiplyAdd(b2, v[i], g[i] * g[i] * c2);
            p[i] = p[i] * keep - m[i] * step / MathF.FusedMultiplyAdd(MathF.Sqrt(v[i]), correction, Epsilon);
        }
    }

    /// <param name="velocity">Empty: without momentum.</param>
    static void Sgd(Span<float> p, ReadOnlySpan<float> g, Span<float> velocity, double rate, double weightDecay, double momentumShare)
    {
        var (decay, momentum, lr) = ((float)weightDecay, (float)momentumShare, (float)rate);
        for (var i = 0; i < p.Length; i++)
        {
            var d = MathF.FusedMultiplyAdd(decay, p[i], g[i]);
            // A velocity of zero before the first step makes it begin with the gradient.
            if (velocity.Length > 0) d = velocity[i] = MathF.FusedMultiplyAdd(momentum, velocity[i], d);
            p[i] = MathF.FusedMultiplyAdd(-lr, d, p[i]);
        }
    }
}
