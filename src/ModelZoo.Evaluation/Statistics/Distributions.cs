namespace ModelZoo.Evaluation.Statistics;

/// <summary>Normal, Student, beta and binomial distributions, to about fourteen digits.</summary>
public static class Distributions
{
    /// <summary>Of the 95 % interval: the normal quantile at 0.975.</summary>
    public const double Z95 = 1.959963984540054;

    const double LogSqrtTwoPi = 0.918938533204672741780329736406;

    /// <summary>P(Z ≤ z) for a standard normal Z.</summary>
    public static double Normal(double z) => 0.5 * ErrorFunction.Complement(-z / Math.Sqrt(2));

    /// <summary>P(|Z| ≥ |z|).</summary>
    public static double NormalTwoSided(double z) => ErrorFunction.Complement(Math.Abs(z) / Math.Sqrt(2));

    /// <summary>The z with P(Z ≤ z) = <paramref name="probability"/>.</summary>
    public static double NormalQuantile(double probability)
    {
        if (!(probability is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(probability));
        if (probability == 0.5) return 0;
        var tail = Math.Min(probability, 1 - probability);
        // A rational start (Abramowitz and Stegun 26.2.23, good to 4.5e-4), then Newton steps on the distribution itself.
        var t = Math.Sqrt(-2 * Math.Log(tail));
        var z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
        for (var step = 0; step < 4; step++)
        {
            var density = Math.Exp(-0.5 * z * z - LogSqrtTwoPi);
            if (density == 0) break;
            z += (0.5 * ErrorFunction.Complement(z / Math.Sqrt(2)) - tail) / density;
        }
        return probability < 0.5 ? -z : z;
    }

    /// <summary>P(X ≥ x) for chi-squared with one degree of freedom.</summary>
    public static double ChiSquaredSurvival(double x) => x <= 0 ? 1 : ErrorFunction.Complement(Math.Sqrt(x / 2));

    /// <summary>P(|T| ≥ |t|) for Student's distribution.</summary>
    public static double StudentTwoSided(double t, double degrees) => double.IsInfinity(t) ? 0 : Beta(degrees / (degrees + t * t), degrees / 2, 0.5);

    /// <summary>P(X ≤ hits) for X binomial of n tries with the given probability.</summary>
    public static double Binomial(long hits, long tries, double probability) =>
        hits < 0 ? 0 : hits >= tries ? 1 : Beta(1 - probability, tries - hits, hits + 1);

    /// <summary>The regularised incomplete beta function I_x(a, b).</summary>
    public static double Beta(double x, double a, double b)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        var front = BetaFront(x, a, b);
        // The continued fraction converges fast on the side of the mean where the tail is.
        return x < (a + 1) / (a + b + 2) ? front * BetaFraction(x, a, b) / a : 1 - front * BetaFraction(1 - x, b, a) / b;
    }

    /// <summary>The x with I_x(a, b) = <paramref name="probability"/>.</summary>
    public static double BetaQuantile(double probability, double a, double b)
    {
        if (probability <= 0) return 0;
        if (probability >= 1) return 1;
        var (low, high) = (0.0, 1.0);
        var x = a / (a + b);
        for (var step = 0; step < 200; step++)
        {
            var excess = Beta(x, a, b) - probability;
            if (excess == 0) return x;
            if (excess > 0) high = x;
            else low = x;
            var next = x - excess / (BetaFront(x, a, b) / (x * (1 - x)));
            if (!(next > low && next < high)) next = (low + high) / 2;
            if (Math.Abs(next - x) <= 1e-16 * x || high - low <= double.Epsilon) return next;
            x = next;
        }
        return x;
    }

    public static double LogGamma(double x)
    {
        // Shifted up until Stirling's series holds to the last digit.
        var product = 1.0;
        for (; x < 15; x++) product *= x;
        return (x - 0.5) * Math.Log(x) - x + LogSqrtTwoPi + StirlingSeries(x) - Math.Log(product);
    }

    /// <summary>x^a (1−x)^b / B(a, b), by the saddle-point form, which keeps its digits when a and b are large (C. Loader, 2000).</summary>
    static double BetaFront(double x, double a, double b)
    {
        var n = a + b;
        var log = StirlingError(n) - StirlingError(a) - StirlingError(b) - Deviance(a, n * x) - Deviance(b, n * (1 - x));
        return Math.Exp(log) * Math.Sqrt(a * b / (2 * Math.PI * n));
    }

    /// <summary>ln Γ(n+1) − (n + ½) ln n + n − ln √2π.</summary>
    static double StirlingError(double n) =>
        n > 15 ? StirlingSeries(n) : LogGamma(n + 1) - (n + 0.5) * Math.Log(n) + n - LogSqrtTwoPi;

    static double StirlingSeries(double n)
    {
        var square = n * n;
        return (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0 - (1 / 1188.0 - 691 / 360360.0 / square) / square) / square) / square) / square) / n;
    }

    /// <summary>x ln(x/mean) + mean − x, without the loss of digits where the two are near.</summary>
    static double Deviance(double x, double mean)
    {
        if (Math.Abs(x - mean) < 0.1 * (x + mean))
        {
            var v = (x - mean) / (x + mean);
            var sum = (x - mean) * v;
            var term = 2 * x * v;
            for (var j = 1; j < 1000; j++)
            {
                term *= v * v;
                var next = sum + term / (2 * j + 1);
                if (next == sum) break;
                sum = next;
            }
            return sum;
        }
        return x * Math.Log(x / mean) + mean - x;
    }

    /// <summary>Lentz's method for the continued fraction of the incomplete beta function (Numerical Recipes, 6.4).</summary>
    static double BetaFraction(double x, double a, double b)
    {
        const double tiny = 1e-300;
        double c = 1, d = Kept(1 - (a + b) * x / (a + 1));
        d = 1 / d;
        var result = d;
        for (var m = 1; m < 100_000; m++)
        {
            var even = m * (b - m) * x / ((a - 1 + 2 * m) * (a + 2 * m));
            d = 1 / Kept(1 + even * d);
            c = Kept(1 + even / c);
            result *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 1 + 2 * m));
            d = 1 / Kept(1 + odd * d);
            c = Kept(1 + odd / c);
            var factor = d * c;
            result *= factor;
            if (Math.Abs(factor - 1) < 1e-16) break;
        }
        return result;

        static double Kept(double value) => Math.Abs(value) < tiny ? tiny : value;
    }
}
