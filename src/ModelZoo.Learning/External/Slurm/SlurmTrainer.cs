using System.Globalization;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External.Slurm;

/// <summary>
/// Trains the members of a population on a Slurm cluster: arrays of members, children held back until their parent has ended well. Epochs are collected while
/// training goes on. Stopped and begun again it finds its jobs in the queue; what ended meanwhile says so in its folder.
/// </summary>
public sealed class SlurmTrainer(Blueprint blueprint, PopulationStore store, WorkPlace work, ExternalSettings settings, SlurmSettings slurm)
{
    readonly SlurmCluster _cluster = new();
    readonly SlurmArrays _arrays = new(work, settings.Command);
    List<SlurmMember> _members = [];

    /// <exception cref="PopulationException">There is no cluster, or it does not take our jobs.</exception>
    public async Task<IReadOnlyList<MemberOutcome>> RunAsync(IReadOnlyList<Member> members, IProgress<(Member Member, EpochReport Report)>? progress, CancellationToken stop)
    {
        var byId = new Dictionary<string, SlurmMember>(StringComparer.Ordinal);
        foreach (var member in members)
            byId.Add(member.Id, new(member) { Parent = member.Parent is { } state ? byId[state.Member.Id] : null, Outcome = await store.FindEndAsync(member, stop) });
        _members = [.. byId.Values];
        try
        {
            var queue = await QueueAsync(stop);
            // What an earlier run submitted goes on; what is just being put away says by its folder how it ended.
            foreach (var task in queue.Values.Where(task => task.State != "COMPLETING"))
                if (_arrays.FindMember(task) is { } id && byId.TryGetValue(id, out var known) && known.Outcome is null) (known.Task, known.Array) = (task.Id, task.Name);
            while (_members.Exists(member => member.Outcome is null))
            {
                foreach (var member in _members.Where(member => member.Outcome is null)) await LookAsync(member, queue, progress, stop);
                await SubmitAsync(stop);
                if (_members.TrueForAll(member => member.Outcome is not null)) break;
                await Task.Delay(slurm.Pause, stop);
                queue = await QueueAsync(stop);
            }
        }
        catch (OperationCanceledException) when (slurm.CancelsOnStop)
        {
            await SlurmCluster.CancelAsync([.. _members.Where(member => member is { Outcome: null, Task: not null }).Select(member => member.Task!)], CancellationToken.None);
            throw;
        }
        // Children read their parents' folders, so nothing is removed before.
        if (!settings.KeepsWork)
            foreach (var member in _members.Where(member => member.Outcome!.Status == MemberStatus.Done)) work.Remove(member.Member.Id);
        return [.. _members.Select(member => member.Outcome!)];
    }

    async Task<IReadOnlyDictionary<string, QueuedTask>> QueueAsync(CancellationToken stop)
    {
        while (true)
        {
            if (await _cluster.FindQueueAsync(_arrays.NamePrefix, stop) is { } queue) return queue;
            await Task.Delay(slurm.Pause, stop);
        }
    }

    async Task LookAsync(SlurmMember member, IReadOnlyDictionary<string, QueuedTask> queue, IProgress<(Member, EpochReport)>? progress, CancellationToken stop)
    {
        if (member.Parent is { Outcome: { Status: not MemberStatus.Done } parent })
        {
            await EndAsync(member, new(member.Member, MemberStatus.ParentFailed, [], $"Its parent {parent.Member.Id} is not usable: {parent.Problem}"), stop);
            return;
        }
        var folder = work.FolderOf(member.Member.Id);
        if (!File.Exists(Path.Combine(folder, WorkLayout.Order))) return;
        try
        {
            // Asked before the files are read: what ended before is all there.
            var exit = ReadExit(folder);
            if (member.Task is not null || exit is not null)
            {
                member.Intake ??= await MemberIntake.OpenAsync(blueprint, member.Member, store, work, progress, !member.IsNew, halt => ParentWeightsAsync(member, halt), stop);
                await member.Intake.TakeAsync(stop);
            }
            if (exit is { } code) await FinishAsync(member, code, stop);
            else if (member.Task is not null && !queue.ContainsKey(member.Task)) await MissAsync(member, stop);
            else member.MissingSince = null;
        }
        catch (TrainerException problem)
        {
            await EndAsync(member, new(member.Member, problem.IsDivergence ? MemberStatus.Diverged : MemberStatus.Failed, member.Intake?.Reports ?? [], problem.Message, null, problem.IsDivergence ? null : TrainerProcess.ErrorTail(folder)), stop);
        }
    }

    static int? ReadExit(string folder) =>
        new FileInfo(Path.Combine(folder, WorkLayout.Exit)) is { Exists: true, Length: > 0 and < 20 } file && int.TryParse(File.ReadAllText(file.FullName).Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var code) ? code : null;

    async Task FinishAsync(SlurmMember member, int code, CancellationToken stop)
    {
        if (code == 0 && member.Intake!.IsComplete) await EndAsync(member, new(member.Member, MemberStatus.Done, member.Intake.Reports, null), stop);
        else if (member.Task is not null && _arrays.FindLog(member.Array, member.Index).Contains("oom", StringComparison.OrdinalIgnoreCase)) await FailAsync(member, MemberStatus.OutOfMemory, "The job ran out of memory.", code, stop);
        else await FailAsync(member, MemberStatus.Failed, $"The trainer ended with code {code} and {(member.Intake!.Reports.Count > 0 ? $"epoch {member.Intake.Reports[^1].Epoch} as its last" : "no epoch written")}.", code, stop);
    }

    /// <summary>A task that is in no queue any more and left no exit code: killed with its shell, or never begun.</summary>
    async Task MissAsync(SlurmMember member, CancellationToken stop)
    {
        member.MissingSince ??= DateTimeOffset.UtcNow;
        if (DateTimeOffset.UtcNow - member.MissingSince < slurm.Patience) return;
        var hasBegun = File.Exists(Path.Combine(work.FolderOf(member.Member.Id), WorkLayout.Output));
        if (!hasBegun && member.Parent is { Outcome: null })
        {
            // Its parent failed and is tried again: the cluster dropped the child, which is submitted again behind the new job.
            (member.Task, member.MissingSince) = (null, null);
            return;
        }
        var state = await SlurmCluster.FindEndAsync(member.Task!, stop);
        var log = _arrays.FindLog(member.Array, member.Index);
        if (state == "TIMEOUT" || log.Contains("DUE TO TIME LIMIT", StringComparison.Ordinal)) await FailAsync(member, MemberStatus.Failed, "The job reached its time limit on the cluster.", null, stop);
        else if (state == "OUT_OF_MEMORY" || log.Contains("oom", StringComparison.OrdinalIgnoreCase)) await FailAsync(member, MemberStatus.OutOfMemory, "The job ran out of memory.", null, stop);
        else await FailAsync(member, MemberStatus.Failed, $"The job {member.Task} is gone and left no exit code{(state is null ? "" : $"; the cluster says {state}")}.", null, stop);
    }

    async Task FailAsync(SlurmMember member, MemberStatus status, string problem, int? code, CancellationToken stop)
    {
        if (member.Failures++ < settings.Retries)
        {
            (member.Task, member.MissingSince, member.Intake) = (null, null, null);
            File.Delete(Path.Combine(work.FolderOf(member.Member.Id), WorkLayout.Exit));
            return;
        }
        await EndAsync(member, new(member.Member, status, member.Intake?.Reports ?? [], problem, code, TrainerProcess.ErrorTail(work.FolderOf(member.Member.Id))), stop);
    }

    async Task EndAsync(SlurmMember member, MemberOutcome outcome, CancellationToken stop)
    {
        await store.EndAsync(outcome, stop);
        member.Outcome = outcome;
        // Whoever tries it again must not find how it ended this time.
        if (outcome.Status != MemberStatus.Done && Directory.Exists(work.FolderOf(member.Member.Id))) File.Delete(Path.Combine(work.FolderOf(member.Member.Id), WorkLayout.Exit));
        if (outcome.Status != MemberStatus.Done && member.Task is { } task) await SlurmCluster.CancelAsync([task], stop);
    }

    async Task<float[]?> ParentWeightsAsync(SlurmMember member, CancellationToken stop) =>
        member.Member.Parent is { } state ? await store.ReadAsync(state.Member, state.Epoch ?? member.Parent!.Outcome?.BestEpoch ?? state.Member.Epochs, stop) : null;

    /// <summary>One array for the members of a stage that wait for the same: nothing, or one parent.</summary>
    async Task SubmitAsync(CancellationToken stop)
    {
        // Parents come before their children, so what is submitted here makes its children ready.
        foreach (var group in _members.Select(member => (member.Member.Stage, Parent: member.Parent is { Outcome: null } parent ? parent : null, Member: member)).GroupBy(row => (row.Stage, row.Parent), row => row.Member).ToList())
        {
            var ready = new List<SlurmMember>();
            foreach (var member in group.Where(member => member.IsReady))
                if (await PrepareAsync(member, stop)) ready.Add(member);
            foreach (var part in ready.Chunk(slurm.MaxArray))
            {
                var (name, script, log) = await _arrays.WriteAsync([.. part.Select(member => member.Member.Id)], stop);
                var range = $"--array=0-{part.Length - 1}{(slurm.AtOnce > 0 ? $"%{slurm.AtOnce}" : "")}";
                string[] after = group.Key.Parent?.Task is { } task ? [$"--dependency=afterok:{task}", "--kill-on-invalid-dep=yes"] : [];
                var job = await SlurmCluster.SubmitAsync([$"--job-name={name}", range, $"--output={log}", .. after, .. slurm.Options()], script, stop);
                for (var i = 0; i < part.Length; i++) (part[i].Task, part[i].Array) = ($"{job}_{i}", name);
            }
        }
    }

    async Task<bool> PrepareAsync(SlurmMember member, CancellationToken stop)
    {
        try
        {
            member.IsNew = !File.Exists(Path.Combine(work.FolderOf(member.Member.Id), WorkLayout.Order));
            if (member.Parent is { Outcome: null }) await work.PrepareAheadAsync(member.Member, stop);
            else await work.PrepareAsync(member.Member, member.Member.Parent is { } state ? (state.Epoch ?? member.Parent!.Outcome!.BestEpoch, (await ParentWeightsAsync(member, stop))!) : null, stop);
            return true;
        }
        catch (TrainerException problem)
        {
            await EndAsync(member, new(member.Member, MemberStatus.Failed, [], problem.Message), stop);
            return false;
        }
    }
}
