namespace ModelZoo.Profiling;

/// <summary>How a model is served: many sequences at a time, each with a prompt and an answer of the scenario's lengths.</summary>
public sealed record ConcurrencyPlan
{
    /// <summary>Sequences that are answered at the same time.</summary>
    public double Concurrency { get; init; } = 1;

    /// <summary>Longest time from token to token that users accept; null: any.</summary>
    public double? TokenSeconds { get; init; }

    /// <summary>Mean length of answers that vary (exponential, cut at the scenario's); null: all are as long as the scenario says.</summary>
    public double? MeanOutput { get; init; }

    /// <summary>Tokens per page of the cache; vLLM's default.</summary>
    public int Page { get; init; } = 16;

    /// <summary>A small model that guesses ahead; null: none.</summary>
    public Profile? Draft { get; init; }

    /// <summary>Guesses per round.</summary>
    public int Drafts { get; init; } = 4;

    /// <summary>Share of guesses that the model agrees with.</summary>
    public double Acceptance { get; init; } = 0.7;

    /// <summary>Bytes per second between devices that read prompts and devices that write answers; null: one device does both.</summary>
    public double? PoolBandwidth { get; init; }
}

/// <summary>One point of the curve of serving: what each user sees against what all get together.</summary>
public sealed record ServingPoint(double Concurrency, double TokenSeconds, double TokensPerSecond, double TokensPerSecondPerUser, double MemoryBytes, bool Fits);

/// <summary>What serving so many at a time comes to.</summary>
/// <param name="FirstTokenSeconds">Of one prompt alone, with the cache's way to another pool where there is one.</param>
/// <param name="MixedStepSeconds">A step that carries one chunk of a prompt beside everybody's token: the longest pause that others see.</param>
/// <param name="RequestsPerSecond">When prompts and answers share the device.</param>
/// <param name="PrefillShare">Share of its time that the device spends on prompts; so many of the devices would read prompts if they were split.</param>
/// <param name="LargestConcurrency">When every sequence may grow to its full length.</param>
/// <param name="LargestPaged">When pages are taken as answers grow.</param>
/// <param name="LargestWithinLimit">That fits and keeps the limit from token to token; null without a limit.</param>
/// <param name="DraftTokens">Tokens per round with a draft model; null without one.</param>
public sealed record ConcurrencyEstimate(
    ServingPoint Here, double FirstTokenSeconds, double RequestSeconds, double MixedStepSeconds, double RequestsPerSecond, double PrefillShare, long LargestConcurrency, long LargestPaged,
    long? LargestWithinLimit, double? DraftTokens, double? DraftTokenSeconds, IReadOnlyList<ServingPoint> Curve)
{
    /// <summary>In words, with the numbers in them.</summary>
    public IReadOnlyDictionary<string, string> How { get; init; } = new Dictionary<string, string>();
}

/// <summary>Throughput and latency at a concurrency, the largest that fits and the largest that is fast enough (workloads.md § 7).</summary>
public static class Concurrency
{
    /// <exception cref="ProfileException">The plan cannot be, or the model writes no tokens.</exception>
    public static ConcurrencyEstimate Estimate(Profile profile, Device device, Scenario scenario, ConcurrencyPlan plan, Reference? reference = null)
    {
        if (profile.Work is not { HasDecoder: true } work) throw new ProfileException("Only models that write token after token are served this way.");
        if (!(plan.Concurrency > 0 && plan.Concurrency <= 1e9)) throw new ProfileException("The concurrency must be more than zero and at most a thousand million.");
        if (plan.TokenSeconds is <= 0 or double.NaN || plan.MeanOutput is <= 0 or double.NaN || plan.PoolBandwidth is <= 0 or double.NaN) throw new ProfileException("Limits, lengths and rates of a plan must be more than zero.");
        if (plan.Page is < 1 or > 1 << 20 || plan.Drafts is < 1 or > 1000 || !(plan.Acceptance >= 0 && plan.Acceptance <= 1)) throw new ProfileException("Pages and drafts must be one or more, an acceptance between 0 and 1.");
        var prompt = scenario.Prompt ?? scenario.Context;
        // Answers are half written on average; the last token sees everything.
        var (middle, full) = (prompt + scenario.Output / 2, prompt + Math.Max(1, scenario.Output));
        var model = Estimator.Prepare(profile, device, scenario, reference, Phase.Decode);
        var first = Estimator.Prepare(profile, device, scenario, reference, Phase.Prefill).Prefill(1, prompt).Seconds;
        if (plan.PoolBandwidth is { } pool) first += scenario.CacheBytes * work.CacheElements(prompt, model.InputTokens) / pool;

        var here = Point(plan.Concurrency);
        var largest = model.LargestBatch(full);
        var mean = plan.MeanOutput is { } some ? prompt + plan.Page * Serving.ExpectedPages(some, plan.Page, (long)Math.Ceiling(Math.Max(1, scenario.Output) / plan.Page)) : full;
        var paged = model.LargestBatch(Math.Ceiling(mean / plan.Page) * plan.Page);
        // Each request takes its prompt alone and its share of every step while it is written.
        var perRequest = first + scenario.Output * here.TokenSeconds / plan.Concurrency;
        double? rounds = null, seconds = null;
        if (plan.Draft is { } draft)
        {
            rounds = Serving.SpeculativeTokens(plan.Acceptance, plan.Drafts);
            seconds = Serving.SpeculativeSeconds(model, Estimator.Prepare(draft, device, scenario with { Weights = null }, reference, Phase.Decode), middle, plan.Acceptance, plan.Drafts);
        }
        return new(here, first, first + Math.Max(0, scenario.Output - 1) * here.TokenSeconds, model.Mixed(plan.Concurrency, middle, Math.Min(scenario.Chunk, prompt)).Seconds, 1 / perRequest, first / perRequest, largest, paged,
            plan.TokenSeconds is { } limit ? model.LargestBatch(full, limit) : null, rounds, seconds, [.. Steps(plan.Concurrency, largest).Select(Point)])
        {
            How = new Dictionary<string, string>
            {
                ["tokensPerSecond"] = FormattableString.Invariant($"{plan.Concurrency:0.##} sequences / {here.TokenSeconds:0.######} s from token to token, at {middle:0} tokens of context"),
                ["requestSeconds"] = FormattableString.Invariant($"{first:0.####} s for the prompt of {prompt:0} + {Math.Max(0, scenario.Output - 1):0} × {here.TokenSeconds:0.######} s"),
                ["requestsPerSecond"] = FormattableString.Invariant($"1 / ({first:0.####} s of prompt + {scenario.Output:0} tokens × {here.TokenSeconds:0.######} s / {plan.Concurrency:0.##} sequences)"),
                ["largestConcurrency"] = FormattableString.Invariant($"most sequences of {full:0} tokens whose caches fit beside the weights"),
                ["largestPaged"] = FormattableString.Invariant($"most sequences of {Math.Ceiling(mean / plan.Page):0} pages of {plan.Page} tokens on average"),
            },
        };

        ServingPoint Point(double sequences)
        {
            var step = model.Decode(sequences, middle).Seconds;
            return new(sequences, step, sequences * Copies(scenario) / step, 1 / step, model.Memory(sequences, full).Total, model.Fits(sequences, full));
        }
    }

    static int Copies(Scenario scenario) => scenario.Parallelism is Parallelism.Replicas or Parallelism.Pipeline ? scenario.Devices : 1;

    /// <summary>Powers of two to the last that fits, that one itself, and what was asked for.</summary>
    static SortedSet<double> Steps(double asked, long largest)
    {
        var steps = new SortedSet<double> { asked };
        for (var step = 1.0; step <= Math.Clamp(largest, 1, 1 << 20); step *= 2) steps.Add(step);
        if (largest is > 0 and <= 1 << 20) steps.Add(largest);
        return steps;
    }
}
