using System.Collections.Concurrent;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Training;

/// <summary>How members end. <c>Failed</c> and <c>OutOfMemory</c> are those of trainers outside this program.</summary>
public enum MemberStatus { Done, Diverged, ParentFailed, Failed, OutOfMemory }

/// <summary>How a member ended, with what was measured at each epoch.</summary>
/// <param name="Problem">Why it failed; null when it is done.</param>
/// <param name="ExitCode">Of the trainer's command, where one ran and failed.</param>
/// <param name="ErrorTail">The last of what that command wrote to its standard error.</param>
public sealed record MemberOutcome(Member Member, MemberStatus Status, IReadOnlyList<EpochReport> Reports, string? Problem, int? ExitCode = null, string? ErrorTail = null)
{
    /// <summary>The epoch of best validation accuracy, the earliest of equals; the last where nothing was validated.</summary>
    public int BestEpoch => Reports.Select(report => (report.Epoch, Val: report.Splits.FirstOrDefault(split => split.Split == "val"))).Where(pair => pair.Val is not null)
        .OrderByDescending(pair => pair.Val!.Correct).ThenBy(pair => pair.Epoch).Select(pair => (int?)pair.Epoch).FirstOrDefault() ?? Member.Epochs;
}

/// <summary>Where members are kept while they train. Calls for one member come one after the other, for several at once.</summary>
public interface IPopulationStore
{
    /// <summary>Keeps an epoch so that training can go on from it. It must be durable when this returns.</summary>
    /// <param name="isCheckpoint">The blueprint wants this state kept for good; others only serve to go on.</param>
    ValueTask SaveAsync(Member member, EpochReport report, TrainingState state, bool isCheckpoint, CancellationToken stop);

    /// <summary>The last epoch kept, with the reports up to it; null when there is none.</summary>
    ValueTask<(TrainingState State, IReadOnlyList<EpochReport> Reports)?> FindAsync(Member member, CancellationToken stop);

    /// <summary>How the member ended, when it has; then it is not trained again.</summary>
    ValueTask<MemberOutcome?> FindEndAsync(Member member, CancellationToken stop);

    /// <summary>Keeps how the member ended. It must be durable when this returns.</summary>
    ValueTask EndAsync(MemberOutcome outcome, CancellationToken stop);

    /// <summary>The parameters of a kept checkpoint.</summary>
    ValueTask<float[]> ReadAsync(Member member, int epoch, CancellationToken stop);
}

/// <summary>
/// Trains the members of a population, one on each core, parents before their children. Results do not depend on how many train at once, or on how often
/// the work was interrupted.
/// </summary>
/// <param name="threads">Where members train; null for the threads that everybody shares. A server gives its own, of low priority.</param>
public sealed class PopulationTrainer(Blueprint blueprint, Func<BlueprintDataset, ImageSplits?> datasets, IPopulationStore store, TaskScheduler? threads = null)
{
    /// <summary>How a head is fitted before everything trains: the same for all siblings, so that they begin with the very same head.</summary>
    const int ProbeEpochs = 10;
    const double ProbeRate = 3e-3;

    readonly ConcurrentDictionary<string, Lazy<ImageSplits>> _splits = new(StringComparer.Ordinal);

    /// <param name="parallel">Members at once.</param>
    /// <exception cref="RecipeException">A data set is not available; nothing was trained.</exception>
    public async Task<IReadOnlyList<MemberOutcome>> RunAsync(IReadOnlyList<Member> members, int parallel, IProgress<(Member Member, EpochReport Report)>? progress, CancellationToken stop)
    {
        foreach (var member in members) _ = SplitsOf(member);
        return await MemberSchedule.RunAsync(members, parallel, (member, parent, halt) => TrainAsync(member, parent, progress, halt), stop, threads);
    }

    async Task<MemberOutcome> TrainAsync(Member member, MemberOutcome? parent, IProgress<(Member, EpochReport)>? progress, CancellationToken stop)
    {
        if (await store.FindEndAsync(member, stop) is { } ended) return ended;
        var outcome = await TrainOnAsync(member, parent, progress, stop);
        await store.EndAsync(outcome, stop);
        return outcome;
    }

    async Task<MemberOutcome> TrainOnAsync(Member member, MemberOutcome? parent, IProgress<(Member, EpochReport)>? progress, CancellationToken stop)
    {
        if (parent is { Status: not MemberStatus.Done }) return new(member, MemberStatus.ParentFailed, [], $"Its parent {parent.Member.Id} is not usable: {parent.Problem}");
        var kept = await store.FindAsync(member, stop);
        var reports = kept?.Reports.ToList() ?? [];
        var task = await TaskOfAsync(member, parent, stop);
        var trainer = new MemberTrainer(task);
        try
        {
            if (kept is { } at) trainer.Restore(at.State);
            else await KeepAsync(new EpochReport(0, null, null, trainer.Evaluate(stop)));
            while (trainer.Epoch < member.Epochs) await KeepAsync(trainer.RunEpoch(stop, (trainer.Epoch + 1) % blueprint.Evaluate.Every == 0 || trainer.Epoch + 1 == member.Epochs));
        }
        catch (DivergedException diverged)
        {
            return new(member, MemberStatus.Diverged, reports, diverged.Message);
        }
        return new(member, MemberStatus.Done, reports, null);

        async Task KeepAsync(EpochReport report)
        {
            reports.Add(report);
            await store.SaveAsync(member, report, trainer.State, blueprint.Checkpoints.EpochsOf(member.Epochs).Contains(report.Epoch), stop);
            progress?.Report((member, report));
        }
    }

    async ValueTask<TrainingTask> TaskOfAsync(Member member, MemberOutcome? parent, CancellationToken stop)
    {
        var settings = TrainSettings.Of(member.Effective);
        var head = member.Head ?? throw new InvalidOperationException($"{member.Id} has no known number of outputs.");
        float[]? backbone = null;
        if (member.Parent is { } state) backbone = await store.ReadAsync(state.Member, state.Epoch ?? parent?.BestEpoch ?? state.Member.Epochs, stop);
        var splits = SplitsOf(member);
        var start = StartingPoint.Of(member.Architecture, head, settings.Initialization, member.Seed, member.HeadSeed, backbone is null ? null : (ReadOnlyMemory<float>?)backbone);
        var evaluated = blueprint.Evaluate.On.Select(splits.Find).OfType<ImageSet>().ToList();
        if (settings.ProbeFirst) start = Probe(member.Architecture, head, settings, splits.Train, member.HeadSeed, start, stop);
        return new(member.Architecture, head, settings, splits.Train, evaluated, member.Seed, start);
    }

    /// <summary>Fits a head on the frozen backbone before everything trains.</summary>
    internal static float[] Probe(Architecture model, HeadShape head, TrainSettings settings, ImageSet train, ulong headSeed, float[] start, CancellationToken stop)
    {
        var probe = settings with { FreezeBackbone = true, ProbeFirst = false, Epochs = ProbeEpochs, Optimizer = OptimizerKind.AdamW, LearningRate = ProbeRate, WeightDecay = 0, Schedule = ScheduleKind.Constant, WarmupSteps = 0, Ema = 0, Dropout = 0 };
        var trainer = new MemberTrainer(new(model, head, probe, train, [], headSeed, start));
        while (trainer.Epoch < ProbeEpochs) trainer.RunEpoch(stop);
        return trainer.Parameters.ToArray();
    }

    ImageSplits SplitsOf(Member member) => _splits.GetOrAdd(member.Dataset.Id, _ => new(() =>
        datasets(member.Dataset) ?? throw new RecipeException(0, $"datasets.{member.Dataset.Name}", $"the data set {member.Dataset.Id} is not available to the trainer here."))).Value;
}
