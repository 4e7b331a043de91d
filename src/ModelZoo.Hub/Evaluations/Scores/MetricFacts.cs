namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>What is known of a metric by its name: which way is better, and between what its values lie.</summary>
static class MetricFacts
{
    static readonly string[] s_lowerIsBetter =
        ["perplexity", "word_perplexity", "byte_perplexity", "token_perplexity", "bits_per_byte", "nll", "log_loss", "brier", "ece", "mse", "mae", "rmse", "wer", "cer", "ter", "loss"];

    static readonly string[] s_share =
        ["acc", "acc_norm", "acc_bytes", "acc_mutual_info", "acc_all", "accuracy", "top_k_acc", "balanced_acc", "precision", "recall", "f1", "f1a", "em", "exact_match", "squad_em", "squad_f1", "prefix_match",
         "quasi_exact_match", "ece", "roc_auc", "pauc", "auc", "average_precision", "map", "rouge1", "rouge2", "rougeL", "rougeLsum", "mc1", "mc2", "mean_win_rate"];

    static readonly string[] s_correlation = ["mcc", "kappa", "pearson", "spearman", "kendall_tau_b", "matthews_correlation"];

    static readonly string[] s_percent = ["bleu", "chrf", "chrf++"];

    public static MetricFact Of(string name)
    {
        var bare = name.Split('@')[0];
        var isShare = s_share.Contains(bare) || bare is "pass" or "ndcg" or "mrr" or "recall";
        var lower = s_lowerIsBetter.Contains(bare) || bare.Contains("latency", StringComparison.Ordinal) || bare.EndsWith("_ns", StringComparison.Ordinal) || bare.EndsWith("_seconds", StringComparison.Ordinal);
        return isShare ? new(name, !lower, 0, 1) : s_correlation.Contains(bare) ? new(name, true, -1, 1) : s_percent.Contains(bare) ? new(name, true, 0, 100)
            : lower ? new(name, false, 0, null) : new(name, true, null, null);
    }
}
