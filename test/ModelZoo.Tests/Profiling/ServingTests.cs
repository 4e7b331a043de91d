using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Many users at a time, drafts, queues, several devices and offloading (workloads.md § 6.4, 7, 8).</summary>
public sealed class ServingTests
{
    static readonly Scenario s_chat = new() { Prompt = 1500, Output = 500, Weights = Zoo.Precision("bf16") };

    static ConcurrencyEstimate Serve(string model, string device, ConcurrencyPlan plan, Scenario? scenario = null) => Concurrency.Estimate(Zoo.Model(model), Zoo.Device(device), scenario ?? s_chat, plan);

    [Fact]
    public void More_users_get_more_tokens_together_and_fewer_each()
    {
        var curve = Serve("llama-3.1-8b", "h100-sxm", new()).Curve;
        Assert.True(curve.Count > 6);
        foreach (var (before, after) in curve.Zip(curve.Skip(1)))
        {
            Assert.True(after.TokensPerSecond > before.TokensPerSecond);
            Assert.True(after.TokensPerSecondPerUser < before.TokensPerSecondPerUser);
            Assert.True(after.MemoryBytes > before.MemoryBytes);
        }
        Assert.True(curve[^1].Fits);
        Assert.Equal(curve[^1].Concurrency, Serve("llama-3.1-8b", "h100-sxm", new()).LargestConcurrency);
    }

    [Fact]
    public void Throughput_at_a_concurrency_is_prompts_and_shares_of_steps()
    {
        var serving = Serve("llama-3.1-8b", "h100-sxm", new() { Concurrency = 32 });
        Assert.Equal(32 / serving.Here.TokenSeconds, serving.Here.TokensPerSecond, 1e-6);
        Assert.Equal(1 / (serving.FirstTokenSeconds + 500 * serving.Here.TokenSeconds / 32), serving.RequestsPerSecond, 1e-9);
        Assert.Equal(serving.FirstTokenSeconds * serving.RequestsPerSecond, serving.PrefillShare, 1e-9);
        Assert.InRange(serving.PrefillShare, 0.05, 0.6);
        Assert.Equal(serving.FirstTokenSeconds + 499 * serving.Here.TokenSeconds, serving.RequestSeconds, 1e-9);
        // A step with a chunk of a prompt takes longer than one without, and less than both in turn.
        Assert.InRange(serving.MixedStepSeconds, serving.Here.TokenSeconds, serving.Here.TokenSeconds + 1.2 * serving.FirstTokenSeconds);
        Assert.Contains("32 sequences", serving.How["tokensPerSecond"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_concurrency_within_a_limit_is_the_last_that_keeps_it()
    {
        var limit = 0.012;
        var most = Serve("llama-3.1-8b", "h100-sxm", new() { TokenSeconds = limit }).LargestWithinLimit!.Value;
        var model = Estimator.Prepare(Zoo.Model("llama-3.1-8b"), Zoo.Device("h100-sxm"), s_chat);
        Assert.True(most > 1);
        Assert.True(model.Decode(most, 2000).Seconds <= limit && model.Fits(most, 2000));
        Assert.False(model.Decode(most + 1, 2000).Seconds <= limit && model.Fits(most + 1, 2000));
        Assert.Equal(0, Serve("llama-3.1-70b", "h200-sxm", new() { TokenSeconds = 0.001 }).LargestWithinLimit);
    }

    [Fact]
    public void Pages_serve_several_times_as_many_when_answers_are_short_of_the_limit()
    {
        var chat = s_chat with { Prompt = 100, Output = 8000 };
        var serving = Serve("llama-3.1-8b", "rtx-4090", new() { MeanOutput = 400 }, chat with { Weights = Zoo.Precision("q4_k_m") });
        Assert.True(serving.LargestPaged > 5 * serving.LargestConcurrency, $"{serving.LargestPaged} against {serving.LargestConcurrency}");
        // 1/(1 − e^(−16/400)) pages, hardly cut at 500.
        Assert.Equal(25.5, Serving.ExpectedPages(400, 16, 500), 0.02);
        Assert.Equal(1, Serving.ExpectedPages(1, 16, 500), 1e-6);
    }

    [Fact]
    public void A_draft_model_helps_as_far_as_its_guesses_hold()
    {
        var plan = new ConcurrencyPlan { Draft = Zoo.Model("llama-3.2-1b"), Drafts = 4, Acceptance = 0.8 };
        var drafted = Serve("llama-3.1-70b", "b200-sxm", plan);
        Assert.Equal(1 + 0.8 * (1 - Math.Pow(0.8, 4)) / 0.2, drafted.DraftTokens!.Value, 1e-12);
        Assert.True(drafted.DraftTokenSeconds < drafted.Here.TokenSeconds / 1.5);
        Assert.True(Serve("llama-3.1-70b", "b200-sxm", plan with { Acceptance = 0 }).DraftTokenSeconds > drafted.Here.TokenSeconds);
        Assert.Equal(5, Serving.SpeculativeTokens(1, 4));
    }

    [Fact]
    public void Two_pools_pay_for_the_way_of_the_cache()
    {
        var one = Serve("llama-3.1-8b", "h100-sxm", new());
        var two = Serve("llama-3.1-8b", "h100-sxm", new() { PoolBandwidth = 100e9 });
        Assert.Equal(1500 * 131_072 / 100e9, two.FirstTokenSeconds - one.FirstTokenSeconds, 1e-9);
    }

    [Theory]
    [InlineData(0, 1, 4, 0.5)]
    [InlineData(double.NaN, 1, 4, 0.5)]
    [InlineData(1, 0, 4, 0.5)]
    [InlineData(1, 1, 0, 0.5)]
    [InlineData(1, 1, 4, 1.5)]
    public void A_plan_that_cannot_be_is_refused(double concurrency, double limit, int drafts, double acceptance) =>
        Assert.Throws<ProfileException>(() => Serve("gpt2", "t4", new() { Concurrency = concurrency, TokenSeconds = limit, Drafts = drafts, Acceptance = acceptance }));

    [Fact]
    public void Models_that_write_no_tokens_are_not_served_so() => Assert.Contains("token", Assert.Throws<ProfileException>(() => Serve("resnet-50", "t4", new())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_queue_waits_as_Erlang_says()
    {
        Assert.Equal(0.5, Serving.ErlangC(1, 0.5), 1e-12);                                   // one server waits with the share it is busy
        Assert.Equal(0.4444, Serving.ErlangC(3, 2), 0.0001);                                 // a textbook table
        Assert.Equal(0, Serving.LateWait(100, 1, 0.1));
        Assert.Equal(Math.Log(50) / 0.5, Serving.LateWait(1, 0.5, 1), 1e-9);
        Assert.Equal(double.PositiveInfinity, Serving.LateWait(1, 2, 1));
        Assert.Equal(1.1574, Serving.DollarsPerMillionTokens(2, 480), 0.0001);
    }

    [Fact]
    public void A_cached_prefix_leaves_only_the_rest_to_compute()
    {
        var model = Zoo.Model("llama-3.1-8b");
        var pure = Zoo.Pure with { Prompt = 8192, Context = 8192, Chunk = 8192 };
        var fresh = Estimator.Estimate(model, Zoo.Device("h100-sxm"), pure with { CachedPrefix = 6144 }).Prefill!.Value;
        Assert.Equal(model.Work!.PromptFlop(2048, 6144), fresh.Flop, 1.0);
        Assert.True(fresh.Seconds < Estimator.Estimate(model, Zoo.Device("h100-sxm"), pure).Prefill!.Value.Seconds / 3);
        // At least one token is always computed.
        Assert.True(Estimator.Estimate(model, Zoo.Device("h100-sxm"), pure with { CachedPrefix = 8192 }).Prefill!.Value.Flop >= 2 * model.Work.HeadWeights);
    }

    [Theory]
    [InlineData(Parallelism.Tensor, "llama-3.1-70b")]
    [InlineData(Parallelism.Pipeline, "llama-3.1-70b")]
    [InlineData(Parallelism.Expert, "mixtral-8x7b")]
    [InlineData(Parallelism.Replicas, "llama-3.1-8b")]
    public void Each_way_of_sharing_costs_what_it_says(Parallelism how, string id)
    {
        var (model, device) = (Zoo.Model(id), Zoo.Device("h100-sxm"));
        var scenario = Zoo.Pure with { Batch = 8, Context = 4096, Devices = 4, Parallelism = how, LinkSeconds = 1e-6 };
        var (one, four) = (Estimator.Estimate(model, device, scenario with { Devices = 1 }), Estimator.Estimate(model, device, scenario));
        var message = 8.0 * model.Shape.Hidden!.Value * 2;
        var layers = model.Shape.Layers!.Value;
        Assert.Equal(how switch
        {
            Parallelism.Tensor => 2 * layers * Links.RingAllReduce(message, 4, 450e9, 1e-6),
            Parallelism.Pipeline => 3 * (message / 450e9 + 1e-6),
            Parallelism.Expert => 2 * layers * Links.AllToAll(message * 2, 4, 450e9, 1e-6),
            _ => 0,
        }, four.Step.NetworkSeconds, 1e-12);
        Assert.Equal(how is Parallelism.Replicas ? 1 : how == Parallelism.Expert ? (double?)null : 0.25, how == Parallelism.Expert ? null : four.Memory.Weights / one.Memory.Weights);
        if (how == Parallelism.Expert) Assert.InRange(four.Memory.Weights / one.Memory.Weights, 0.25, 0.32);
        if (how is Parallelism.Pipeline or Parallelism.Replicas) Assert.True(four.ThroughputPerSecond > 2.5 * one.ThroughputPerSecond);
        if (how == Parallelism.Pipeline) Assert.True(four.Step.Seconds >= one.Step.Seconds, "one request gains nothing");
    }

    [Fact]
    public void What_spills_is_sent_over_the_link_or_computed_by_the_host()
    {
        var (model, device) = (Zoo.Model("llama-3.1-70b"), Zoo.Device("rtx-4090") with { HostLinkBandwidth = 32e9 });
        var scenario = new Scenario { Weights = Zoo.Precision("q4_k_m"), Context = 2048 };
        var link = Estimator.Estimate(model, device, scenario);
        var host = Estimator.Estimate(model, device, scenario with { HostBandwidth = 80e9 });
        Assert.Equal(Bound.DoesNotFit, link.Bound);
        Assert.True(host.LatencySeconds < link.LatencySeconds);
        Assert.Contains(host.Notices, notice => notice.Contains("host's processor", StringComparison.Ordinal));
        Assert.True(link.LatencySeconds > link.Step.Seconds);
    }
}
