using ModelZoo.Profiling;

namespace ModelZoo.Fuzz.Targets.Profiles;

/// <summary>Asks a profile everything that pages and commands ask, and holds the answers against what must always be true.</summary>
static class Estimates
{
    static readonly string[] s_devices = ["h100-sxm", "apple-m4", "stm32h747", "tpu-v1"];

    static readonly Scenario[] s_scenarios =
    [
        Scenario.Default, new() { Batch = 1e6, Context = 1e6, Devices = 8 }, new() { Preset = Preset.Mlsysim, Phase = Phase.Prefill },
        new() { Phase = Phase.Prefill, Context = 1e9, Devices = 64, Parallelism = Parallelism.Expert, LinkBandwidth = 1e9 }, new() { Devices = 4, Parallelism = Parallelism.Pipeline, HasFlashAttention = false },
    ];

    public static string Of(Profile profile)
    {
        ProfileJson.Of(profile).ToJsonString();
        foreach (var figure in (Figure?[])[profile.Parameters, profile.ActiveParameters, profile.ActiveWithoutEmbedding, profile.MatrixWeights, profile.WeightBytes, profile.FlopPerUnit, profile.CacheBytesPerToken, profile.StateBytes, profile.ActivationElements, profile.PeakActivationElements, profile.DraftParameters])
            if (figure is { } known && !(known.Value >= 0 && double.IsFinite(known.Value))) throw new InvalidOperationException($"A figure is {known}.");
        var answers = 0;
        foreach (var id in s_devices)
            foreach (var scenario in s_scenarios)
            {
                var device = Reference.BuiltIn.FindDevice(id)!;
                var estimate = Estimator.Estimate(profile, device, scenario);
                ProfileJson.Of(estimate).ToJsonString();
                if (double.IsNaN(estimate.Memory.Total) || estimate.Memory.Total < 0) throw new InvalidOperationException($"The memory is {estimate.Memory}.");
                if (estimate.LatencySeconds is { } seconds && !(seconds >= 0)) throw new InvalidOperationException($"The latency is {seconds}.");
                if (estimate.Step.Seconds is double.NaN) throw new InvalidOperationException($"The step is {estimate.Step}.");
                answers += estimate.LatencySeconds is null ? 0 : 1;
                if (!ReferenceEquals(scenario, Scenario.Default)) continue;
                Estimator.Ladder(profile, device, scenario);
                Try(() => Roofline.Of(profile, device, scenario));
                Try(() => Training.Estimate(profile, device, new() { LoraRank = 8, Recomputation = Recomputation.Selective }));
                Try(() => Training.Estimate(profile, device, new() { Devices = 8, ZeroStage = 3, Tokens = 1e12 }));
            }
        return $"{profile.Family} {profile.Origins()} {answers} {Math.Min(4, profile.Notices.Count)} {profile.IsVerified} {profile.Parts.Count}";
    }

    static string Origins(this Profile profile) => $"{profile.Parameters?.Origin} {profile.FlopPerUnit?.Origin} {profile.CacheBytesPerToken?.Origin} {profile.StateBytes is not null} {string.Join(',', profile.NotMeasured.Keys)}";

    /// <summary>What cannot be told is refused, and nothing else is thrown.</summary>
    static void Try(Action work)
    {
        try
        {
            work();
        }
        catch (ProfileException)
        {
        }
    }
}
