using System.Diagnostics;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External;

/// <param name="Command">A line for the system's shell; the member's folder is put at <c>{}</c>, or at the end.</param>
/// <param name="Retries">How often a command is run again that ended with another code than 0.</param>
/// <param name="Limit">Longest run of one command; null for none.</param>
/// <param name="KeepsWork">Leave the folders of members that are done.</param>
public sealed record ExternalSettings(string Command, int Retries = 0, TimeSpan? Limit = null, bool KeepsWork = false)
{
    /// <summary>How often folders are looked at.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary>
/// Trains the members of a population by a command outside this program (docs/trainers.md), so many at once on this machine. Every epoch is checked and kept
/// as it comes; a member that fails is told of and stops nobody but its children.
/// </summary>
public sealed class ExternalTrainer(Blueprint blueprint, PopulationStore store, WorkPlace work, ExternalSettings settings)
{
    /// <param name="parallel">Commands at once.</param>
    public Task<IReadOnlyList<MemberOutcome>> RunAsync(IReadOnlyList<Member> members, int parallel, IProgress<(Member Member, EpochReport Report)>? progress, CancellationToken stop) =>
        MemberSchedule.RunAsync(members, parallel, (member, parent, halt) => TrainAsync(member, parent, progress, halt), stop);

    async Task<MemberOutcome> TrainAsync(Member member, MemberOutcome? parent, IProgress<(Member, EpochReport)>? progress, CancellationToken stop)
    {
        if (await store.FindEndAsync(member, stop) is { } ended) return ended;
        var outcome = await TrainOnAsync(member, parent, progress, stop);
        await store.EndAsync(outcome, stop);
        if (outcome.Status == MemberStatus.Done && !settings.KeepsWork) work.Remove(member.Id);
        return outcome;
    }

    async Task<MemberOutcome> TrainOnAsync(Member member, MemberOutcome? parent, IProgress<(Member, EpochReport)>? progress, CancellationToken stop)
    {
        if (parent is { Status: not MemberStatus.Done }) return new(member, MemberStatus.ParentFailed, [], $"Its parent {parent.Member.Id} is not usable: {parent.Problem}");
        IReadOnlyList<EpochReport> reports = [];
        try
        {
            var epoch = member.Parent is { } state ? state.Epoch ?? parent?.BestEpoch ?? state.Member.Epochs : 0;
            var weights = member.Parent is null ? null : await store.ReadAsync(member.Parent.Member, epoch, stop);
            var goesOn = File.Exists(Path.Combine(work.FolderOf(member.Id), WorkLayout.Order));
            var folder = await work.PrepareAsync(member, weights is null ? null : (epoch, weights), stop);
            for (var attempt = 0; ; attempt++)
            {
                var intake = await MemberIntake.OpenAsync(blueprint, member, store, work, progress, goesOn, _ => Task.FromResult(weights), stop);
                reports = intake.Reports;
                // What an earlier run left may be all there is to do.
                await intake.TakeAsync(stop);
                if (intake.IsComplete) return new(member, MemberStatus.Done, reports, null);
                var (code, problem) = await RunOnceAsync(folder, member, intake, stop);
                if (intake.IsComplete && code == 0) return new(member, MemberStatus.Done, reports, null);
                problem ??= code == 0 ? $"The trainer ended with {Told(intake)}." : $"The trainer ended with code {code} and {Told(intake)}.";
                if (attempt == settings.Retries || code is null) return new(member, MemberStatus.Failed, reports, problem, code, TrainerProcess.ErrorTail(folder));
                goesOn = true;
            }
        }
        catch (TrainerException problem)
        {
            return new(member, problem.IsDivergence ? MemberStatus.Diverged : MemberStatus.Failed, reports, problem.Message, null, problem.IsDivergence ? null : TrainerProcess.ErrorTail(work.FolderOf(member.Id)));
        }
    }

    string Told(MemberIntake intake) => intake.Reports.Count == 0 ? "no epoch written" : $"epoch {intake.Reports[^1].Epoch} as its last";

    /// <returns>The exit code, or why there is none.</returns>
    async Task<(int? Code, string? Problem)> RunOnceAsync(string folder, Member member, MemberIntake intake, CancellationToken stop)
    {
        using var process = TrainerProcess.Start(settings.Command, folder, new Dictionary<string, string> { ["ZOO_MEMBER"] = member.Id, ["ZOO_MEMBER_FOLDER"] = folder });
        var clock = Stopwatch.StartNew();
        try
        {
            while (!process.HasEnded)
            {
                if (settings.Limit is { } limit && clock.Elapsed > limit)
                {
                    process.Kill();
                    await intake.TakeAsync(stop);
                    return intake.IsComplete ? (0, null) : (null, $"It ran longer than its time limit of {limit.TotalSeconds:0.##} s and was stopped.");
                }
                await intake.TakeAsync(stop);
                await Task.Delay(settings.Pause, stop);
            }
            var code = await process.ExitCodeAsync();
            await intake.TakeAsync(stop);
            return (code, null);
        }
        finally
        {
            process.Kill();
        }
    }
}
