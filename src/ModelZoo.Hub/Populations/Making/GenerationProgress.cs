using ModelZoo.Hub.Jobs;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>Tells how far a population is, in epochs; and a line for each member that ends.</summary>
sealed class GenerationProgress : IProgress<(Member Member, EpochReport Report)>
{
    readonly Lock _gate = new();
    readonly JobRun _run;
    readonly int _members;
    readonly double _epochs;
    readonly HashSet<(string Member, int Epoch)> _done;
    int _ended;

    GenerationProgress(JobRun run, int members, double epochs, HashSet<(string, int)> done, int ended) => (_run, _members, _epochs, _done, _ended) = (run, members, epochs, done, ended);

    /// <summary>Counts what earlier tries did.</summary>
    public static async Task<GenerationProgress> BeginAsync(CommitPlace place, IReadOnlyList<Member> members, JobRun run, CancellationToken stop)
    {
        var there = await Population.OpenAsync(await place.ReadAsync(stop), stop);
        var done = there.Members.SelectMany(member => member.Records.Select(record => (member.Id, record.Epoch))).ToHashSet();
        var ended = there.Members.Count(member => member.Ending is not null);
        if (there.Members.Count > 0) run.Log($"Going on: {ended} of {members.Count} members have ended, {done.Count} epochs are kept.");
        var progress = new GenerationProgress(run, members.Count, members.Sum(member => member.Epochs + 1.0), done, ended);
        progress.Say("beginning");
        return progress;
    }

    public void Report((Member Member, EpochReport Report) value)
    {
        var (member, report) = value;
        lock (_gate)
        {
            _done.Add((member.Id, report.Epoch));
            if (report.Epoch == member.Epochs)
            {
                _ended++;
                var scores = string.Join(", ", report.Splits.Select(split => $"{split.Split} {split.Accuracy:0.000}"));
                _run.Log($"{member.Id}: {member.Epochs} epochs{(report.TrainLoss is { } loss ? $", loss {loss:0.000}" : "")}{(scores.Length > 0 ? $", {scores}" : "")}");
            }
            Say($"{member.Id}, epoch {report.Epoch} of {member.Epochs}");
        }
    }

    void Say(string words) => _run.Report(_done.Count / _epochs, $"{words}; {_ended} of {_members} members have ended");
}
