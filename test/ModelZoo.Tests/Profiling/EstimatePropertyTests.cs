using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Laws that hold for every model and scenario.</summary>
public sealed class EstimatePropertyTests
{
    static readonly string[] s_models = ["llama-3.1-8b", "gemma-3-27b", "mixtral-8x7b", "deepseek-v2-lite", "mamba-2.8b", "jamba-v0.1", "t5-base", "gpt-oss-20b", "whisper-small", "bert-base", "resnet-50"];
    static readonly string[] s_devices = ["h100-sxm", "rtx-4090", "apple-m4", "epyc-9654", "dgx-spark"];

    static void For(Action<Profile, Device, double, double> law) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(
        (from model in Gen.Elements(s_models)
         from device in Gen.Elements(s_devices)
         from batch in Gen.Choose(1, 300)
         from context in Gen.Choose(2, 200_000)
         select (model, device, batch, context)).ToArbitrary(),
        c => law(Zoo.Model(c.model), Zoo.Device(c.device), c.batch, c.context)));

    static StepTime Step(Profile profile, Device device, double batch, double context, Scenario? scenario = null)
    {
        var model = Estimator.Prepare(profile, device, scenario);
        return profile.Work!.HasDecoder ? model.Decode(batch, context) : profile.Work.IsEncoder ? model.Encode(batch, context) : model.Forward(batch);
    }

    [Fact]
    public void Work_traffic_and_memory_never_fall_when_batch_or_context_grows() => For((profile, device, batch, context) =>
    {
        var (small, more, longer) = (Step(profile, device, batch, context), Step(profile, device, batch + 1, context), Step(profile, device, batch, context * 1.5));
        Assert.True(more.Flop >= small.Flop && more.Bytes >= small.Bytes && more.Seconds >= small.Seconds);
        Assert.True(longer.Flop >= small.Flop && longer.Bytes >= small.Bytes && longer.Seconds >= small.Seconds);
        var model = Estimator.Prepare(profile, device);
        Assert.True(model.Memory(batch + 1, context).Total >= model.Memory(batch, context).Total);
        Assert.True(model.Memory(batch, context * 1.5).Total >= model.Memory(batch, context).Total);
    });

    [Fact]
    public void Doubling_the_bandwidth_never_slows() => For((profile, device, batch, context) =>
        Assert.True(Step(profile, device with { Bandwidth = device.Bandwidth * 2 }, batch, context).Seconds <= Step(profile, device, batch, context).Seconds * (1 + 1e-12)));

    [Fact]
    public void A_prompt_costs_as_much_as_its_chunks_in_turn() => For((profile, _, batch, context) =>
    {
        if (profile.Work is not { HasDecoder: true } work) return;
        var cut = Math.Floor(context * batch / 301);
        if (cut < 1) return;
        var whole = work.PromptFlop(context);
        var parts = work.PromptFlop(cut) - 2 * work.HeadWeights + work.PromptFlop(context - cut, cut);
        Assert.Equal(1, parts / whole, 1e-9);
    });

    [Fact]
    public void A_window_never_makes_a_cache_larger() => For((profile, _, _, context) =>
    {
        var work = profile.Work!;
        var without = work with { Layers = [.. work.Layers.Select(layer => layer with { Window = 0 })] };
        Assert.True(work.CacheElements(context) <= without.CacheElements(context));
        Assert.True(work.PromptFlop(context) <= without.PromptFlop(context) || !work.HasDecoder);
    });

    [Fact]
    public void Active_parameters_are_at_most_all_and_components_add_up()
    {
        foreach (var workload in Zoo.Reference.Workloads.Where(w => w.Configuration is not null))
        {
            var profile = Profiler.OfReference(workload);
            Assert.True(profile.ActiveParameters!.Value.Value <= profile.Parameters!.Value.Value, workload.Id);
            Assert.Equal(profile.Parameters.Value.Value, profile.Components.Sum(share => (double)share.Parameters));
        }
    }

    [Fact]
    public void Sharing_a_model_out_needs_at_least_its_share_of_memory() => For((profile, device, batch, context) =>
    {
        if (!profile.Work!.HasDecoder) return;
        var one = Estimator.Prepare(profile, device).Memory(batch, context).Total;
        var four = Estimator.Prepare(profile, device, new() { Devices = 4, LinkBandwidth = 1e11 }).Memory(batch, context).Total;
        Assert.True(four >= one / 4);
    });

    [Fact]
    public void The_largest_batch_fits_and_one_more_does_not() => For((profile, device, _, context) =>
    {
        var model = Estimator.Prepare(profile, device, new() { Context = context });
        var largest = model.LargestBatch(context);
        if (largest > 0) Assert.True(model.Fits(largest, context));
        Assert.False(model.Fits(largest + 1, context));
    });

    [Fact]
    public void The_sum_over_operators_is_never_less_than_the_one_maximum()
    {
        foreach (var id in (string[])["llama-3.1-8b", "mixtral-8x7b", "gemma-2-9b", "mamba-130m"])
        {
            var chart = Roofline.Of(Zoo.Model(id), Zoo.Device("h100-sxm"), Zoo.Pure with { Batch = 32 });
            var whole = chart.Points.Single(point => point.Name == Roofline.Whole);
            Assert.True(chart.SumSeconds >= whole.Seconds * 0.999, id);
            Assert.Equal(whole.Flop, chart.Points.Where(p => p.Name is not (Roofline.Whole or "scan")).Sum(p => p.Flop), whole.Flop * 1e-6);
        }
    }

    [Fact]
    public void A_measured_latency_calibrates_the_ceiling_that_bounds()
    {
        var (profile, device) = (Zoo.Model("llama-3.1-8b"), Zoo.Device("rtx-4090"));
        var plain = Estimator.Estimate(profile, device, new() { Context = 1000 });
        var measured = plain.LatencySeconds!.Value * 1.4;
        var calibrated = Estimator.Estimate(profile, device, new() { Context = 1000, MeasuredSeconds = measured });
        Assert.Equal(measured, calibrated.LatencySeconds!.Value, measured * 1e-9);
        Assert.Equal(plain.LatencySeconds.Value, calibrated.Calibration!.EstimatedSeconds, 1e-9);
        Assert.InRange(calibrated.Calibration.ImpliedShare, 0.3, 0.75);
        Assert.Equal(Bound.Memory, calibrated.Calibration.Bound);
    }

    [Fact]
    public void Tensor_parallel_decode_over_a_slow_link_is_bound_by_the_network()
    {
        var slow = Estimator.Estimate(Zoo.Model("llama-3.1-70b"), Zoo.Device("h100-sxm"), new() { Devices = 8, LinkBandwidth = 1e8, Batch = 64 });
        Assert.Equal(Bound.Network, slow.Bound);
        var fast = Estimator.Estimate(Zoo.Model("llama-3.1-70b"), Zoo.Device("h100-sxm"), new() { Devices = 8, Batch = 64 });
        Assert.NotEqual(Bound.Network, fast.Bound);
        Assert.True(fast.LatencySeconds < slow.LatencySeconds);
        var latent = Estimator.Estimate(Zoo.Model("deepseek-v3"), Zoo.Device("h200-sxm"), new() { Devices = 16, Batch = 8, Context = 8192 });
        Assert.Equal(8 * 8192 * 70_272.0, latent.Memory.Cache);          // a compressed cache is needed whole everywhere
    }
}
