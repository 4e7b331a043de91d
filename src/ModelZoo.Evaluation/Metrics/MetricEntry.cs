using ModelZoo.Evaluation.Metrics.Texts;
using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>One line of the catalogue.</summary>
/// <param name="Make">From options, k where the name has one, and whether the median is wanted.</param>
sealed record MetricEntry(MetricFacts Facts, string[] Aliases, Func<MetricOptions, int, bool, IMetric> Make)
{
    static readonly (double, double)? s_share = (0, 1);
    static readonly (double, double)? s_signed = (-1, 1);
    static readonly (double, double)? s_percent = (0, 100);

    public bool IsMean { get; init; }

    /// <summary>Names of lm-evaluation-harness aggregations that mean what this metric does anyway.</summary>
    public string[] Aggregations { get; init; } = [];

    public int? DefaultK { get; init; }

    public bool IsAtK => Facts.Name.EndsWith("@k", StringComparison.Ordinal);

    public static IReadOnlyList<MetricEntry> All { get; } =
    [
        Accuracy(),
        Mean("acc_norm", true, s_share, Choices.ByCharacters),
        Mean("acc_bytes", true, s_share, Choices.ByBytes),
        Mean("acc_mutual_info", true, s_share, Choices.ByMutualInformation),
        Mean("mc2", true, s_share, Choices.TrueMass),
        AtK("acc@k", ["top_k_acc", "top_k_accuracy", "top_k"], 5, Choices.TopK),
        Mean("brier", false, (0, 2), Choices.Brier, ["brier_score"]),
        Mean("nll", false, null, Choices.NegativeLog, ["log_loss"]),
        new(new("em", true, s_share), ["acc_all"], static (options, _, _) => new GroupedOrText(options.Metric)) { IsMean = true },

        Counts("balanced_acc", ["balanced_accuracy"], s_share, confusion => confusion.BalancedAccuracy()),
        Averaged("precision", (confusion, average, positive) => confusion.Score(average, positive).Precision),
        Averaged("recall", (confusion, average, positive) => confusion.Score(average, positive).Recall),
        Averaged("f1", (confusion, average, positive) => confusion.Score(average, positive).F1),
        Counts("f1a", [], s_share, confusion => confusion.Score("binary").F1),
        Counts("mcc", ["matthews_corrcoef", "matthews_correlation", "matthews"], s_signed, confusion => confusion.Matthews()),
        Counts("kappa", ["cohen_kappa", "cohens_kappa"], s_signed, confusion => confusion.Kappa()),
        new(new("ece", false, s_share), ["expected_calibration_error"], static (options, _, _) =>
        {
            var (bins, mass) = (options.Whole("bins", 15, 1, 100_000), options.Word("binning", "equal_width", "equal_width", "equal_mass") == "equal_mass");
            return new CorpusMetric(options.Metric, false, s_share, outcomes => Calibration.Statistic(outcomes, options.Metric, bins, mass));
        }),
        new(new("roc_auc", true, s_share), ["auroc", "auc"], static (options, _, _) =>
        {
            var positive = options.Whole("positive", 1, 0, 1);
            return new CorpusMetric(options.Metric, true, s_share, outcomes => RankCurves.Area(outcomes, options.Metric, positive));
        }),
        new(new("pauc", true, s_share), ["partial_roc_auc", "partial_auc"], static (options, _, _) =>
        {
            var (positive, most) = (options.Whole("positive", 1, 0, 1), options.Number("max_fpr", 0.1, 1e-9, 1));
            return new CorpusMetric(options.Metric, true, s_share, outcomes => RankCurves.PartialArea(outcomes, options.Metric, positive, most));
        }),
        new(new("average_precision", true, s_share), ["ap"], static (options, _, _) =>
        {
            var positive = options.Whole("positive", 1, 0, 1);
            return new CorpusMetric(options.Metric, true, s_share, outcomes => RankCurves.AveragePrecision(outcomes, options.Metric, positive));
        }),

        Pairs("pearson", ["pearsonr", "pearson_corrcoef"], s_signed, "pearson"),
        Pairs("spearman", ["spearmanr", "spearman_corrcoef"], s_signed, "spearman"),
        Pairs("kendall_tau_b", ["kendall", "kendalltau"], s_signed, "kendall_tau_b"),
        Pairs("r2", ["r_squared"], null, "r2"),
        Mean("mse", false, null, static (outcome, metric) => Square(Off(outcome, metric)), ["mean_squared_error"]),
        Mean("mae", false, null, static (outcome, metric) => Math.Abs(Off(outcome, metric)), ["mean_absolute_error"]),
        Summed<NumberOutcome>("rmse", [], false, null, 2, static (number, into) => (into[0], into[1]) = (Square(number.Prediction - number.Label), 1), static sums => Math.Sqrt(sums[0] / sums[1])),

        new(new("perplexity", false, null), ["ppl"], static (options, _, _) => new CorpusMetric(options.Metric, false, null, outcomes => LogMean(outcomes, options.Metric))),
        PerUnit("word_perplexity", ["weighted_perplexity"], static text => text.Words, static rate => Math.Exp(rate)),
        PerUnit("byte_perplexity", [], static text => text.Bytes, static rate => Math.Exp(rate)),
        PerUnit("token_perplexity", [], static text => text.Tokens, static rate => Math.Exp(rate)),
        PerUnit("bits_per_byte", ["bpb"], static text => text.Bytes, static rate => rate / Math.Log(2)),

        new(new("exact_match", true, s_share), ["exact_match_hf_evaluate"], static (options, _, median) =>
        {
            var match = new ExactMatch(options);
            return new MeanMetric(options.Metric, true, s_share, outcome => match.Score(outcome, options.Metric), median);
        }) { IsMean = true },
        Answer("squad_em", ["squad_exact_match"], Answers.SquadExact),
        Answer("squad_f1", ["squad"], Answers.SquadF1),
        Answer("helm_exact_match", [], Answers.HelmExact),
        Answer("quasi_exact_match", [], Answers.HelmQuasi),
        Answer("prefix_match", ["prefix_exact_match"], Answers.HelmPrefix),
        Answer("quasi_prefix_match", ["quasi_prefix_exact_match"], Answers.HelmQuasiPrefix),
        Answer("word_f1", ["f1_score"], Answers.HelmF1),
        Rouge("rouge1", static (rouge, prediction, reference) => rouge.N(prediction, reference, 1)),
        Rouge("rouge2", static (rouge, prediction, reference) => rouge.N(prediction, reference, 2)),
        Rouge("rougeL", static (rouge, prediction, reference) => rouge.L(prediction, reference)),
        Rouge("rougeLsum", static (rouge, prediction, reference) => rouge.Lsum(prediction, reference)),
        new(new("bleu", true, s_percent), ["sacrebleu", "corpus_bleu"], static (options, _, _) =>
        {
            var (tokenizer, smooth) = (options.Word("tokenize", "13a", "13a", "none", "char"), options.Word("smooth", "exp", "exp", "none"));
            var bleu = new Bleu(tokenizer, options.Flag("lowercase"), options.Flag("effective_order"), smooth);
            return OfTexts(options, true, s_percent, Bleu.Width, bleu.Count, bleu.Final, bleu.Sentence);
        }),
        ChrfOf("chrf", [], 0),
        ChrfOf("chrf++", ["chrfpp"], 2),
        new(new("ter", false, null), ["translation_edit_rate"], static (options, _, _) =>
        {
            var ter = new Ter(options.Flag("case_sensitive"));
            return OfTexts(options, false, null, 2, ter.Count, Ter.Final, null);
        }),
        ErrorRateOf("wer", ErrorRate.Words),
        ErrorRateOf("cer", ErrorRate.Characters),
        AtK("pass@k", ["pass_at_k"], 1, static (outcome, metric, k) => PassAtK.Of(Outcomes.As<TriesOutcome>(outcome, metric).Tries, Outcomes.As<TriesOutcome>(outcome, metric).Passed, k)),

        Boxes("map", ["coco_map", "mean_average_precision"], BoxMatching.CocoThresholds),
        Boxes("map50", ["ap50", "map_50"], [BoxMatching.CocoThresholds[0]]),
        Boxes("map75", ["ap75", "map_75"], [BoxMatching.CocoThresholds[5]]),
        AtK("ndcg@k", ["ndcg"], 10, static (outcome, metric, k) => Retrieval.Ndcg(Outcomes.As<RankingOutcome>(outcome, metric), k)),
        AtK("mrr@k", ["mrr"], 1_000_000, static (outcome, metric, k) => Retrieval.ReciprocalRank(Outcomes.As<RankingOutcome>(outcome, metric), k)),
        AtK("recall@k", [], null, static (outcome, metric, k) => Retrieval.Recall(Outcomes.As<RankingOutcome>(outcome, metric), k)),
        AtK("precision@k", [], null, static (outcome, metric, k) => Retrieval.Precision(Outcomes.As<RankingOutcome>(outcome, metric), k)),
        Entities("seqeval_f1", ["entity_f1"], static sums => sums[1] + sums[2] == 0 ? 0 : 2 * sums[0] / (sums[1] + sums[2])),
        Entities("seqeval_precision", ["entity_precision"], static sums => sums[1] == 0 ? 0 : sums[0] / sums[1]),
        Entities("seqeval_recall", ["entity_recall"], static sums => sums[2] == 0 ? 0 : sums[0] / sums[2]),
    ];

    static double Square(double x) => x * x;

    static double Off(Outcome outcome, string metric)
    {
        var number = Outcomes.As<NumberOutcome>(outcome, metric);
        return number.Prediction - number.Label;
    }

    /// <summary>Shares of right answers; of tags, over all tokens of all texts.</summary>
    static MetricEntry Accuracy() => new(new("acc", true, s_share), ["accuracy", "mc1"], static (options, _, median) =>
        new AccuracyOrTokens(new MeanMetric(options.Metric, true, s_share, outcome => Choices.Accuracy(outcome, options.Metric), median), options.Metric)) { IsMean = true };

    static MetricEntry Mean(string name, bool higher, (double, double)? range, Func<Outcome, string, double> score, params string[] aliases) =>
        new(new(name, higher, range), aliases, (options, _, median) => new MeanMetric(options.Metric, higher, range, outcome => score(outcome, options.Metric), median)) { IsMean = true };

    static MetricEntry AtK(string name, string[] aliases, int? k, Func<Outcome, string, int, double> score) => new(new(name, true, s_share), aliases, (options, places, median) =>
        new MeanMetric(options.Metric, true, s_share, outcome => score(outcome, options.Metric, places), median)) { IsMean = true, DefaultK = k };

    static MetricEntry Answer(string name, string[] aliases, Func<string?, IReadOnlyList<string>, double> judge) => Mean(name, true, s_share, (outcome, metric) =>
    {
        var (prediction, references) = Outcomes.Texts(outcome, metric);
        return judge(prediction, references);
    }, aliases);

    static MetricEntry Rouge(string name, Func<Rouge, string, string, Rouge.Score> judge) => new(new(name, true, s_share), [], (options, _, median) =>
    {
        var rouge = new Rouge(options.Word("stemmer", "none", "none", "porter") == "porter");
        return new MeanMetric(options.Metric, true, s_share, outcome =>
        {
            var (prediction, references) = Outcomes.Texts(outcome, options.Metric);
            return prediction is null ? 0 : references.Max(reference => judge(rouge, prediction, reference).F1);
        }, median);
    }) { IsMean = true };

    static MetricEntry Counts(string name, string[] aliases, (double, double)? range, Func<Confusion, double> value) => new(new(name, true, range), aliases, (options, _, _) =>
        new CorpusMetric(options.Metric, true, range, outcomes => Confusion.Statistic(outcomes, options.Metric, value)));

    static MetricEntry Averaged(string name, Func<Confusion, string, int, double> value) => new(new(name, true, s_share), [], (options, _, _) =>
    {
        var (average, positive) = (options.Word("average", "binary", "binary", "micro", "macro", "weighted"), options.Whole("positive", 1, 0, int.MaxValue));
        var classes = new CorpusMetric(options.Metric, true, s_share, outcomes => Confusion.Statistic(outcomes, options.Metric, confusion => value(confusion, average, positive)));
        return name == "f1" ? new F1OfClassesOrTexts(classes) : classes;
    }) { Aggregations = name == "f1" ? ["f1_score"] : [] };

    static MetricEntry Pairs(string name, string[] aliases, (double, double)? range, string kind) => new(new(name, true, range), aliases, (options, _, _) =>
        new CorpusMetric(options.Metric, true, range, outcomes => Correlations.Statistic(outcomes, kind)));

    static MetricEntry Summed<T>(string name, string[] aliases, bool higher, (double, double)? range, int width, Action<T, Span<double>> read, Func<double[], double> final) where T : Outcome =>
        new(new(name, higher, range), aliases, (options, _, _) => new CorpusMetric(options.Metric, higher, range, outcomes => Sums.Of(outcomes, options.Metric, width, read, final)));

    static MetricEntry PerUnit(string name, string[] aliases, Func<RollingOutcome, long> units, Func<double, double> final) => Summed<RollingOutcome>(
        name, aliases, false, null, 2, (text, into) => (into[0], into[1]) = (text.LogLikelihood, units(text)), sums => sums[1] == 0 ? double.NaN : final(-sums[0] / sums[1])) with { Aggregations = ["weighted_perplexity"] };

    static WeightedStatistic LogMean(IReadOnlyList<Outcome> outcomes, string metric) => Sums.Of<Outcome>(outcomes, metric, 2, (outcome, into) => (into[0], into[1]) = (outcome switch
    {
        LikelihoodOutcome likelihood => likelihood.LogLikelihood,
        RollingOutcome rolling => rolling.LogLikelihood,
        _ => throw Outcomes.Unfit(outcome, metric),
    }, 1), static sums => Math.Exp(-sums[0] / sums[1]));

    static MetricEntry ChrfOf(string name, string[] aliases, int words) => new(new(name, true, s_percent), aliases, (options, _, _) =>
    {
        var chrf = new Chrf(options.Whole("char_order", 6, 1, 6), options.Whole("word_order", words, 0, 4), options.Number("beta", 2, 1e-3, 1e3), options.Flag("lowercase"));
        return OfTexts(options, true, s_percent, chrf.Width, chrf.Count, chrf.Final, (hypothesis, references) => chrf.Corpus([hypothesis], [references]));
    });

    static MetricEntry ErrorRateOf(string name, Func<string, IReadOnlyList<string>, (int Edits, int Length)> count) => new(new(name, false, null), [], (options, _, _) =>
        OfTexts(options, false, null, 2, (hypothesis, references, into) => (into[0], into[1]) = count(hypothesis, references), static sums => sums[1] == 0 ? double.NaN : sums[0] / sums[1], null, int.MaxValue));

    delegate void Counting(string hypothesis, IReadOnlyList<string> references, Span<double> into);

    /// <summary>A metric whose numbers add up over texts. lm-evaluation-harness draws 100 resamples for those of translation.</summary>
    static CorpusMetric OfTexts(
        MetricOptions options, bool higher, (double, double)? range, int width, Counting count, Func<double[], double> final,
        Func<string, IReadOnlyList<string>, double>? sentence, int iterations = 100) =>
        new(options.Metric, higher, range, outcomes => Sums.Of<TextOutcome>(outcomes, options.Metric, width, (text, into) =>
        {
            var (prediction, references) = Outcomes.Texts(text, options.Metric);
            count(prediction ?? "", references, into);
        }, final), sentence is null ? null : outcome => Outcomes.Texts(outcome, options.Metric) is var (prediction, references) ? sentence(prediction ?? "", references) : null, iterations);

    static MetricEntry Boxes(string name, string[] aliases, double[] thresholds) => new(new(name, true, s_share), aliases, (options, _, _) =>
        new CorpusMetric(options.Metric, true, s_share, outcomes => BoxMatching.Statistic(outcomes, options.Metric, thresholds)));

    static MetricEntry Entities(string name, string[] aliases, Func<double[], double> final) => Summed<TagOutcome>(name, aliases, true, s_share, 3, static (tags, into) =>
    {
        var (right, predicted, actual) = Tags.Entities(tags);
        (into[0], into[1], into[2]) = (right, predicted, actual);
    }, final);
}
