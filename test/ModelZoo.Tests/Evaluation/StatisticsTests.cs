using System.Diagnostics;
using System.Globalization;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Tests.Evaluation;

public class StatisticsTests
{
    [Fact]
    public void Distributions_agree_with_known_values()
    {
        // Values of SciPy 1.10.
        Assert.Equal(0.8427007929497149, 1 - Erfc(1), 1e-15);
        Assert.Equal(4.677734981047266e-03, Erfc(2), 1e-17);
        Assert.Equal(2.088487583762545e-45, Erfc(10), 1e-58);
        Assert.Equal(1.5, Erfc(-0.4769362762044699), 1e-14);
        Assert.Equal(-1.6448536269514729, Distributions.NormalQuantile(0.05), 1e-14);
        Assert.Equal(5.997807015008182, Distributions.NormalQuantile(1 - 1e-9), 1e-7);
        Assert.Equal(0.05, Distributions.StudentTwoSided(12.706204736174705, 1), 1e-12);
        Assert.Equal(1131.284001332255, Distributions.LogGamma(250.5), 1e-11);
        Assert.Equal(0.5723649429247001, Distributions.LogGamma(0.5), 1e-14);
        Assert.Equal(0.5, Distributions.Beta(0.5, 12345, 12345), 1e-12);
        Assert.Equal(0.1719, Distributions.Binomial(3, 10, 0.5), 4e-5);
        static double Erfc(double x) => 2 * Distributions.Normal(-x * Math.Sqrt(2));
    }

    [Fact]
    public void Quantiles_undo_the_distributions()
    {
        foreach (var p in new[] { 1e-12, 1e-4, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999 })
        {
            Assert.Equal(p, Distributions.Normal(Distributions.NormalQuantile(p)), 1e-14);
            foreach (var (a, b) in new[] { (0.5, 0.5), (1.0, 20.0), (45.0, 6.0), (9891.0, 110.0), (5e5, 5e5) })
                Assert.Equal(p, Distributions.Beta(Distributions.BetaQuantile(p, a, b), a, b), 1e-10);
        }
    }

    [Fact]
    public void Binomial_sums_are_sums()
    {
        foreach (var (n, p) in new[] { (1, 0.3), (10, 0.5), (17, 0.93), (60, 0.01) })
        {
            var (sum, term) = (0.0, Math.Pow(1 - p, n));
            for (var k = 0; k <= n; k++)
            {
                sum += term;
                Assert.Equal(sum, Distributions.Binomial(k, n, p), 1e-12);
                term *= (n - k) / (k + 1.0) * p / (1 - p);
            }
        }
    }

    [Fact]
    public void Intervals_hold_the_share_and_grow_with_confidence()
    {
        for (var n = 1; n < 40; n++)
            for (var hits = 0; hits <= n; hits++)
            {
                var (wilson, exact, wide) = (Uncertainty.Wilson(hits, n), Uncertainty.ClopperPearson(hits, n), Uncertainty.ClopperPearson(hits, n, 0.99));
                Assert.True(wilson.Low <= (double)hits / n && (double)hits / n <= wilson.High && 0 <= wilson.Low && wilson.High <= 1);
                Assert.True(exact.Low <= (double)hits / n && (double)hits / n <= exact.High);
                Assert.True(wide.Low <= exact.Low && exact.High <= wide.High);
            }
    }

    [Fact]
    public void Bootstrap_of_a_share_comes_near_its_formula()
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(i => i % 3 == 0 ? 1.0 : 0)];
        var drawn = Bootstrap.Resample(400, 4000, weights => weights.ToArray().Zip(values, (w, x) => w * x).Sum() / 400);
        Assert.Equal(Uncertainty.StandardErrorOfMean(values)!.Value, Bootstrap.StandardError(drawn)!.Value, 1e-3);
        var interval = Bootstrap.PercentileInterval(drawn)!;
        var normal = Uncertainty.Normal(Uncertainty.Mean(values), Uncertainty.StandardErrorOfMean(values)!.Value);
        Assert.Equal(normal.Low, interval.Low, 1e-2);
        Assert.Equal(normal.High, interval.High, 1e-2);
    }

    [Fact]
    public void Resamples_in_which_a_statistic_is_undefined_are_left_out()
    {
        var drawn = Bootstrap.Resample(2, 1000, weights => weights[0] == 0 ? double.NaN : weights[0]);
        Assert.InRange(drawn.Length, 700, 800);
        Assert.Null(Bootstrap.StandardError([]));
    }

    [Fact]
    public void Paired_bootstrap_finds_a_difference_and_none()
    {
        double[] first = [.. Enumerable.Range(0, 200).Select(i => Math.Sin(i))], second = [.. first.Select((x, i) => x + 0.1 + 0.05 * Math.Cos(7 * i))];
        var better = PairedTests.Bootstrap(first, second, 1234);
        Assert.Equal(0.1, better.Difference, 1e-2);
        Assert.True(better.P < 0.001 && better.Ci95.Low > 0);
        Assert.Equal(1, PairedTests.Bootstrap(first, first, 1234).P);
        Assert.Equal(better, PairedTests.Bootstrap(first, second, 1234));
    }

    [Fact]
    public void CPython_draws_the_same()
    {
        const string script = """
            import random
            for seed in (0, 1, 1234, -7, 2**32, 2**63 - 1):
                r = random.Random(seed)
                print(seed, r.random(), r.getrandbits(7), r.getrandbits(53), r.getrandbits(64), r.randrange(10**12), r.choices(range(1000), k=3), r.sample(range(100000), 7), r.sample(range(30), 6), r.expovariate(2.5))
            """;
        string output;
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-c", script]) { RedirectStandardOutput = true })!;
            output = python.StandardOutput.ReadToEnd();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not here.");
            return;
        }
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var seed = long.Parse(line.Split(' ')[0]);
            var random = new PythonRandom(seed);
            string List(int[] items) => $"[{string.Join(", ", items)}]";
            var ours = string.Create(CultureInfo.InvariantCulture, $"{seed} {random.Random()} {random.GetRandBits(7)} {random.GetRandBits(53)} {random.GetRandBits(64)} {random.Below(1_000_000_000_000)} {List(random.Choices(1000, 3))} {List(random.Sample(100_000, 7))} {List(random.Sample(30, 6))} {random.Exponential(2.5)}");
            Assert.Equal(line, ours);
        }
    }
}
