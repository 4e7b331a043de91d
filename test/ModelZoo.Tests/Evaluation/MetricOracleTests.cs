using System.Diagnostics;
using System.Text.Json;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Metrics.Texts;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Tests.Evaluation;

/// <summary>Comparisons with scikit-learn, SciPy and NLTK of the machine's own Python, where it has them (Debian: python3-sklearn, python3-nltk).</summary>
public class MetricOracleTests
{
    [Fact]
    public void Metrics_agree_with_scikit_learn_and_SciPy()
    {
        var random = new Random(11);
        var cases = Enumerable.Range(0, 40).Select(_ =>
        {
            var n = random.Next(5, 200);
            int[] Draw(int below) => [.. Enumerable.Range(0, n).Select(_ => random.Next(below))];
            return (Labels: Draw(4), Predictions: Draw(5), Binary: Draw(2), Scores: Draw(12).Select(s => s / 11.0).ToArray(), Other: Draw(9).Select(s => s / 7.0).ToArray());
        }).ToList();
        var answers = Ask("""
            import sys, json, warnings
            warnings.filterwarnings("ignore")
            import numpy as np, sklearn.metrics as m, scipy.stats as s
            for line in sys.stdin:
                c = json.loads(line); y, p, b, x, z = c["Labels"], c["Predictions"], c["Binary"], c["Scores"], c["Other"]
                r = {"kappa": m.cohen_kappa_score(y, p), "mcc": m.matthews_corrcoef(y, p), "balanced_acc": m.balanced_accuracy_score(y, p),
                     "kendall_tau_b": s.kendalltau(x, z)[0], "spearman": s.spearmanr(x, z)[0], "pearson": s.pearsonr(x, z)[0], "r2": m.r2_score(z, x)}
                for a in ("micro", "macro", "weighted"):
                    q = m.precision_recall_fscore_support(y, p, average=a, zero_division=0)
                    r["precision " + a], r["recall " + a], r["f1 " + a] = q[0], q[1], q[2]
                if 0 < sum(b) < len(b):
                    r.update({"roc_auc": m.roc_auc_score(b, x), "pauc": m.roc_auc_score(b, x, max_fpr=0.1), "average_precision": m.average_precision_score(b, x)})
                k = sum(b)
                r["binom"] = s.binom.cdf(k, len(b), 0.37); r["t"] = 2 * s.t.sf(2.1, len(b)); r["beta"] = s.beta.ppf(0.975, k + 1, len(b) - k + 0.5)
                print(json.dumps({n: (None if v != v else float(v)) for n, v in r.items()}))
            """, cases.Select(c => JsonSerializer.Serialize(new { c.Labels, c.Predictions, c.Binary, c.Scores, c.Other })));
        var compared = 0;
        foreach (var (c, answer) in cases.Zip(answers))
        {
            Outcome[] labels = [.. c.Predictions.Zip(c.Labels, (p, y) => new LabelOutcome(p, y))], numbers = [.. c.Scores.Zip(c.Other, (x, z) => new NumberOutcome(x, z))];
            Outcome[] binary = [.. c.Scores.Zip(c.Binary, (x, b) => new NumberOutcome(x, b))];
            var hits = c.Binary.Sum();
            foreach (var expected in JsonDocument.Parse(answer).RootElement.EnumerateObject())
            {
                var words = expected.Name.Split(' ');
                double? actual = words[0] switch
                {
                    "binom" => Distributions.Binomial(hits, c.Binary.Length, 0.37),
                    "t" => Distributions.StudentTwoSided(2.1, c.Binary.Length),
                    "beta" => Distributions.BetaQuantile(0.975, hits + 1, c.Binary.Length - hits + 0.5),
                    _ => MetricCatalogue.Create(words[0], words.Length == 2 ? new Dictionary<string, object?> { ["average"] = words[1] } : null).Aggregate(
                        words[0] is "roc_auc" or "pauc" or "average_precision" ? binary : words[0] is "pearson" or "spearman" or "kendall_tau_b" or "r2" ? numbers : labels, new(BootstrapIterations: 0)).Value,
                };
                if (expected.Value.ValueKind == JsonValueKind.Null) Assert.Null(actual);
                else Assert.Equal(expected.Value.GetDouble(), actual!.Value, 1e-9);
                compared++;
            }
        }
        Assert.True(compared > 700, $"{compared} values");
    }

    [Fact]
    public void Stems_agree_with_NLTK()
    {
        string[] stems = ["relat", "gener", "oscillat", "happ", "tr", "condition", "troubl", "hop", "fall", "agre", "feudal", "vietnam", "sens", "radic", "caress", "pon", "t", "bl", "siz", "fizz", "electr", "analog", "cal", "ski", "d", "sk", "y", "oy", "apolog", "cri"];
        string[] endings = ["", "e", "ed", "ing", "s", "es", "ies", "ied", "y", "ly", "ational", "tional", "ization", "ally", "fully", "ness", "fulness", "ousness", "ement", "ment", "ent", "ion", "tion", "ance", "able", "ive", "iviti", "ibility", "logi", "ology", "ical", "icate", "ative", "alize", "iciti", "ying", "eed", "eeds", "ll", "lls", "sses"];
        string[] words = [.. stems.SelectMany(stem => endings.Select(ending => stem + ending)), "sky", "skies", "dying", "news", "innings", "proceed", "exceed", "succeed", "inning", "a", "is"];
        var answers = Ask("""
            import sys
            from nltk.stem.porter import PorterStemmer
            p = PorterStemmer()
            for line in sys.stdin: print(p.stem(line.strip()))
            """, words);
        foreach (var (word, stem) in words.Zip(answers)) Assert.True(stem == PorterStemmer.Stem(word), $"{word}: {PorterStemmer.Stem(word)} instead of {stem}");
    }

    static string[] Ask(string script, IEnumerable<string> lines)
    {
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (read, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            try
            {
                foreach (var line in lines) process.StandardInput.WriteLine(line);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended early; what it says about that follows.
            }
            process.WaitForExit();
            var complaint = errors.Result;
            if (complaint.Contains("ModuleNotFoundError", StringComparison.Ordinal)) Assert.Skip($"Python lacks a module: {complaint.Trim().Split('\n')[^1]}");
            Assert.True(process.ExitCode == 0, complaint);
            return read.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not here.");
            return [];
        }
    }
}
