namespace ModelZoo.Profiling;

/// <summary>How many requests come, and what a device costs.</summary>
/// <param name="ArrivalsPerSecond">Requests; null: only the price is asked for.</param>
/// <param name="Replicas">Copies of the whole scenario side by side.</param>
public sealed record ServingPlan(double? ArrivalsPerSecond, int Replicas = 1, double? DollarsPerHour = null);

/// <summary>What serving comes to (workloads.md § 7): a queue of requests before so many places, M/M/c.</summary>
/// <param name="Places">Requests served at a time: replicas × batch.</param>
public sealed record ServingEstimate(double ServiceSeconds, double Places, double? Utilisation, double? WaitProbability, double? LateWaitSeconds, double? DollarsPerMillionTokens);

/// <summary>All that `zoo fit` and the API answer about one scenario.</summary>
public sealed record FitReport(Estimate Estimate, IReadOnlyList<LadderStep> Ladder)
{
    public Grid? Grid { get; init; }
    public EnergyEstimate? Energy { get; init; }
    public TrainingEstimate? Training { get; init; }
    public ServingEstimate? Serving { get; init; }
    public ConcurrencyEstimate? Concurrency { get; init; }

    /// <exception cref="ProfileException">The scenario cannot be, or the profile has nothing to compute with.</exception>
    public static FitReport Of(
        Profile profile, Device device, Scenario scenario, Reference? reference = null, Grid? grid = null, TrainingPlan? training = null, ServingPlan? serving = null,
        ConcurrencyPlan? concurrency = null)
    {
        reference ??= Reference.BuiltIn;
        var estimate = Estimator.Estimate(profile, device, scenario, reference);
        return new(estimate, Estimator.Ladder(profile, device, scenario, reference))
        {
            Grid = grid,
            Energy = grid is not null && estimate.LatencySeconds is { } seconds ? PowerOf(device, grid, seconds, estimate) : null,
            Training = training is null ? null : Profiling.Training.Estimate(profile, device, training, reference),
            Serving = serving is null ? null : Serve(estimate, serving),
            Concurrency = concurrency is null ? null : Profiling.Concurrency.Estimate(profile, device, scenario, concurrency, reference),
        };
    }

    static EnergyEstimate? PowerOf(Device device, Grid grid, double seconds, Estimate estimate) =>
        Profiling.Energy.Find(device, grid, seconds, Profiling.Energy.Share(estimate, PowerBasis.Busiest), estimate.Scenario.Devices);

    static ServingEstimate? Serve(Estimate estimate, ServingPlan plan)
    {
        if (plan.Replicas is < 1 or > 10_000) throw new ProfileException("There must be between 1 and 10,000 replicas.");
        if (plan.ArrivalsPerSecond is { } rate && !(rate >= 0 && rate <= 1e9)) throw new ProfileException("The arrivals per second must be zero or more.");
        if (plan.DollarsPerHour is { } rent && !(rent >= 0 && rent <= 1e9)) throw new ProfileException("The dollars per hour must be zero or more.");
        if ((estimate.RequestSeconds ?? estimate.LatencySeconds) is not (> 0 and var service)) return null;
        var places = plan.Replicas * estimate.Scenario.Batch;
        // The queue's formula counts the places one by one; beyond some thousands nobody waits before all are busy.
        var servers = (int)Math.Clamp(Math.Floor(places), 1, 100_000);
        var dollars = plan.DollarsPerHour is { } perHour && estimate.ThroughputPerSecond is > 0 and var units
            ? Profiling.Serving.DollarsPerMillionTokens(perHour * estimate.Scenario.Devices, units) : (double?)null;
        if (plan.ArrivalsPerSecond is not { } arrivals) return new(service, places, null, null, null, dollars);
        var wait = Profiling.Serving.LateWait(servers, arrivals, service);
        return new(service, places, arrivals * service / places, Profiling.Serving.ErlangC(servers, arrivals * service), double.IsFinite(wait) ? wait : null, dollars);
    }
}
