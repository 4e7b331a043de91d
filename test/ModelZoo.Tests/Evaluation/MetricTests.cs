using System.Diagnostics;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Metrics.Texts;

namespace ModelZoo.Tests.Evaluation;

public class MetricTests
{
    static readonly MetricSeeds s_plain = new(BootstrapIterations: 0);

    static ChoiceOutcome Choice(double[] likelihoods, params int[] golds) => new(likelihoods, null, [.. likelihoods.Select((_, i) => $" c{i}")], golds);
    static TextOutcome Text(object? prediction, params string[] references) => new(prediction, references);
    static double? Value(string metric, params Outcome[] outcomes) => MetricCatalogue.Create(metric).Aggregate(outcomes, s_plain).Value;

    [Fact]
    public void Every_name_makes_a_metric_and_states_its_facts()
    {
        foreach (var name in MetricCatalogue.Names)
        {
            var asked = name.Replace("@k", "@3", StringComparison.Ordinal);
            var (metric, facts) = (MetricCatalogue.Create(asked), MetricCatalogue.FindFacts(asked)!);
            Assert.Equal((asked, asked, metric.HigherIsBetter, metric.Range), (metric.Name, facts.Name, facts.HigherIsBetter, facts.Range));
            Assert.Contains("no samples", Assert.Throws<EvaluationException>(() => metric.Aggregate([], new())).Message);
        }
    }

    [Theory]
    [InlineData("acc_norn", "'acc_norm'")]
    [InlineData("rouge_1", "'rouge1'")]
    [InlineData("bits_per_bite", "'bits_per_byte'")]
    [InlineData("ndcg@0", "ndcg")]
    public void An_unknown_name_is_refused_with_the_nearest(string name, string nearest) =>
        Assert.Contains(nearest, Assert.Throws<EvaluationException>(() => MetricCatalogue.Create(name)).Message);

    [Theory]
    [InlineData("f1", "average", "middle")]
    [InlineData("ece", "bins", 0L)]
    [InlineData("acc", "k", 5L)]
    [InlineData("exact_match", "ignore_case", "yes")]
    [InlineData("exact_match", "regexes_to_ignore", "(")]
    [InlineData("pauc", "max_fpr", 2.0)]
    public void Wrong_options_are_refused(string metric, string option, object value) =>
        Assert.Throws<EvaluationException>(() => MetricCatalogue.Create(metric, new Dictionary<string, object?> { [option] = value }));

    [Fact]
    public void Likelihoods_that_are_no_numbers_are_refused_and_impossible_choices_never_win()
    {
        Assert.Throws<EvaluationException>(() => Value("acc", Choice([double.NaN, -1], 0)));
        Assert.Throws<EvaluationException>(() => Value("acc", Choice([double.PositiveInfinity, -1], 0)));
        Assert.Throws<EvaluationException>(() => Value("acc", Choice([double.NegativeInfinity, double.NegativeInfinity], 0)));
        Assert.Equal(1, Value("acc", Choice([double.NegativeInfinity, -900], 1)));
        Assert.Equal(1, Value("brier", Choice([double.NegativeInfinity, -900], 1)) + 1);
        Assert.Throws<EvaluationException>(() => Value("nll", new ClassOutcome([0.5, double.NaN], 0)));
        Assert.Throws<EvaluationException>(() => Value("mse", new NumberOutcome(double.PositiveInfinity, 0)));
        Assert.Throws<EvaluationException>(() => Value("perplexity", new LikelihoodOutcome(double.NaN, true)));
        Assert.Throws<EvaluationException>(() => Value("acc", new ClassOutcome([0.5, 0.5], 2)));
    }

    [Fact]
    public void Golds_outside_the_choices_never_count_and_any_of_several_does()
    {
        Assert.Equal(0, Value("acc", Choice([-1, -2], -100)));
        Assert.Equal(1, Value("acc", Choice([-1, -2], 1, 0)));
        Assert.Equal(0, Value("acc", Choice([-1, -1], 1)));
        Assert.Equal(Math.Exp(-1) / (Math.Exp(-1) + Math.Exp(-2) + Math.Exp(-3)) + Math.Exp(-3) / (Math.Exp(-1) + Math.Exp(-2) + Math.Exp(-3)), Value("mc2", Choice([-1, -2, -3], 0, 2))!.Value, 1e-15);
    }

    [Fact]
    public void What_was_not_answered_is_wrong()
    {
        Assert.Equal(0.5, Value("acc", new LabelOutcome(-1, 0), new LabelOutcome(1, 1)));
        Assert.Equal(0.5, Value("acc", new ClassOutcome([], 0), new ClassOutcome([0, 1], 1)));
        Assert.Equal(0, Value("acc", Choice([], 0)));
        Assert.Equal(0, Value("exact_match", Text(null, "")));
        Assert.Equal(2, Value("brier", new ClassOutcome([], 0)));
        Assert.Equal(-Math.Log(1e-15), Value("nll", new ClassOutcome([], 0)));
        Assert.Equal(1, Value("wer", Text(null, "a b")));
        Assert.Equal(0.5, Value("recall", new LabelOutcome(-1, 1), new LabelOutcome(1, 1)));
        Assert.Equal(1, Value("precision", new LabelOutcome(-1, 1), new LabelOutcome(1, 1)));
    }

    [Fact]
    public void Undefined_values_are_null()
    {
        Assert.Null(Value("roc_auc", new NumberOutcome(0.5, 1), new NumberOutcome(0.1, 1)));
        Assert.Null(Value("average_precision", new NumberOutcome(0.5, 0)));
        Assert.Null(Value("r2", new NumberOutcome(0.5, 1), new NumberOutcome(0.1, 1)));
        Assert.Null(Value("spearman", new NumberOutcome(0.1, 1), new NumberOutcome(0.1, 3)));
        Assert.Null(Value("map", new DetectionOutcome([new(0, 0, 1, 1, 0, 0.5)], [])));
        Assert.Null(Value("kappa", new LabelOutcome(1, 1)));
        Assert.Equal(0, Value("mcc", new LabelOutcome(1, 1)));
        Assert.Equal(0, Value("ndcg@10", new RankingOutcome([0, 0], 0, [])));
    }

    [Fact]
    public void Binary_scores_of_many_classes_ask_for_an_average()
    {
        var refused = Assert.Throws<EvaluationException>(() => Value("f1", new LabelOutcome(2, 1), new LabelOutcome(0, 2)));
        Assert.Contains("average: macro", refused.Message);
    }

    [Fact]
    public void A_question_of_several_options_counts_when_all_are_right()
    {
        LabelOutcome Option(string question, int prediction, int label) => new(prediction, label) { Group = question };
        var value = MetricCatalogue.Create("em").Aggregate([Option("a", 1, 1), Option("a", 0, 1), Option("b", 1, 1), Option("b", 0, 0)], new());
        Assert.Equal((0.5, 2), (value.Value, value.Count));
        Assert.Throws<EvaluationException>(() => Value("acc_all", new LabelOutcome(1, 1)));
        Assert.Equal(1, Value("em", Text("The cat!", "cat")));
    }

    [Fact]
    public void Shares_get_an_interval_of_shares_and_other_means_a_normal_one()
    {
        var share = MetricCatalogue.Create("acc").Aggregate([.. Enumerable.Range(0, 50).Select(i => new LabelOutcome(i < 45 ? 1 : 0, 1))], new());
        // 5 failures: Clopper and Pearson's.
        Assert.Equal((0.7818646335657977, 0.9667249064109775), (Math.Round(share.Low!.Value, 13), Math.Round(share.High!.Value, 13)), Near);
        Assert.Equal(Math.Sqrt(0.9 * 0.1 / 49), share.StandardError!.Value, 1e-12);
        var one = MetricCatalogue.Create("acc").Aggregate([new LabelOutcome(1, 1)], new());
        Assert.Null(one.StandardError);
        var errors = MetricCatalogue.Create("mae").Aggregate([new NumberOutcome(1, 0), new NumberOutcome(3, 0)], new());
        Assert.Equal((2.0, 1.0), (errors.Value, errors.StandardError));
        Assert.Equal(2 - 1.959963984540054, errors.Low!.Value, 1e-12);
    }

    static bool Near((double, double) a, (double, double) b) => Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-9;

    [Fact]
    public void Corpus_metrics_carry_bootstrap_errors_that_repeat()
    {
        Outcome[] outcomes = [.. Enumerable.Range(0, 200).Select(i => new LabelOutcome(i % 7 == 0 ? 0 : 1, i % 3 == 0 ? 0 : 1))];
        var value = MetricCatalogue.Create("f1").Aggregate(outcomes, new());
        Assert.True(value.Low < value.Value && value.Value < value.High && value.StandardError is > 0.01 and < 0.05);
        Assert.Equal(value, MetricCatalogue.Create("f1").Aggregate(outcomes, new()));
        Assert.Null(MetricCatalogue.Create("f1").Aggregate(outcomes, s_plain).StandardError);
        var median = MetricCatalogue.Create("mae", null, "median").Aggregate([.. Enumerable.Range(0, 5).Select(i => new NumberOutcome(i * i, 0))], new());
        Assert.Equal(4, median.Value);
    }

    [Fact]
    public void Entities_are_whole_or_wrong()
    {
        var tags = new TagOutcome(["B-PER", "I-PER", "O", "B-LOC", "O"], ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"]);
        Assert.Equal(0.5, Value("seqeval_f1", tags));
        Assert.Equal(0.8, Value("acc", tags)!.Value, 1e-15);
        Assert.Throws<EvaluationException>(() => Value("seqeval_f1", new TagOutcome(["X"], ["O"])));
    }

    [Fact]
    public void An_expression_that_explodes_is_stopped()
    {
        var metric = MetricCatalogue.Create("exact_match", new Dictionary<string, object?> { ["regexes_to_ignore"] = new List<object?> { "(a+)+$" } });
        Assert.Contains("too long", Assert.Throws<EvaluationException>(() => metric.Score(Text(new string('a', 60) + "b", "x"))).Message);
    }

    [Fact]
    public void A_list_of_answers_asks_for_take_first()
    {
        Assert.Equal(1, Value("exact_match", Text(new List<object?> { "a" }, "a")));
        Assert.Equal(1, Value("exact_match", Text(7L, "7")));
        Assert.Contains("take_first", Assert.Throws<EvaluationException>(() => Value("exact_match", Text(new List<object?> { "a", "b" }, "a"))).Message);
    }

    [Fact]
    public void Texts_that_are_too_long_to_compare_are_refused_and_long_ones_are_not()
    {
        var random = new Random(5);
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => random.Next(1000)));
        Assert.InRange(Value("wer", Text(Words(20_000), Words(20_000)))!.Value, 0.5, 1);
        Assert.Throws<EvaluationException>(() => Value("rougeLsum", Text(Words(20_000), Words(20_000))));
        Assert.Throws<EvaluationException>(() => Value("ter", Text(Words(20_000), Words(20_000))));
    }

    [Fact]
    public void A_million_samples_take_one_pass()
    {
        var random = new Random(3);
        Outcome[] classes = [.. Enumerable.Range(0, 1_000_000).Select(i => new LabelOutcome(random.Next(10), i % 10))];
        Outcome[] numbers = [.. Enumerable.Range(0, 1_000_000).Select(i => new NumberOutcome(random.NextDouble(), i % 2))];
        var watch = Stopwatch.StartNew();
        foreach (var metric in new[] { "acc", "mcc" }) Assert.InRange(MetricCatalogue.Create(metric).Aggregate(classes, s_plain).Value!.Value, -0.01, 0.11);
        foreach (var metric in new[] { "roc_auc", "pauc", "average_precision" }) Assert.InRange(MetricCatalogue.Create(metric).Aggregate(numbers, s_plain).Value!.Value, 0.49, 0.51);
        foreach (var metric in new[] { "pearson", "spearman", "kendall_tau_b" }) Assert.InRange(MetricCatalogue.Create(metric).Aggregate(numbers, s_plain).Value!.Value, -0.01, 0.01);
        TestContext.Current.SendDiagnosticMessage($"eight metrics over a million samples: {watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    public void Stemming_joins_forms_of_a_word()
    {
        var rouge = MetricCatalogue.Create("rouge1", new Dictionary<string, object?> { ["stemmer"] = "porter" });
        Assert.Equal(1, rouge.Score(Text("relational databases conditioning", "relate database condition")));
        Assert.True(Value("rouge1", Text("relational databases", "relate database")) == 0);
        Assert.Equal(2.0 / 3, new Rouge().Lsum("a b\nc d", "a b\nx c").F1 * 8 / 9, 1e-12);
    }
}
