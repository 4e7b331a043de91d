using System.Globalization;
using ModelZoo.Profiling;

namespace ModelZoo.Cli;

/// <summary>Rows of `zoo fit` about many users at a time and about training.</summary>
static class LoadDisplay
{
    public static IEnumerable<string[]> Of(FitReport report)
    {
        if (report.Concurrency is { } load)
        {
            yield return ["together", $"{Number(load.Here.Concurrency)} sequences: {Seconds(load.Here.TokenSeconds)} from token to token, {Number(load.Here.TokensPerSecondPerUser)} tokens per second each, {Number(load.Here.TokensPerSecond)} in all{(load.Here.Fits ? "" : "; they do not fit")}"];
            yield return ["requests", $"{Number(load.RequestsPerSecond)} per second, {Seconds(load.RequestSeconds)} each; {load.PrefillShare.ToString("P0", CultureInfo.InvariantCulture)} of the time goes into prompts; others pause up to {Seconds(load.MixedStepSeconds)} while one is read"];
            yield return ["largest together", $"{load.LargestConcurrency:N0} at full length, {load.LargestPaged:N0} in pages{(load.LargestWithinLimit is { } kept ? $", {kept:N0} within the limit" : "")}"];
            if (load.DraftTokens is { } tokens) yield return ["with drafts", $"{Number(tokens)} tokens per round, {Seconds(load.DraftTokenSeconds!.Value)} each, for one sequence"];
            foreach (var point in load.Curve) yield return [$"  {Number(point.Concurrency)} together", $"{Number(point.TokensPerSecondPerUser)} tokens per second each, {Number(point.TokensPerSecond)} in all{(point.Fits ? "" : ", does not fit")}"];
        }
        if (report.Serving is { } queue)
        {
            if (queue.Utilisation is { } busy) yield return ["queue", $"{busy.ToString("P0", CultureInfo.InvariantCulture)} busy{(queue.LateWaitSeconds is { } late ? $"; 99 of 100 wait less than {Seconds(late)}" : "; more requests arrive than can be served")}"];
            if (queue.DollarsPerMillionTokens is { } dollars) yield return ["price", $"{Number(dollars)} dollars per million"];
        }
        if (report.Training is { } training)
        {
            yield return ["training memory", $"{Gib(training.MemoryBytes)}{(training.Fits == false ? ", does not fit" : "")}: weights {Gib(training.WeightBytes)}, gradients {Gib(training.GradientBytes)}, optimiser {Gib(training.OptimizerBytes)}, activations {Gib(training.ActivationBytes)}"];
            yield return ["training step", $"{Seconds(training.StepSeconds)}: {training.StepFlop.ToString("0.###e+0", CultureInfo.InvariantCulture)} FLOP{(training.NetworkSeconds > 0 ? $", of which {Seconds(training.NetworkSeconds)} on the network" : "")}; {training.TrainedParameters:N0} parameters are trained"];
            if (training.RunSeconds is { } run) yield return ["training run", $"{run / 86_400:0.##} days, {training.RunFlop!.Value.ToString("0.###e+0", CultureInfo.InvariantCulture)} FLOP"];
            yield return ["checkpoint", Gib(training.CheckpointBytes)];
        }
    }

    static string Gib(double bytes) => bytes >= 1 << 30 ? $"{bytes / (1 << 30):0.0} GiB" : $"{bytes / (1 << 20):0.0} MiB";

    static string Number(double value) => Math.Abs(value) >= 100 ? value.ToString("#,0", CultureInfo.InvariantCulture) : value.ToString("0.##", CultureInfo.InvariantCulture);

    static string Seconds(double seconds) => seconds < 1e-3 ? $"{seconds * 1e6:0.#} µs" : seconds < 1 ? $"{seconds * 1e3:0.#} ms" : $"{seconds:0.##} s";
}
