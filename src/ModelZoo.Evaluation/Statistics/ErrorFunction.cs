namespace ModelZoo.Evaluation.Statistics;

/// <summary>The complementary error function, by W. J. Cody's rational approximations (Mathematics of Computation 23, 1969).</summary>
static class ErrorFunction
{
    static readonly double[] s_a = [1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03];
    static readonly double[] s_b = [1, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03];
    static readonly double[] s_c =
    [
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02,
        8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03,
    ];
    static readonly double[] s_d =
    [
        1, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
        3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
    ];
    static readonly double[] s_p = [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4];
    static readonly double[] s_q = [1, 2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3];

    public static double Complement(double x)
    {
        var size = Math.Abs(x);
        if (size <= 0.46875) return 1 - x * Ratio(s_a, s_b, size * size);
        double tail;
        if (size <= 4)
        {
            tail = Gauss(size) * Ratio(s_c, s_d, size);
        }
        else if (size > 26.6)
        {
            tail = 0;
        }
        else
        {
            var inverse = 1 / (size * size);
            tail = Gauss(size) * (0.5641895835477562869 - inverse * Ratio(s_p, s_q, inverse)) / size;
        }
        return x < 0 ? 2 - tail : tail;
    }

    /// <summary>e^(−x²), with x cut to a sixteenth first so that the square is exact.</summary>
    static double Gauss(double x)
    {
        var cut = Math.Truncate(x * 16) / 16;
        return Math.Exp(-cut * cut) * Math.Exp(-(x - cut) * (x + cut));
    }

    static double Ratio(double[] above, double[] below, double x)
    {
        var (top, bottom) = (0.0, 0.0);
        foreach (var coefficient in above) top = top * x + coefficient;
        foreach (var coefficient in below) bottom = bottom * x + coefficient;
        return top / bottom;
    }
}
