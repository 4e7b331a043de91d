using ModelZoo.Hub.Web.Charts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Computes what a page shows of a model on a device. Plain arithmetic: well under a millisecond.</summary>
static class EstimateViews
{
    /// <summary>Null when the model's parameters are not known, so that there is nothing to compute with.</summary>
    public static EstimateView? Find(Profile profile, ScenarioAddress address, Reference reference)
    {
        if (profile.Parameters is null || address.Device is not { } device) return null;
        var scenario = address.Scenario;
        Estimate estimate;
        try
        {
            estimate = Estimator.Estimate(profile, device, scenario, reference);
        }
        catch (ProfileException problem)
        {
            return new(problem.Message, "warn", device.Name, Link(device));
        }
        var (training, trainingProblem) = TrainingLines.Of(profile, device, address.Training, reference);
        return new(VerdictWords.Sentence(estimate), VerdictWords.Kind(estimate.Verdict), device.Name, Link(device))
        {
            Bound = estimate.LatencySeconds is null ? null : VerdictWords.Sentence(estimate.Step),
            Speed = [.. SpeedLines.Of(estimate)],
            Roofline = RooflineOf(profile, device, scenario, reference, estimate),
            Operators = OperatorsOf(profile, device, scenario, reference),
            Batches = MemoryPlots.Batches(profile, device, scenario, reference),
            Ladder = MemoryPlots.Ladder(profile, device, scenario, reference),
            Lengths = LengthPlots.Find(profile, device, scenario, reference),
            Assumptions = AssumptionWords.Of(estimate),
            Energy = [.. EnergyLines.Of(estimate, address.Grid!)],
            Training = training, TrainingProblem = trainingProblem, Notices = estimate.Notices,
        };
    }

    /// <summary>What bounds the model and a small roofline, for pages that are about something else.</summary>
    public static (Estimate? Estimate, RooflinePlot? Roofline) Glance(Profile profile, Reference reference, ScenarioAddress address)
    {
        if (profile.Parameters is null || address.Device is not { } device) return (null, null);
        try
        {
            var estimate = Estimator.Estimate(profile, device, address.Scenario, reference);
            return (estimate, RooflineOf(profile, device, address.Scenario, reference, estimate, isSmall: true));
        }
        catch (ProfileException)
        {
            return (null, null);        // the profile page says why
        }
    }

    public static Href Link(Device device) => Href.Local($"/devices/{Uri.EscapeDataString(device.Id)}");

    /// <summary>Null where no time can be told.</summary>
    public static RooflinePlot? RooflineOf(Profile profile, Device device, Scenario scenario, Reference reference, Estimate estimate, bool isSmall = false)
    {
        if (estimate.NotMeasured.ContainsKey("latencySeconds") || profile.Work is not { } work || device.Bandwidth is not > 0) return null;
        if (Prepare(profile, device, scenario, reference) is not { } model) return null;
        var points = new List<RoofPoint>();
        foreach (var batch in Batches(scenario.Batch, isSmall))
        {
            var step = work.HasDecoder ? scenario.Phase == Phase.Prefill ? model.Prefill(batch, scenario.Prompt ?? scenario.Context) : model.Decode(batch, scenario.Context)
                : work.IsEncoder ? model.Encode(batch, scenario.Context) : model.Forward(batch);
            points.Add(Point($"batch {Amount.Plain(batch)}", step, scenario, 0, device.CapacityBytes is null || model.Fits(batch, scenario.Context)));
        }
        if (estimate.Prefill is { } prefill && !isSmall) points.Add(Point($"prompt of {Amount.Tokens(scenario.Prompt ?? scenario.Context)}", prefill, scenario, 1, true));
        var used = model.Given.Rate;
        var roofs = device.PeakRates.GroupBy(pair => pair.Value).OrderByDescending(group => group.Key)
            .Select(group => new Roof(string.Join(", ", group.Select(pair => pair.Key.ToName())), group.Key, group.Key == used)).ToList();
        var isTurning = estimate.Ridge is { } ridge && estimate.Step.Intensity < ridge;
        return new($"One step of batch {Amount.Plain(scenario.Batch)} does {Amount.Plain(estimate.Step.Intensity)} FLOP for each byte it moves; {device.Name} needs {Amount.Plain(estimate.Ridge ?? 0)} to be busy computing. "
            + (estimate.Step.IsOverhead ? "Starting its kernels takes longer than either, so it stays below both." : isTurning ? "So the memory's slope limits it." : "So the roof of its arithmetic limits it."), model.Given.Bandwidth, roofs, points) { IsSmall = isSmall };
    }

    public static StepModel? Prepare(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        try
        {
            return Estimator.Prepare(profile, device, scenario, reference);
        }
        catch (ProfileException)
        {
            return null;        // the estimate has said why
        }
    }

    /// <summary>Four-fold steps, with the one that was asked for among them.</summary>
    public static IEnumerable<double> Batches(double chosen, bool isSmall) =>
        (isSmall ? [chosen, 16.0, 256] : new[] { 1.0, 4, 16, 64, 256, chosen }).Distinct().Order();

    static RoofPoint Point(string name, StepTime step, Scenario scenario, int group, bool fits)
    {
        var split = scenario.Parallelism is Parallelism.Tensor or Parallelism.Expert ? scenario.Devices : 1;
        return new(name, step.Intensity, step.Seconds > 0 ? step.Flop / split / step.Seconds : 0, VerdictWords.Word(step.Bound) + (fits ? "" : ", does not fit"), Amount.Seconds(step.Seconds), group);
    }

    static IReadOnlyList<RoofPoint> OperatorsOf(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        try
        {
            return [.. Roofline.Of(profile, device, scenario, reference).Points.Select(point =>
                new RoofPoint(point.Name, point.Intensity, point.Seconds > 0 ? point.Flop / point.Seconds : 0, VerdictWords.Word(point.Bound), Amount.Seconds(point.Seconds)))];
        }
        catch (ProfileException)
        {
            return [];
        }
    }
}
