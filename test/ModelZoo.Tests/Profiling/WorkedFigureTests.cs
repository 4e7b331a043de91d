using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Whole scenarios with figures worked out by hand or published (16 bit and full peaks unless said).</summary>
public sealed class WorkedFigureTests
{
    static WorkModel Work(string id) => Zoo.Model(id).Work!;

    [Fact]
    public void Qwen_2_5_7B_token_and_prompt_cost_what_the_closed_form_says()
    {
        var work = Work("qwen2.5-7b");
        Assert.Equal(7_070_285_824, work.TokenWeights);
        Assert.Equal(544_997_376, work.HeadWeights);
        Assert.Equal(57_344, Zoo.Model("qwen2.5-7b").CacheBytesPerToken!.Value.Value);
        Assert.Equal(14_943_387_648, work.TokenFlop(2000));
        Assert.Equal(26_905_461_194_752, work.PromptFlop(2000));
    }

    [Fact]
    public void Qwen_2_5_7B_decodes_on_an_L40S_bound_by_memory_at_every_batch()
    {
        var scenario = Zoo.Pure with { Context = 2000, LayerSeconds = 10e-6 };
        var one = Estimator.Estimate(Zoo.Model("qwen2.5-7b"), Zoo.Device("l40s"), scenario);
        Assert.Equal(14_255_259_648, one.Step.Bytes);
        Assert.Equal(1.048, one.Step.Intensity, 0.0005);
        Assert.Equal(0.041e-3, one.Step.ComputeSeconds, 0.0005e-3);
        Assert.Equal(16.50e-3, one.Step.MemorySeconds, 0.005e-3);
        Assert.Equal(59.6, one.ThroughputPerSecond!.Value, 0.05);
        Assert.Equal(419, one.Ridge!.Value, 0.5);
        Assert.Equal(Bound.Memory, one.Bound);

        var many = Estimator.Estimate(Zoo.Model("qwen2.5-7b"), Zoo.Device("l40s"), scenario with { Batch = 64 });
        Assert.Equal(44.5, many.Step.Intensity, 0.05);
        Assert.Equal(25.14e-3, many.Step.Seconds, 0.005e-3);
        Assert.Equal(2546, many.ThroughputPerSecond!.Value, 1.0);

        var most = Estimator.Estimate(Zoo.Model("qwen2.5-7b"), Zoo.Device("l40s"), scenario with { Batch = 256 });
        Assert.Equal(87.9, most.Step.Intensity, 0.05);
        Assert.Equal(50.6e-3, most.Step.Seconds, 0.05e-3);
        Assert.Equal(5057, most.ThroughputPerSecond!.Value, 3.0);
        Assert.Equal(Bound.Memory, most.Step.Bound);
        Assert.Null(most.TurningBatch);
    }

    [Fact]
    public void Eight_sequences_of_8192_fit_an_L40S()
    {
        var estimate = Estimator.Estimate(Zoo.Model("qwen2.5-7b"), Zoo.Device("l40s"), new() { Batch = 8, Context = 8192 });
        Assert.Equal(15_231_233_024, estimate.Memory.Weights);
        Assert.Equal(3_758_096_384, estimate.Memory.Cache);
        Assert.Equal(174_735_360, estimate.Memory.Transient);
        Assert.Equal(536_870_912, estimate.Memory.Runtime);
        Assert.Equal(19.7e9, estimate.Memory.Total, 0.05e9);
        Assert.True(estimate.Verdict.Fits);
        Assert.Equal(VerdictKind.Fits, estimate.Verdict.Kind);
    }

    [Theory]
    [InlineData("llama-3.1-70b", 4, 8192, 10_737_418_240)]
    [InlineData("gemma-2-9b", 1, 8192, 2_113_929_216)]
    [InlineData("gemma-3-27b", 1, 131_072, 11_173_625_856)]
    [InlineData("gpt-oss-120b", 1, 131_072, 4_836_556_800)]
    [InlineData("deepseek-v2", 1, 131_072, 9_059_696_640)]
    [InlineData("jamba-v0.1", 1, 131_072, 2_147_483_648)]
    [InlineData("deepseek-v3", 1, 1, 70_272)]
    [InlineData("qwen2.5-72b", 1, 1, 327_680)]
    [InlineData("llama-3.1-405b", 1, 1, 516_096)]
    public void Caches_are_those_of_windows_latents_and_hybrids(string id, double batch, double tokens, double bytes) =>
        Assert.Equal(bytes, 2 * batch * Work(id).CacheElements(tokens));

    [Theory]
    [InlineData("gemma-2-9b", 8192, 2_818_572_288)]
    [InlineData("gemma-3-27b", 131_072, 66_571_993_088)]
    [InlineData("gpt-oss-120b", 131_072, 9_663_676_416)]
    public void Without_windows_caches_would_be_larger(string id, double tokens, double bytes) =>
        Assert.Equal(bytes, 2 * Work(id).Layers.Sum(layer => layer.Count * layer.CacheElements * tokens));

    [Theory]
    [InlineData("jamba-v0.1", 4_358_144)]
    [InlineData("mamba-2.8b", 6_225_920)]
    [InlineData("mamba-codestral-7b", 69_074_944)]
    public void State_is_the_same_at_any_length(string id, double elements) => Assert.Equal(elements, Work(id).StateElements);

    [Theory]
    [InlineData(1, 25.50)]
    [InlineData(2, 42.41)]
    [InlineData(4, 64.60)]
    [InlineData(8, 84.11)]
    [InlineData(16, 92.24)]
    public void Tokens_of_a_batch_choose_different_experts(double batch, double gigabytes) =>
        Assert.Equal(gigabytes, 2 * Work("mixtral-8x7b").WeightsRead(batch) / 1e9, 0.005);

    [Theory]
    [InlineData(8, 2, 4, 5.47)]
    [InlineData(8, 2, 16, 7.92)]
    [InlineData(128, 8, 32, 111.8)]
    [InlineData(256, 8, 128, 251.6)]
    public void Distinct_experts_follow_uniform_routing(int experts, int perToken, double tokens, double distinct) =>
        Assert.Equal(distinct, WorkModel.DistinctExperts(experts, perToken, tokens), distinct > 10 ? 0.05 : 0.005);

    [Fact]
    public void Llama_3_3_70B_in_nvfp4_on_a_DGX_Spark_cannot_beat_6_72_tokens_per_second()
    {
        var estimate = Estimator.Estimate(Zoo.Model("llama-3.3-70b"), Zoo.Device("dgx-spark"), Zoo.Pure with { Weights = Zoo.Precision("nvfp4"), Context = 1 });
        Assert.Equal(40.61e9, estimate.Step.Bytes, 0.01e9);
        Assert.Equal(6.72, estimate.ThroughputPerSecond!.Value, 0.005);
        var likely = Estimator.Estimate(Zoo.Model("llama-3.3-70b"), Zoo.Device("dgx-spark"), new() { Weights = Zoo.Precision("nvfp4"), Context = 1 });
        Assert.Equal(4.1, likely.ThroughputPerSecond!.Value, 0.2);
    }

    [Theory]
    [InlineData(1, 95.57e6, 85.6)]
    [InlineData(16, 762.4e6, 171.6)]
    public void ResNet_50_reads_weights_once_and_activations_per_image(double batch, double bytes, double intensity)
    {
        var estimate = Estimator.Estimate(Zoo.Model("resnet-50"), Zoo.Device("t4"), Zoo.Pure with { Batch = batch });
        Assert.Equal(8_178_368_512, estimate.FlopPerUnit);
        Assert.Equal(bytes, estimate.Step.Bytes, bytes * 1e-4);
        Assert.Equal(intensity, estimate.Step.Intensity, 0.05);
    }

    [Theory]
    [InlineData("resnet-18", 2.48e6)]
    [InlineData("resnet-50", 11.1e6)]
    [InlineData("mobilenet-v2", 6.68e6)]
    [InlineData("efficientnet-b0", 6.74e6)]
    [InlineData("vgg16", 13.5e6)]
    public void Activations_of_convolution_networks_are_those_that_timm_publishes(string id, double elements) =>
        Assert.Equal(elements, Work(id).ActivationElements, elements * 0.005);

    [Fact]
    public void Bert_reads_128_tokens_for_22_gigaflop() => Assert.Equal(22.35e9, Work("bert-base").EncoderFlop(128), 0.005e9);

    [Fact]
    public void A_picture_costs_its_calls()
    {
        Assert.Equal(405.7e12, 60 * Work("sdxl-base-1.0").FlopPerUnit, 0.05e12);
        Assert.Equal(2083e12, 28 * Work("flux.1-dev").FlopPerUnit, 0.5e12);
        var estimate = Estimator.Estimate(Zoo.Model("sdxl-base-1.0"), Zoo.Device("h100-sxm"), new() { CallsPerResult = 60 });
        Assert.Equal(60 * estimate.Step.Seconds, estimate.LatencySeconds!.Value, 1e-9);
    }

    [Fact]
    public void Training_of_GPT_3_is_3_15e23()
    {
        var gpt3 = new Blueprints.Typed(175e9).Profile;
        var run = Training.Estimate(gpt3, Zoo.Device("a100-sxm-80gb"), new() { Tokens = 300e9 });
        Assert.Equal(3.15e23, run.RunFlop!.Value, 0.001e23);
        var (parameters, tokens) = Training.ComputeOptimal(1e21);
        Assert.Equal(2.887e9, parameters, 0.001e9);
        Assert.Equal(5.774e10, tokens, 0.001e10);
    }

    [Fact]
    public void Training_keeps_sixteen_bytes_per_parameter_and_zero_deals_them_out()
    {
        var model = Zoo.Model("llama-3.1-8b");
        var one = Training.Estimate(model, Zoo.Device("h100-sxm"), new() { Batch = 8, Devices = 8, Recomputation = Recomputation.Full });
        Assert.Equal(16 * 8_030_261_248.0, one.WeightBytes + one.GradientBytes + one.OptimizerBytes);
        var dealt = Training.Estimate(model, Zoo.Device("h100-sxm"), new() { Batch = 8, Devices = 8, ZeroStage = 3, Recomputation = Recomputation.Full });
        Assert.Equal(2 * 8_030_261_248.0, dealt.WeightBytes + dealt.GradientBytes + dealt.OptimizerBytes);
        Assert.True(dealt.Fits);
        Assert.False(one.Fits);
        Assert.Equal(14 * 8_030_261_248.0, one.CheckpointBytes);
        var adapter = Training.Estimate(model, Zoo.Device("rtx-4090"), new() { LoraRank = 16, FrozenBytes = 4.13 / 8, Recomputation = Recomputation.Full });
        Assert.True(adapter.Fits);
        Assert.Equal(41_943_040, adapter.TrainedParameters);
    }

    [Fact]
    public void Eight_H100_for_three_days_make_71_kilograms_of_carbon()
    {
        var energy = Energy.Find(Zoo.Device("h100-sxm"), Zoo.Reference.FindGrid("eu")!, 72 * 3600, 0.40, devices: 8)!;
        Assert.Equal(233.86, energy.KilowattHours, 0.005);
        Assert.Equal(261.92, energy.FacilityKilowattHours, 0.01);
        Assert.Equal(70.7e3, energy.CarbonGrams, 50.0);
    }

    [Fact]
    public void A_ring_of_four_reduces_two_gigabytes_in_6_673_milliseconds() => Assert.Equal(6.673e-3, Links.RingAllReduce(2e9, 4, 450e9, 1e-6), 0.0005e-3);

    [Fact]
    public void Whisper_costs_the_same_for_every_window() => Assert.Equal(36_937_728_000 + 2 * Work("whisper-tiny").CrossWeights * 1500, Work("whisper-tiny").EncoderFlop(7));

    [Theory]
    [InlineData("mixtral-8x7b", 12_879_925_248)]
    [InlineData("mixtral-8x22b", 39_161_468_928)]
    [InlineData("deepseek-v2", 21_375_800_320)]
    [InlineData("deepseek-v3", 37_552_297_472)]
    [InlineData("kimi-k2", 32_861_500_928)]
    [InlineData("gpt-oss-120b", 5_711_982_912)]
    [InlineData("llama-4-maverick", 17_184_691_200)]
    [InlineData("jamba-v0.1", 12_110_311_296)]
    public void Active_parameters_are_the_published_ones(string id, double active) => Assert.Equal(active, Zoo.Model(id).ActiveParameters!.Value.Value);

    [Theory]
    [InlineData("gpt-oss-20b", 3_608_307_264)]
    [InlineData("gpt-oss-120b", 5_132_849_472)]
    public void Some_publishers_leave_the_embedding_out(string id, double active) => Assert.Equal(active, Zoo.Model(id).ActiveWithoutEmbedding!.Value.Value);
}
