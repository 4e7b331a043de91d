namespace ModelZoo.Learning.Merging;

/// <summary>How δ entries that survive a random drop are made up for.</summary>
public enum Rescale { None, Inverse, L1 }

/// <summary>How models become one. x_i are the inputs in the order given, b the base, δ_i = x_i − b; all in float64, rounded once at the end.</summary>
public abstract record MergeMethod
{
    public virtual bool NeedsBase => false;

    public virtual int FewestInputs => 1;

    public virtual int MostInputs => int.MaxValue;
}

/// <summary>(Σ w x)/(Σ w): uniform, weighted and epoch soups. Without normalising, Σ w x.</summary>
/// <remarks>Wortsman et al. 2022, arXiv:2203.05482.</remarks>
public sealed record Average(bool Normalize = true) : MergeMethod;

/// <summary>(1 − α) b + α x.</summary>
/// <remarks>WiSE-FT: Wortsman et al. 2021, arXiv:2109.01903.</remarks>
public sealed record Interpolation(TensorParameter Alpha) : MergeMethod
{
    public override bool NeedsBase => true;

    public override int MostInputs => 1;
}

/// <summary>e ← β e + (1 − β) x over the inputs in order, beginning with the first.</summary>
public sealed record MovingAverage(double Beta) : MergeMethod;

/// <summary>b + λ Σ w δ; with normalising, b + λ (Σ w δ)/(Σ w).</summary>
/// <remarks>Ilharco et al. 2022, arXiv:2212.04089.</remarks>
public sealed record TaskArithmetic(double Lambda = 1, bool Normalize = false) : MergeMethod
{
    public override bool NeedsBase => true;
}

/// <summary>Along the great circle from the first input to the second, tensor by tensor.</summary>
public sealed record Slerp(TensorParameter T) : MergeMethod
{
    public override int FewestInputs => 2;

    public override int MostInputs => 2;
}

/// <summary>Keep the largest differences of each input, elect a sign for each entry, average those that agree.</summary>
/// <remarks>Yadav et al. 2023, arXiv:2306.01708.</remarks>
public sealed record Ties(double Lambda = 1, bool Normalize = true) : MergeMethod
{
    public override bool NeedsBase => true;
}

/// <summary>Drop differences at random, make up for it, then sum or elect. Masks come from named streams, so the recipe alone determines the result.</summary>
/// <remarks>Yu et al. 2023, arXiv:2311.03099. An input's density is the share that is kept.</remarks>
public sealed record Dare(double Lambda = 1, bool Elect = false, bool Normalize = false, Rescale Rescale = Rescale.Inverse, ulong Seed = 0) : MergeMethod
{
    public override bool NeedsBase => true;
}

/// <summary>Drop the γ largest differences as outliers and the smallest as noise; the share that an input's density says stays.</summary>
/// <remarks>Davari and Belilovsky 2023, arXiv:2312.06795.</remarks>
public sealed record Breadcrumbs(double Gamma = 0.01, double Lambda = 1, bool Elect = false, bool Normalize = false) : MergeMethod
{
    public override bool NeedsBase => true;
}

/// <summary>Drop differences at random, small ones rather than large ones: kept with a probability from density − ε (smallest) to density + ε (largest).</summary>
/// <remarks>Deep et al. 2024, arXiv:2406.11617.</remarks>
public sealed record Della(double Epsilon = 0.15, double Lambda = 1, bool Elect = true, bool Normalize = true, ulong Seed = 0) : MergeMethod
{
    public override bool NeedsBase => true;
}

/// <summary>b + t·mean δ with t from the mean angle between the differences, for each tensor or each row of a matrix.</summary>
/// <remarks>Jang et al. 2024, arXiv:2403.19522.</remarks>
public sealed record ModelStock(bool PerRow = false) : MergeMethod
{
    public override bool NeedsBase => true;

    public override int FewestInputs => 2;
}

/// <summary>The spherical mean of the normalised tensors, scaled by their mean norm.</summary>
public sealed record Karcher(int MaxIterations = 100, double Tolerance = 1e-12) : MergeMethod;
