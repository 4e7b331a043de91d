using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;
using static ModelZoo.Tests.Web.SampleModelPages;

namespace ModelZoo.Tests.Web;

/// <summary>What a page says about a model on a device, and that its words agree with the library's numbers.</summary>
public sealed class EstimateViewTests
{
    static readonly Reference s_reference = Reference.BuiltIn;

    [Fact]
    public void Every_reference_workload_has_a_page_on_every_kind_of_device()
    {
        var devices = s_reference.Devices.GroupBy(device => (device.Kind, device.IsMicrocontroller, device.Bandwidth is null)).Select(group => group.First()).ToList();
        foreach (var workload in s_reference.Workloads)
            foreach (var device in devices)
            {
                var profile = ReferenceProfiles.Of(workload);
                var view = EstimateViews.Find(profile, Address($"?device={device.Id}&batch=4&grid=norway&tokens=1e9"), s_reference);
                if (view is null)
                {
                    Assert.Null(profile.Parameters);
                    continue;
                }
                var words = string.Join(' ', view.Speed.Concat(view.Energy).Concat(view.Training).SelectMany(line => new[] { line.Value, line.Exact, line.How }).Append(view.Verdict).Append(view.Bound));
                Assert.False(words.Contains("NaN", StringComparison.Ordinal) || words.Contains('∞'), $"{workload.Id} on {device.Id}: {words}");
                Assert.NotEmpty(view.Verdict);
            }
    }

    [Fact]
    public void The_verdict_says_what_would_fit_instead()
    {
        var large = View("llama-3.1-70b", "?device=rtx-4090");
        var small = View("llama-3.1-8b", "?device=rtx-4090");

        Assert.Equal("bad", large.VerdictKind);
        Assert.Contains("does not fit NVIDIA GeForce RTX 4090", large.Verdict);
        Assert.Contains("It fits as IQ2_XXS", large.Verdict);
        Assert.Equal("good", small.VerdictKind);
        Assert.Contains("Memory-bound", small.Bound);
        Assert.Contains(small.Speed, line => line.Label == "Time per token" && line.How!.Contains("max( 16.1 GFLOP ÷ (165 TFLOP/s × 0.5), 15.3 GB ÷ (1.01 TB/s × 0.75) )", StringComparison.Ordinal));
    }

    [Fact]
    public void A_measured_latency_calibrates_and_the_estimate_before_stays_visible()
    {
        var view = View("llama-3.1-8b", "?device=rtx-4090&measured=30");

        Assert.Contains(view.Speed, line => line is { Label: "Measured", Value: "30.0 ms", Origin: "measured" });
        Assert.Contains(view.Speed, line => line is { Label: "Estimated before", Value: "20.5 ms" });
        Assert.Contains(view.Speed, line => line is { Label: "Time per token", Value: "30.0 ms" });
    }

    [Fact]
    public void Windows_show_in_the_cache_by_length()
    {
        var view = View("gemma-3-27b", "?device=h100-sxm");

        Assert.Contains("11.2 GB", view.Lengths!.Finding);
        Assert.Contains("5.96 times as much", view.Lengths.Finding);
        Assert.Contains(view.Lengths.Lines, line => line.IsReference);
    }

    [Fact]
    public void A_field_that_cannot_be_read_is_named_and_the_rest_still_counts()
    {
        var address = Address("?device=rtx-4091&batch=zero&context=8k&compute=1.5&precision=q4_k_m&parallel=sideways&cache=f16");

        Assert.Equal(["batch", "compute", "device", "parallel"], address.Form.Errors.Keys.Order());
        Assert.Contains("rtx-4090", address.Form.Errors["device"]);
        Assert.Equal((8192.0, 1.0, "q4_k_m"), (address.Scenario.Context, address.Scenario.Batch, address.Scenario.Weights!.Id));
        Assert.DoesNotContain("cache=", address.Query);     // what nobody touched is no part of the state
    }

    [Fact]
    public void The_usual_context_is_never_longer_than_the_model_is_made_for()
    {
        var profile = ReferenceProfiles.Of(s_reference.FindWorkload("bert-base")!);

        Assert.Equal(512, Address("?device=l4", profile).Scenario.Context);
        Assert.Equal("device=l4", Address("?device=l4&context=512&batch=1", profile).Query);
    }

    static EstimateView View(string workload, string query)
    {
        var profile = ReferenceProfiles.Of(s_reference.FindWorkload(workload)!);
        return EstimateViews.Find(profile, Address(query, profile), s_reference)!;
    }
}
