using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Memory and time of training, with optimiser states and recomputation.</summary>
static class TrainingLines
{
    public static (IReadOnlyList<FactLine> Lines, string? Problem) Of(Profile profile, Device device, TrainingPlan plan, Reference reference)
    {
        TrainingEstimate estimate;
        try
        {
            estimate = Training.Estimate(profile, device, plan, reference);
        }
        catch (ProfileException problem)
        {
            return ([], problem.Message);
        }
        List<FactLine> lines =
        [
            new("Trained parameters", Amount.Parameters(estimate.TrainedParameters), Amount.Whole(estimate.TrainedParameters), "estimate", plan.LoraRank > 0 ? $"adapters of rank {plan.LoraRank} on the attention and feed-forward matrices" : "all"),
            new("Memory of one device", Amount.Bytes(estimate.MemoryBytes) + estimate.Fits switch { true => ", fits", false => ", does not fit", null => "" }, null, "estimate",
                $"weights {Amount.Bytes(estimate.WeightBytes)} + gradients {Amount.Bytes(estimate.GradientBytes)} + optimiser {Amount.Bytes(estimate.OptimizerBytes)} + activations {Amount.Bytes(estimate.ActivationBytes)} + runtime{(plan.ZeroStage > 0 ? $", ZeRO stage {plan.ZeroStage} over {plan.Devices}" : "")}"),
            new("Work of one step", Amount.Flop(estimate.StepFlop), null, "estimate", $"3 × forward over {Amount.Plain(plan.Batch)} × {Amount.Whole(plan.Sequence)}{(estimate.HardwareFlop > estimate.StepFlop ? $"; {Amount.Flop(estimate.HardwareFlop)} with what is computed again" : "")}"),
            double.IsFinite(estimate.StepSeconds)
                ? new("Time of one step", Amount.Seconds(estimate.StepSeconds), null, "estimate", $"{Amount.Seconds(estimate.ComputeSeconds)} of compute{(estimate.NetworkSeconds > 0 ? $" and {Amount.Seconds(estimate.NetworkSeconds)} of exchange that does not hide behind it" : "")}")
                : new("Time of one step", null, How: "the link between the devices is not known: give its bandwidth"),
            new("Checkpoint", Amount.Bytes(estimate.CheckpointBytes), null, "estimate", "weights and optimiser states"),
        ];
        if (estimate.RunFlop is { } flop) lines.Add(new("Work of the run", Amount.Flop(flop), null, "estimate", $"6 × parameters × {Amount.Plain(plan.Tokens ?? 0)} tokens"));
        if (estimate.RunSeconds is { } seconds) lines.Add(new("Time of the run", Amount.Seconds(seconds), null, "estimate", $"on {Amount.Whole(plan.Devices)} of these"));
        return (lines, null);
    }
}
