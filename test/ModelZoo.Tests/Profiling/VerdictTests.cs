using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Verdicts, fall-backs of number formats, presets and refusals.</summary>
public sealed class VerdictTests
{
    static Estimate On(string model, string device, Scenario? scenario = null) => Estimator.Estimate(Zoo.Model(model), Zoo.Device(device), scenario);

    [Fact]
    public void Seventy_billion_parameters_need_four_bits_or_more_devices()
    {
        var estimate = On("llama-3.1-70b", "h100-sxm");
        Assert.Equal(Bound.DoesNotFit, estimate.Bound);
        Assert.False(estimate.Verdict.Fits);
        Assert.Equal(VerdictKind.FitsQuantised, estimate.Verdict.Kind);
        Assert.Equal("q8_0", estimate.Verdict.Scheme!.Id);
        Assert.Equal(4, On("llama-3.1-70b", "h100-sxm", new() { Weights = Zoo.Precision("bf16"), Batch = 16, Context = 16384 }).Verdict.DevicesNeeded);
        var ladder = Estimator.Ladder(Zoo.Model("llama-3.1-70b"), Zoo.Device("rtx-4090"));
        Assert.Equal("iq2_xxs", Assert.Single(ladder, step => step.IsLargestThatFits).Precision.Id);
    }

    [Fact]
    public void A_context_too_long_is_answered_with_the_one_that_fits()
    {
        var estimate = On("llama-3.1-8b", "rtx-3060-12gb", new() { Weights = Zoo.Precision("iq2_xxs"), Context = 200_000 });
        Assert.Equal(VerdictKind.ShorterContext, estimate.Verdict.Kind);
        var largest = estimate.Verdict.LargestContext!.Value;
        Assert.True(On("llama-3.1-8b", "rtx-3060-12gb", new() { Weights = Zoo.Precision("iq2_xxs"), Context = largest }).Verdict.Fits);
    }

    [Fact]
    public void A_microcontroller_has_two_memories()
    {
        var int8 = new Scenario { Weights = Zoo.Precision("int8"), ActivationBytes = 1 };
        var mobile = On("mobilenet-v2", "nrf52840", int8);
        Assert.Equal(VerdictKind.DoesNotFit, mobile.Verdict.Kind);
        Assert.Contains("flash", mobile.Verdict.Sentence, StringComparison.Ordinal);
        var words = On("ds-cnn-kws", "stm32h747", int8);
        Assert.True(words.Verdict.Fits);
        Assert.False(On("tinybert-4l-312d", "nrf52840", int8).Verdict.Fits);
    }

    [Fact]
    public void A_missing_format_runs_at_the_next_wider_one_and_says_so()
    {
        var fp8 = On("llama-3.1-8b", "a100-sxm-80gb", new() { Weights = Zoo.Precision("fp8") });
        Assert.Contains(fp8.Notices, notice => notice.Contains("No FP8 units", StringComparison.Ordinal));
        Assert.Equal(312e12, fp8.Assumptions.Single(a => a.Name == "peakFlopPerSecond").Value);
        var integer = On("llama-3.1-8b", "tpu-v1");
        Assert.Null(integer.LatencySeconds);
        Assert.Contains("int8", integer.NotMeasured["latencySeconds"], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Weights_in_four_bits_are_multiplied_in_sixteen()
    {
        var estimate = On("llama-3.1-8b", "rtx-4090", new() { Weights = Zoo.Precision("q4_k_m") });
        Assert.Equal(165.2e12, estimate.Assumptions.Single(a => a.Name == "peakFlopPerSecond").Value);
        Assert.Equal(On("llama-3.1-8b", "rtx-4090").FlopPerUnit, estimate.FlopPerUnit);
        Assert.True(estimate.LatencySeconds < On("llama-3.1-8b", "rtx-4090").LatencySeconds);
    }

    [Theory]
    [InlineData("apple-m1", "q4_0", 14.2)]
    [InlineData("apple-m1-max", "q4_0", 60)]
    [InlineData("rtx-pro-6000-blackwell", "q4_0", 279)]
    [InlineData("ryzen-ai-max-395", "q4_0", 47.9)]
    public void Defaults_stay_within_a_third_of_public_measurements(string device, string precision, double tokensPerSecond) =>
        Assert.InRange(On("llama-2-7b", device, new() { Weights = Zoo.Precision(precision), Context = 128, LayerSeconds = 0, DispatchSeconds = 0 }).ThroughputPerSecond!.Value, tokensPerSecond * 0.67, tokensPerSecond * 1.5);

    [Fact]
    public void The_textbook_preset_saturates_at_ten_flop_per_byte()
    {
        var estimate = On("llama-2-70b", "a100-sxm-80gb", new() { Preset = Preset.Mlsysim, Batch = 100_000, Phase = Phase.Forward });
        Assert.Equal(10, estimate.Step.Intensity, 0.02);
        Assert.Equal(0, estimate.Memory.Cache);
    }

    [Fact]
    public void Published_figures_without_layers_still_answer_what_they_can()
    {
        var yolo = On("yolov8n", "jetson-orin-nano-8gb");
        Assert.Equal(8.7e9, yolo.FlopPerUnit);
        Assert.NotNull(yolo.LatencySeconds);
        var tables = On("dlrm", "h100-sxm");
        Assert.Null(tables.LatencySeconds);
        Assert.Null(tables.FlopPerUnit);
        Assert.False(tables.Verdict.Fits);
    }

    [Fact]
    public void Json_has_the_fields_that_clients_rely_on()
    {
        var json = ProfileJson.Of(On("qwen2.5-7b", "l40s"));
        foreach (var field in (string[])["parameters", "activeParameters", "weightBytes", "kvCacheBytes", "flopPerUnit", "arithmeticIntensity", "latencySeconds", "throughputPerSecond", "bound", "fits", "memoryBytes", "device", "assumptions"])
            Assert.True(json.ContainsKey(field), field);
        Assert.Equal("memory", json["bound"]!.GetValue<string>());
        Assert.True(json["fits"]!.GetValue<bool>());
        Assert.Equal("does-not-fit", ProfileJson.Of(On("llama-3.1-405b", "t4"))["bound"]!.GetValue<string>());
    }
}
