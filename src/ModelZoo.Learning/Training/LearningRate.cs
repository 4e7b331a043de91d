namespace ModelZoo.Learning.Training;

/// <summary>The factor on the learning rate at each step.</summary>
static class LearningRate
{
    /// <summary>Where one-cycle stands highest, and by how much it begins and ends lower (Smith and Topin 2018, arXiv:1708.07120; defaults of PyTorch's OneCycleLR).</summary>
    const double CyclePeak = 0.3;
    const double CycleStart = 1 / 25.0;
    const double CycleEnd = 1 / 25e4;

    /// <param name="step">From 0.</param>
    /// <param name="steps">In all epochs together.</param>
    public static double Factor(ScheduleKind kind, int warmup, long step, long steps)
    {
        if (kind == ScheduleKind.OneCycle) return OneCycle(step, steps);
        if (step < warmup) return (step + 1) / (double)warmup;
        return kind == ScheduleKind.Cosine ? 0.5 * (1 + Math.Cos(Math.PI * step / steps)) : 1;
    }

    static double OneCycle(long step, long steps)
    {
        var peak = Math.Max(1, CyclePeak * steps - 1);
        if (step <= peak) return Between(CycleStart, 1, step / peak);
        return Between(1, CycleEnd, (step - peak) / Math.Max(1, steps - 1 - peak));
    }

    static double Between(double from, double to, double part) => to + (from - to) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, part)));
}
