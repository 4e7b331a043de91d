using System.Globalization;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External;

/// <summary>What a look at folders brought.</summary>
/// <param name="Epochs">Taken by this look.</param>
/// <param name="Unfinished">Members that have not ended.</param>
public sealed record Collected(int Epochs, int Done, int Failed, int Unfinished);

/// <summary>Takes what trainers wrote that somebody else started: scripts on another machine, a cluster, a volume that was copied back.</summary>
public sealed class MemberCollector(Blueprint blueprint, PopulationStore store, WorkPlace work)
{
    /// <summary>Takes what is there now. May be called again and again; nothing is taken twice.</summary>
    public async Task<Collected> RunAsync(IReadOnlyList<Member> members, IProgress<(Member Member, EpochReport Report)>? progress, CancellationToken stop)
    {
        var outcomes = new Dictionary<string, MemberOutcome?>(StringComparer.Ordinal);
        var epochs = 0;
        foreach (var member in members)
        {
            var (outcome, taken) = await LookAsync(member, member.Parent is { } state ? outcomes[state.Member.Id] : null, progress, stop);
            outcomes.Add(member.Id, outcome);
            epochs += taken;
        }
        return new(epochs, outcomes.Values.Count(outcome => outcome is { Status: MemberStatus.Done }), outcomes.Values.Count(outcome => outcome is { Status: not MemberStatus.Done }), outcomes.Values.Count(outcome => outcome is null));
    }

    async Task<(MemberOutcome? Outcome, int Taken)> LookAsync(Member member, MemberOutcome? parent, IProgress<(Member, EpochReport)>? progress, CancellationToken stop)
    {
        if (await store.FindEndAsync(member, stop) is { } ended) return (ended, 0);
        var folder = work.FolderOf(member.Id);
        if (parent is { Status: not MemberStatus.Done })
        {
            var outcome = new MemberOutcome(member, MemberStatus.ParentFailed, [], $"Its parent {parent.Member.Id} is not usable: {parent.Problem}");
            await store.EndAsync(outcome, stop);
            return (outcome, 0);
        }
        if (!File.Exists(Path.Combine(folder, WorkLayout.Order))) return (null, 0);
        MemberIntake? intake = null;
        var before = 0;
        try
        {
            var exit = new FileInfo(Path.Combine(folder, WorkLayout.Exit)) is { Exists: true, Length: > 0 and < 20 } file && int.TryParse(File.ReadAllText(file.FullName).Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var code) ? code : (int?)null;
            intake = await MemberIntake.OpenAsync(blueprint, member, store, work, progress, goesOn: true, async halt => member.Parent is { } state ? await store.ReadAsync(state.Member, state.Epoch ?? parent?.BestEpoch ?? state.Member.Epochs, halt) : null, stop);
            before = intake.Reports.Count;
            var taken = await intake.TakeAsync(stop);
            if (intake.IsComplete && (exit ?? 0) == 0) return (await EndAsync(new(member, MemberStatus.Done, intake.Reports, null)), taken);
            return (exit is null ? null : await EndAsync(new(member, MemberStatus.Failed, intake.Reports, $"The trainer ended with code {exit} before its last epoch.", exit, TrainerProcess.ErrorTail(folder))), taken);
        }
        catch (TrainerException problem)
        {
            return (await EndAsync(new(member, problem.IsDivergence ? MemberStatus.Diverged : MemberStatus.Failed, intake?.Reports ?? [], problem.Message)), (intake?.Reports.Count ?? before) - before);
        }

        async Task<MemberOutcome> EndAsync(MemberOutcome outcome)
        {
            await store.EndAsync(outcome, stop);
            return outcome;
        }
    }
}
