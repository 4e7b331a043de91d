using System.Collections.Concurrent;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>A blueprint with what comes of it here.</summary>
/// <param name="Time">On the threads of this node; null where a member is too large to try.</param>
sealed record PlannedPopulation(string Text, Blueprint Blueprint, BlueprintPlan Plan, PopulationData Data, int Parallel, TimeSpan? Time);

/// <summary>Reads blueprints and says what comes of them, within the bounds that the operator chose: nothing large is allocated before it was counted.</summary>
sealed class PopulationPlanner(PopulationDatasets datasets, TreeReader trees, HubOptions options) : IDisposable
{
    /// <summary>Longest blueprint; the largest published population needs 3 kB.</summary>
    public const int MaxTextBytes = 256 * 1024;

    const int KeptSpeeds = 200;

    /// <summary>Planning and measuring one after the other: it is work that somebody else's request shall not wait for.</summary>
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly ConcurrentDictionary<string, double> _speeds = new(StringComparer.Ordinal);

    /// <summary>The blueprint of a commit.</summary>
    public async Task<string> ReadTextAsync(ReadableRepository repository, CommitRow commit, CancellationToken stop)
    {
        var space = repository.Repository.SpaceId;
        var file = await trees.FindAsync(space, commit.Tree, RepoPath.Parse(PopulationLayout.Blueprint), stop);
        if (file is not { Mode: EntryMode.File or EntryMode.Executable, Pointer: null }) throw Refusal.NotFound($"{repository.Repository.FullName} has no {PopulationLayout.Blueprint} at this revision; commit one, or send the blueprint itself.");
        return Checked(file.BlobBytes > MaxTextBytes ? null : Encoding.UTF8.GetString(await trees.GetContentAsync(space, file.Id, stop)));
    }

    public static string Checked(string? text) =>
        text is not null && Encoding.UTF8.GetByteCount(text) <= MaxTextBytes ? text : throw new Refusal(RefusalKind.TooLarge, $"A blueprint has at most {MaxTextBytes} bytes.");

    /// <exception cref="RecipeException">The blueprint cannot be followed here; names line and key.</exception>
    public async Task<PlannedPopulation> PlanAsync(string text, Actor actor, bool measures, CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            var blueprint = await Task.Run(() => Blueprint.Parse(text), stop);
            var limits = options.Population;
            blueprint = blueprint with { Budget = blueprint.Budget with { MaxMembers = Math.Min(blueprint.Budget.MaxMembers, limits.Members) } };
            var data = await datasets.OpenAsync(blueprint.Datasets.Values, actor, stop);
            var plan = await Task.Run(() => Plan(blueprint, data), stop);
            var parallel = Math.Min(limits.ThreadCount, blueprint.Budget.Parallel > 0 ? blueprint.Budget.Parallel : int.MaxValue);
            var time = measures ? await Task.Run(() => Estimate(plan, parallel, stop), stop) : null;
            if (time is { } long_ && long_ > TimeSpan.FromSeconds(limits.Seconds))
                throw new RecipeException(0, "budget", $"training takes about {long_.TotalHours:0.#} hours on this hub, which allows {limits.Seconds / 3600.0:0.#}; `zoo population generate --to` trains elsewhere and commits here.");
            return new(text, blueprint, plan, data, parallel, time);
        }
        finally
        {
            _turn.Release();
        }
    }

    BlueprintPlan Plan(Blueprint blueprint, PopulationData data)
    {
        foreach (var member in blueprint.Expand(data.FindFacts))
        {
            if (MemberCost.TrainingBytes(member) is var bytes && bytes > options.Population.MemberBytes)
                throw new RecipeException(0, $"stages.{member.Stage}", $"training {member.Label} needs about {bytes / (1 << 30):0.#} GiB of memory; this hub allows {options.Population.MemberBytes / (double)(1 << 30):0.##}.");
            if (MemberCost.Parameters(member.Architecture, member.Head) > int.MaxValue / 4) throw new RecipeException(0, $"stages.{member.Stage}", $"{member.Label} has more parameters than are trained here.");
        }
        var plan = BlueprintPlan.Of(blueprint, data.FindFacts);
        if (plan.CheckpointBytes is not { } states || states > options.Population.StateBytes)
            throw new RecipeException(0, "checkpoints", $"{plan.Checkpoints} states of {plan.MemberCount} members are {(plan.CheckpointBytes is { } all ? $"{all} bytes" : "more than can be counted")}; this hub keeps at most {options.Population.StateBytes} of one population.");
        return plan;
    }

    /// <summary>From a second of training for each shape of model, measured once.</summary>
    TimeSpan? Estimate(BlueprintPlan plan, int parallel, CancellationToken stop)
    {
        var seconds = 0.0;
        foreach (var stage in plan.Stages)
        {
            var flop = stage.TrainingFlop;
            if (stage.Members == 0 || flop is null) return flop is null ? null : TimeSpan.Zero;
            var member = plan.Members.First(member => member.Stage == stage.Name);
            var key = $"{CanonicalJson.Write(member.Effective.ToMap(path => path.StartsWith("architecture.", StringComparison.Ordinal) || path is "train.batch" or "objective.kind"))}{member.Head}";
            if (!_speeds.TryGetValue(key, out var speed))
            {
                if (Calibration.Measure(member, stop) is not { } measured) return null;
                if (_speeds.Count >= KeptSpeeds) _speeds.Clear();
                _speeds[key] = speed = measured;
            }
            seconds += flop.Value / speed / Math.Min(parallel, stage.Members);
        }
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
    }

    public void Dispose() => _turn.Dispose();
}
