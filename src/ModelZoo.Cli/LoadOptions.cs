using System.CommandLine;
using ModelZoo.Profiling;

namespace ModelZoo.Cli;

/// <summary>Options of `zoo fit` for many users at a time and for training.</summary>
static class LoadOptions
{
    static readonly Option<double?> Together = new("--concurrency") { Description = "Sequences answered at the same time: throughput, pauses, the largest that fits" };
    static readonly Option<double?> TokenSeconds = new("--max-token-seconds") { Description = "Longest time from token to token: the largest concurrency that keeps it" };
    static readonly Option<double?> MeanOutput = new("--mean-output") { Description = "Mean length of answers that vary, for pages of the cache" };
    static readonly Option<string?> Draft = new("--draft") { Description = "A small model that guesses ahead, named as MODEL is" };
    static readonly Option<int> Drafts = new("--drafts") { Description = "Guesses per round", DefaultValueFactory = _ => 4 };
    static readonly Option<double> Acceptance = new("--acceptance") { Description = "Share of guesses that hold, 0 to 1", DefaultValueFactory = _ => 0.7 };
    static readonly Option<double?> Pool = new("--pool-link") { Description = "Bytes per second between devices that read prompts and devices that write answers" };
    static readonly Option<double?> Arrivals = new("--requests-per-second") { Description = "Requests that arrive: how long they wait" };
    static readonly Option<int> Replicas = new("--replicas") { Description = "Copies of the whole side by side", DefaultValueFactory = _ => 1 };
    static readonly Option<double?> Rent = new("--dollars-per-hour") { Description = "Price of one device: dollars per million tokens" };
    static readonly Option<bool> Companions = new("--companions") { Description = "Load projectors, drafts and adapters that lie beside the model as well" };
    static readonly Option<bool> Train = new("--train") { Description = "Estimate training with this batch on --count devices as well" };

    static readonly Dictionary<string, Option<string?>> s_training = new(StringComparer.Ordinal)
    {
        ["sequence"] = new("--sequence") { Description = "Training: tokens of a sequence [default: 2048]" },
        ["optimizer"] = new("--optimizer") { Description = "Training: adam, adam8bit, sgd or adamfp32" },
        ["recomputation"] = new("--recompute") { Description = "Training: none, selective or full" },
        ["zeroStage"] = new("--zero") { Description = "Training: what is dealt out over the devices, 0 to 3" },
        ["loraRank"] = new("--lora-rank") { Description = "Training: adapters of this rank instead of all weights" },
        ["tokens"] = new("--tokens") { Description = "Training: tokens of the whole run" },
        ["mfu"] = new("--mfu") { Description = "Training: share of the peak rate, 0 to 1" },
    };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[Together, TokenSeconds, MeanOutput, Draft, Drafts, Acceptance, Pool, Arrivals, Replicas, Rent, Companions, Train, .. s_training.Values]) command.Options.Add(option);
    }

    public static bool TakesCompanions(LocalCall call) => call.Get(Companions);

    public static ServingPlan? FindServing(LocalCall call) =>
        call.Get(Arrivals) is null && call.Get(Rent) is null ? null : new(call.Get(Arrivals), call.Get(Replicas), call.Get(Rent));

    public static async Task<ConcurrencyPlan?> FindConcurrencyAsync(LocalCall call, Reference reference)
    {
        if (call.Get(Together) is null && call.Get(TokenSeconds) is null && call.Get(Draft) is null && call.Get(MeanOutput) is null) return null;
        return new()
        {
            Concurrency = call.Get(Together) ?? 1, TokenSeconds = call.Get(TokenSeconds), MeanOutput = call.Get(MeanOutput), Draft = call.Get(Draft) is { } draft ? await ModelSource.ReadAsync(call, draft, reference) : null,
            Drafts = call.Get(Drafts), Acceptance = call.Get(Acceptance), PoolBandwidth = call.Get(Pool),
        };
    }

    public static TrainingPlan? FindTraining(LocalCall call, Scenario scenario)
    {
        if (!call.Get(Train))
        {
            if (s_training.Values.FirstOrDefault(option => call.Get(option) is not null) is { } alone) throw new UsageException($"{alone.Name} is of training: add --train.");
            return null;
        }
        return ScenarioFields.ReadTraining(field => s_training.TryGetValue(field, out var option) ? call.Get(option) : null) with { Batch = scenario.Batch, Devices = scenario.Devices, LinkBandwidth = scenario.LinkBandwidth, HasFlashAttention = scenario.HasFlashAttention };
    }
}
