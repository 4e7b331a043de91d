namespace ModelZoo.Profiling;

/// <summary>Figures of serving many requests (workloads.md § 7).</summary>
public static class Serving
{
    /// <summary>Expected pages of requests with exponential lengths of mean μ, capped at K pages of p tokens: (1 − r^K)/(1 − r), r = e^(−p/μ).</summary>
    public static double ExpectedPages(double meanTokens, int page, long mostPages)
    {
        var r = Math.Exp(-page / meanTokens);
        return (1 - Math.Pow(r, mostPages)) / (1 - r);
    }

    /// <summary>Tokens per round of speculative decoding with K draft tokens and acceptance α: 1 + α(1 − α^K)/(1 − α) (Leviathan 2023, arXiv:2211.17192).</summary>
    public static double SpeculativeTokens(double acceptance, int drafts) =>
        acceptance >= 1 ? 1 + drafts : 1 + acceptance * (1 - Math.Pow(acceptance, drafts)) / (1 - acceptance);

    /// <summary>Seconds per token with a draft model: K of its steps, then one step of the target over K + 1 tokens.</summary>
    public static double SpeculativeSeconds(StepModel target, StepModel draft, double context, double acceptance, int drafts) =>
        (drafts * draft.Decode(1, context).Seconds + target.Decode(drafts + 1, context).Seconds) / SpeculativeTokens(acceptance, drafts);

    /// <summary>Probability that a request waits in M/M/c (Erlang C).</summary>
    public static double ErlangC(int servers, double load)
    {
        if (load >= servers) return 1;
        double inverse = 1;
        for (var i = 1; i <= servers; i++) inverse = 1 + inverse * i / load;
        var blocking = 1 / inverse;
        return blocking / (1 - load / servers * (1 - blocking));
    }

    /// <summary>The wait that 99 of 100 requests stay below.</summary>
    public static double LateWait(int servers, double arrivalsPerSecond, double serviceSeconds)
    {
        var waits = ErlangC(servers, arrivalsPerSecond * serviceSeconds);
        var spare = servers / serviceSeconds - arrivalsPerSecond;
        return spare <= 0 ? double.PositiveInfinity : waits > 0.01 ? Math.Log(waits / 0.01) / spare : 0;
    }

    public static double DollarsPerMillionTokens(double dollarsPerHour, double tokensPerSecond) => dollarsPerHour / 3600 / tokensPerSecond * 1e6;

    /// <summary>Share of a pipeline that stands still: (P − 1)/(V·M + P − 1).</summary>
    public static double PipelineBubble(int stages, int microBatches, int virtualStages = 1) => (stages - 1.0) / (virtualStages * (double)microBatches + stages - 1);
}
