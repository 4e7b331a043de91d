using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Laws on models that nobody has built: layers, widths, heads, experts and formats drawn at random.</summary>
public sealed class RandomProfileTests
{
    sealed record Made(int Layers, int Heads, int KeyValueHeads, int HeadSize, int FeedForward, int Vocabulary, int Experts, int PerToken, int Window, bool IsTied)
    {
        public Profile Profile(int? layers = null, bool hasWindow = true) => Profiler.OfConfig(ModelConfig.Parse(Encoding.UTF8.GetBytes(FormattableString.Invariant(
            $$"""
            {"model_type":"{{(Experts > 1 ? "mixtral" : "mistral")}}","num_hidden_layers":{{layers ?? Layers}},"hidden_size":{{Heads * HeadSize}},"num_attention_heads":{{Heads}},"num_key_value_heads":{{KeyValueHeads}},"head_dim":{{HeadSize}},
             "intermediate_size":{{FeedForward}},"vocab_size":{{Vocabulary}},"num_local_experts":{{Experts}},"num_experts_per_tok":{{PerToken}},"sliding_window":{{(hasWindow && Window > 0 ? Window.ToString(CultureInfo.InvariantCulture) : "null")}},"tie_word_embeddings":{{(IsTied ? "true" : "false")}}}
            """))));
    }

    static readonly Gen<Made> s_models =
        from layers in Gen.Choose(1, 120)
        from kv in Gen.Elements(1, 2, 4, 8)
        from perGroup in Gen.Elements(1, 2, 4, 7)
        from size in Gen.Elements(32, 64, 80, 128, 256)
        from feedForward in Gen.Choose(64, 40_000)
        from vocabulary in Gen.Choose(100, 300_000)
        from experts in Gen.Elements(0, 0, 8, 60, 256)
        from used in Gen.Choose(1, 8)
        from window in Gen.Elements(0, 128, 4096)
        from tied in Gen.Elements(true, false)
        select new Made(layers, kv * perGroup, kv, size, feedForward, vocabulary, experts, used, window, tied);

    static void For(Action<Made, double, double, string> law) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(
        (from model in s_models
         from batch in Gen.Choose(1, 500)
         from context in Gen.Choose(2, 300_000)
         from precision in Gen.Elements("bf16", "fp8", "q4_k_m", "nf4")
         select (model, batch, context, precision)).ToArbitrary(), c => law(c.model, c.batch, c.context, c.precision)));

    [Fact]
    public void Components_add_up_and_no_more_is_active_than_there_is() => For((made, _, _, _) =>
    {
        var profile = made.Profile();
        Assert.Equal(profile.Parameters!.Value.Value, profile.Components.Sum(share => (double)share.Parameters));
        Assert.True(profile.ActiveParameters!.Value.Value <= profile.Parameters.Value.Value);
        Assert.True(profile.ActiveWithoutEmbedding!.Value.Value <= profile.ActiveParameters.Value.Value);
        Assert.Equal(made.Experts <= 1 || made.PerToken == made.Experts, profile.ActiveParameters.Value.Value == profile.Parameters.Value.Value);
    });

    [Fact]
    public void A_layer_more_never_costs_less() => For((made, batch, context, precision) =>
    {
        var scenario = new Scenario { Batch = batch, Context = context, Weights = Zoo.Precision(precision) };
        var (less, more) = (Estimator.Prepare(made.Profile(), Zoo.Device("h100-sxm"), scenario), Estimator.Prepare(made.Profile(made.Layers + 1), Zoo.Device("h100-sxm"), scenario));
        var (a, b) = (less.Decode(batch, context), more.Decode(batch, context));
        Assert.True(b.Flop >= a.Flop && b.Bytes >= a.Bytes && b.Seconds >= a.Seconds);
        Assert.True(less.Prefill(batch, context).Flop <= more.Prefill(batch, context).Flop);
        Assert.True(less.Memory(batch, context).Total <= more.Memory(batch, context).Total);
    });

    [Fact]
    public void More_batch_and_more_context_never_cost_less() => For((made, batch, context, precision) =>
    {
        var model = Estimator.Prepare(made.Profile(), Zoo.Device("rtx-4090"), new() { Weights = Zoo.Precision(precision) });
        var (here, wider, longer) = (model.Decode(batch, context), model.Decode(batch + 1, context), model.Decode(batch, context + 1));
        foreach (var step in (StepTime[])[wider, longer]) Assert.True(step.Flop >= here.Flop && step.Bytes >= here.Bytes && step.Seconds >= here.Seconds);
        Assert.True(model.Prefill(1, context + 1).Flop >= model.Prefill(1, context).Flop);
        Assert.True(model.Memory(batch + 1, context).Total >= model.Memory(batch, context).Total && model.Memory(batch, context + 1).Total >= model.Memory(batch, context).Total);
    });

    [Fact]
    public void A_window_never_costs_more_than_none() => For((made, _, context, _) =>
    {
        var (with, without) = (made.Profile().Work!, made.Profile(hasWindow: false).Work!);
        Assert.True(with.CacheElements(context) <= without.CacheElements(context));
        Assert.True(with.TokenFlop(context) <= without.TokenFlop(context));
        Assert.True(with.PromptFlop(context) <= without.PromptFlop(context) * (1 + 1e-12));
        Assert.Equal(with.CacheElements(1), without.CacheElements(1));
    });

    [Fact]
    public void A_prompt_is_the_sum_of_its_tokens() => For((made, _, context, _) =>
    {
        var (work, tokens) = (made.Profile().Work!, Math.Min(context, 300));
        // Every token but the last leaves the head out.
        var sum = 0.0;
        for (var i = 1; i <= tokens; i++) sum += work.TokenFlop(i) - (i < tokens ? 2 * work.HeadWeights : 0);
        Assert.Equal(1, work.PromptFlop(tokens) / sum, 1e-9);
    });

    [Fact]
    public void The_experts_that_are_read_lie_between_those_of_one_token_and_all() => For((made, batch, _, _) =>
    {
        var work = made.Profile().Work!;
        var (one, some, all) = (work.WeightsRead(1), work.WeightsRead(batch), work.WeightsRead(1e12));
        Assert.True(one <= some * (1 + 1e-12) && some <= all * (1 + 1e-12));
        Assert.Equal(1, one / work.TokenWeights, 1e-12);
    });

    [Fact]
    public void Twice_the_bandwidth_never_slows_and_more_devices_hold_at_least_their_share() => For((made, batch, context, precision) =>
    {
        var (profile, device, scenario) = (made.Profile(), Zoo.Device("h100-sxm"), new Scenario { Weights = Zoo.Precision(precision) });
        Assert.True(Estimator.Prepare(profile, device with { Bandwidth = 2 * device.Bandwidth }, scenario).Decode(batch, context).Seconds <= Estimator.Prepare(profile, device, scenario).Decode(batch, context).Seconds);
        foreach (var how in (Parallelism[])[Parallelism.Tensor, Parallelism.Pipeline, Parallelism.Expert])
            Assert.True(Estimator.Prepare(profile, device, scenario with { Devices = 8, Parallelism = how }).Memory(batch, context).Total * 8 >= Estimator.Prepare(profile, device, scenario).Memory(batch, context).Total * (1 - 1e-12));
    });

    [Fact]
    public void A_verdict_keeps_its_word() => For((made, batch, context, _) =>
    {
        var (profile, device, scenario) = (made.Profile(), Zoo.Device("rtx-4090"), new Scenario { Batch = batch, Context = context });
        var verdict = Estimator.Estimate(profile, device, scenario).Verdict;
        if (verdict.Scheme is { } scheme) Assert.True(Estimator.Estimate(profile, device, scenario with { Weights = scheme }).Verdict.Fits);
        if (verdict.LargestContext is > 0 and var tokens) Assert.True(Estimator.Estimate(profile, device, scenario with { Context = tokens }).Verdict.Fits);
        if (verdict.LargestBatch is > 0 and var sequences) Assert.True(Estimator.Estimate(profile, device, scenario with { Batch = sequences }).Verdict.Fits);
        if (verdict.Kind == VerdictKind.NeedsDevices) Assert.True(Estimator.Estimate(profile, device, scenario with { Devices = verdict.DevicesNeeded!.Value }).Verdict.Fits);
    });

    [Fact]
    public void Formats_and_words_parse_back()
    {
        foreach (var format in Enum.GetValues<NumberFormat>()) Assert.Equal(format, NumberFormats.Find(format.ToName()));
        foreach (var precision in Zoo.Reference.Precisions) Assert.Same(precision, Zoo.Reference.FindPrecision(precision.Id.ToUpperInvariant()));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Gen.Choose(1, 900_000_000).ToArbitrary(), tokens =>
        {
            string? Find(string text, string field) => field == "context" ? text : null;
            Assert.Equal(tokens, ScenarioFields.Read(field => Find(tokens.ToString(CultureInfo.InvariantCulture), field), Zoo.Reference).Context);
            Assert.Equal(tokens * 1024.0, ScenarioFields.Read(field => Find($"{tokens}k", field), Zoo.Reference).Context);
        }));
        foreach (var how in Enum.GetValues<Parallelism>()) Assert.Equal(how, ScenarioFields.Read(field => field == "parallelism" ? ProfileJson.Words(how) : null, Zoo.Reference).Parallelism);
    }
}
