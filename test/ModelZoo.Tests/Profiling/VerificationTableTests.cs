using System.Globalization;
using System.Text.Json;
using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Published totals against the closed forms: every configuration of the registry, to the last parameter.</summary>
public sealed class VerificationTableTests
{
    static readonly Reference s_reference = Reference.BuiltIn;

    static Blueprint Blueprint(string id) =>
        ConfigProfiler.Find(ModelConfig.From(s_reference.FindWorkload(id)!.Configuration!.Value)) ?? throw new InvalidOperationException(id);

    [Fact]
    public void Every_configuration_gives_the_published_parameters_to_the_last_one()
    {
        var wrong = new List<string>();
        var count = 0;
        foreach (var workload in s_reference.Workloads.Where(w => w.Configuration is not null))
        {
            count++;
            var blueprint = Blueprint(workload.Id);
            if (blueprint.Weights.Parameters != workload.Parameters)
                wrong.Add($"{workload.Id}: {blueprint.Weights.Parameters:N0} instead of {workload.Parameters:N0} ({blueprint.Weights.Parameters - workload.Parameters:N0})");
            if (workload.ActiveParameters is { } active && blueprint.Weights.ActiveParameters != active)
                wrong.Add($"{workload.Id}: active {blueprint.Weights.ActiveParameters:N0} instead of {active:N0}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(count >= 150, $"only {count} configurations");
    }

    [Fact]
    public void Every_configuration_gives_the_published_operations()
    {
        var wrong = new List<string>();
        foreach (var workload in s_reference.Workloads.Where(w => w is { Configuration: not null, Flop: not null }))
        {
            var work = Blueprint(workload.Id).Work;
            // The table adds scan and convolution to state-space models; here they are a line of their own.
            if (workload.ModelType is "mamba" or "mamba2" or "falcon_mamba") continue;
            var flop = workload.FlopUnit switch
            {
                "per token (context 0)" => work.TokenFlop(0),
                "per token" => work.TokenFlop(0),
                "per sequence of 128 tokens" => work.EncoderFlop(128),
                "per encoder token (context 0)" => 2 * work.EncoderWeights,
                "encoder, per 30 s window" => work.EncoderFlop(1500) - 2 * work.CrossWeights * 1500,
                _ => work.FlopPerUnit,
            };
            // Published FLUX figures are rounded to five digits.
            var allowed = workload.Id is "flux.1-dev" ? 2e-4 : 0;
            if (Math.Abs(flop / workload.Flop!.Value - 1) > allowed) wrong.Add($"{workload.Id}: {flop:N0} instead of {workload.Flop:N0} {workload.FlopUnit} ({flop / workload.Flop - 1:P3})");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_configuration_gives_the_published_cache_and_state()
    {
        var wrong = new List<string>();
        foreach (var workload in s_reference.Workloads.Where(w => w.Configuration is not null))
        {
            var work = Blueprint(workload.Id).Work;
            if (Number(workload, "cache_bytes_per_token_fp16") is { } cache && work.HasDecoder)
            {
                var ours = work.Layers.Sum(layer => layer.Count * layer.CacheElements) * 2;
                if (ours != cache) wrong.Add($"{workload.Id}: cache {ours:N0} instead of {cache:N0}");
            }
            if (Number(workload, "fixed_state_bytes_per_sequence") is { } state && workload.ModelType != "whisper" && work.StateElements * 2 != state)
                wrong.Add($"{workload.Id}: state {work.StateElements * 2:N0} instead of {state:N0}");
            if (Number(workload, "attn_flops_per_token_per_context_token") is { } score && work.HasDecoder && workload.ModelType != "whisper"
                && work.Layers.Where(l => l.Attention != AttentionKind.None && l.Window == 0).Sum(l => l.Count * l.ScoreFlop) is var full
                && full != score && work.Layers.Sum(l => l.Count * l.ScoreFlop) != score)
                wrong.Add($"{workload.Id}: attention {full:N0} instead of {score:N0}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    static double? Number(ReferenceWorkload workload, string field) =>
        workload.Fields[field] is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;
}
