using System.CommandLine;
using System.Globalization;
using ModelZoo.Profiling;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo fit MODEL --device …`: does it fit, what bounds it, how fast can it be.</summary>
static class FitCommand
{
    static readonly Option<string?> GridId = new("--grid") { Description = "Electricity grid for energy and carbon: norway, eu, us, …" };

    public static Command Build()
    {
        var model = ModelSource.Argument();
        var command = ScenarioOptions.AddTo(new Command("fit", "Say whether a model fits a device, and how fast it can be") { model });
        command.Options.Add(GridId);
        LoadOptions.AddTo(command);
        return LocalCall.On(command, async call =>
        {
            var reference = await call.ReferenceAsync();
            var device = ScenarioOptions.Device(call, reference);
            var scenario = ScenarioOptions.Read(call, reference);
            var grid = call.Get(GridId) is { } id ? ScenarioFields.FindGrid(id, reference) : null;
            var profile = await ModelSource.ReadAsync(call, call.Get(model), reference);
            if (LoadOptions.TakesCompanions(call)) scenario = scenario with { CompanionBytes = scenario.CompanionBytes + profile.Companions.Sum(companion => companion.Bytes) };
            var report = FitReport.Of(profile, device, scenario, reference, grid, LoadOptions.FindTraining(call, scenario), LoadOptions.FindServing(call), await LoadOptions.FindConcurrencyAsync(call, reference));
            if (call.Screen.IsJson)
            {
                call.Screen.Json(FitJson.Of(report));
                return;
            }
            Show(call.Screen, report);
        });
    }

    static void Show(Screen screen, FitReport report)
    {
        var (estimate, ladder, energy, grid) = (report.Estimate, report.Ladder, report.Energy, report.Grid);
        var plan = estimate.Memory;
        List<string[]> rows =
        [
            ["model", estimate.Profile.Name ?? ""], ["device", $"{estimate.Device.Name}{(estimate.Scenario.Devices > 1 ? $" × {estimate.Scenario.Devices}, {ProfileJson.Words(estimate.Scenario.Parallelism)}" : "")}"],
            ["verdict", estimate.Verdict.Sentence],
            ["memory", $"{Gib(plan.Total)} of {Gib((estimate.Device.CapacityBytes ?? 0) * estimate.Assumptions.First(a => a.Name == "memoryShare").Value)}: weights {Gib(plan.Weights)}, {(plan.Cache > 0 ? $"cache {Gib(plan.Cache)}, " : "")}"
                + $"{(plan.State > 0 ? $"state {Gib(plan.State)}, " : "")}transient {Gib(plan.Transient)}, runtime {Gib(plan.Runtime)}{(plan.Companions > 0 ? $", companions {Gib(plan.Companions)}" : "")}"],
        ];
        if (estimate.Verdict.LargestContext is { } context) rows.Add(["largest context", $"{context:N0} tokens at this batch{(estimate.Profile.Shape.MaxContext is { } made && made < context ? $"; the model was made for {made:N0}" : "")}"]);
        if (estimate.Verdict.LargestBatch is { } batch) rows.Add(["largest batch", $"{batch:N0} at this context"]);
        if (estimate.LatencySeconds is not null || estimate.Bound == Bound.DoesNotFit) rows.Add(["bound", $"{ProfileJson.Words(estimate.Bound)}{(estimate.Step.Bytes > 0 ? $": {Number(estimate.Step.Intensity)} FLOP per byte, ridge {Number(estimate.Ridge ?? 0)}" : "")}"]);
        var isPicture = estimate.Profile.Work is { Unit: WorkUnit.Call };
        var unit = isPicture ? "picture" : estimate.Profile.Work?.Unit.ToString().ToLowerInvariant() ?? "unit";
        if (estimate.LatencySeconds is { } latency) rows.Add(["time", $"{Seconds(latency)} per {(isPicture ? "picture" : "step")}, {Number(estimate.ThroughputPerSecond ?? 0)} {unit}s per second"]);
        if (estimate.FirstTokenSeconds is { } first) rows.Add(["first token", Seconds(first)]);
        if (estimate.RequestSeconds is { } request) rows.Add(["whole answer", $"{Seconds(request)} for {estimate.Scenario.Output:0} tokens"]);
        if (estimate.Calibration is { } calibration) rows.Add(["measured", $"{Seconds(calibration.MeasuredSeconds)}; estimated {Seconds(calibration.EstimatedSeconds)}; {calibration.ImpliedShare:P0} of the {ProfileJson.Words(calibration.Bound)} ceiling"]);
        if (energy is not null) rows.Add(["energy", $"{Number(energy.KilowattHours * 3.6e6)} J and {Number(energy.CarbonGrams)} g CO2e per step on {grid!.Name} ({energy.How})"]);
        rows.AddRange(LoadDisplay.Of(report));
        foreach (var step in ladder) rows.Add([$"  {step.Precision.Name}", $"{Gib(step.WeightBytes)}{(step.IsLargestThatFits ? ", the largest that fits" : step.Fits ? ", fits" : "")}"]);
        foreach (var assumption in estimate.Assumptions) rows.Add([$"  {assumption.Name}", $"{Number(assumption.Value)} ({assumption.Source})"]);
        foreach (var (field, reason) in estimate.NotMeasured) rows.Add([field, $"not measured: {reason}"]);
        screen.Table(["", ""], rows);
        foreach (var notice in estimate.Profile.Notices.Concat(estimate.Notices)) screen.Line($"- {notice}");
    }

    static string Gib(double bytes) => bytes >= 1 << 30 ? $"{bytes / (1 << 30):0.0} GiB" : bytes >= 1 << 20 ? $"{bytes / (1 << 20):0.0} MiB" : $"{bytes / (1 << 10):0.0} KiB";

    /// <summary>Two digits: the error bar of any estimate is far wider than three.</summary>
    static string Number(double value) => Math.Abs(value) is >= 100 and < 1e6 ? value.ToString("#,0", CultureInfo.InvariantCulture) : value.ToString("0.###e+0", CultureInfo.InvariantCulture) is var text && Math.Abs(value) is > 1e-3 and < 100
        ? value.ToString("0.##", CultureInfo.InvariantCulture) : text;

    static string Seconds(double seconds) => seconds < 1e-3 ? $"{seconds * 1e6:0.#} µs" : seconds < 1 ? $"{seconds * 1e3:0.#} ms" : $"{seconds:0.##} s";
}
