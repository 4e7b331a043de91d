using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Populations;

/// <summary>
/// Keeps a population while it trains. All files of an epoch are written before the one that training resumes from, so a crash at any moment leaves an
/// epoch done or not done; and because training is deterministic, what is done again comes out the same.
/// </summary>
public sealed class PopulationStore(Blueprint blueprint, IPopulationPlace place) : IPopulationStore
{
    readonly ConcurrentDictionary<string, (List<string> Lines, Stopwatch Clock)> _members = new(StringComparer.Ordinal);

    public static string Code { get; } = $"ModelZoo {typeof(PopulationStore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0"}";

    /// <summary>What measured, as metrics say it; the version of this program unless a trainer outside did.</summary>
    public string MeasuredBy { get; init; } = Code;

    /// <summary>Whether a state to go on from is kept at each epoch. Trainers outside keep their own.</summary>
    public bool KeepsResume { get; init; } = true;

    public async ValueTask SaveAsync(Member member, EpochReport report, TrainingState state, bool isCheckpoint, CancellationToken stop)
    {
        var (lines, clock) = _members.GetOrAdd(member.Id, _ => ([], Stopwatch.StartNew()));
        var files = new List<PopulationFile>();
        if (isCheckpoint) await AddStatesAsync(member, report, state, files, stop);
        var keepLogits = blueprint.Evaluate.KeepLogits == "every" || (blueprint.Evaluate.KeepLogits == "last" && report.Epoch == member.Epochs);
        if (keepLogits && report.Splits.Any(split => split.Logits.Length > 0)) files.Add(new(PopulationLayout.Logits(member.Id, report.Epoch), await StateFile.LogitsAsync(report.Splits, About(member, report.Epoch), stop)));
        if (report.Epoch == 0) files.Add(new(PopulationLayout.Card(member.Id), MemberCard.Of(member, blueprint.Split).ToJson()));
        lines.Add(EpochRecord.Of(report, member.Dataset.Id, clock.Elapsed.TotalSeconds, MeasuredBy).ToLine());
        files.Add(new(PopulationLayout.Metrics(member.Id), Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n")));
        if (KeepsResume) files.Add(new(PopulationLayout.Resume(member.Id), await StateFile.ResumeAsync(state, stop)));
        await place.WriteAsync(files, stop);
        clock.Restart();
    }

    async Task AddStatesAsync(Member member, EpochReport report, TrainingState state, List<PopulationFile> files, CancellationToken stop)
    {
        var layout = ParameterLayout.Of(member.Architecture, member.Head!);
        var about = About(member, report.Epoch);
        files.Add(new(PopulationLayout.Checkpoint(member.Id, report.Epoch), await StateFile.WeightsAsync(layout, state.Parameters, blueprint.Checkpoints.DType, about, stop)));
        if (state.Average.Length > 0) files.Add(new(PopulationLayout.Average(member.Id, report.Epoch), await StateFile.WeightsAsync(layout, state.Average, blueprint.Checkpoints.DType, about, stop)));
        var keep = blueprint.Checkpoints.OptimizerState == "every" || (blueprint.Checkpoints.OptimizerState == "last" && report.Epoch == member.Epochs);
        if (keep && state.First.Length > 0) files.Add(new(PopulationLayout.Moments(member.Id, report.Epoch), await StateFile.MomentsAsync(state, stop)));
    }

    public async ValueTask<(TrainingState State, IReadOnlyList<EpochReport> Reports)?> FindAsync(Member member, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationLayout.Resume(member.Id), stop) is not { } content || await StateFile.FindResumeAsync(content, stop) is not { } state) return null;
        if (state.Parameters.Length != ParameterLayout.Of(member.Architecture, member.Head!).Count) return null;
        var records = (await RecordsAsync(member, stop)).Where(record => record.Epoch <= state.Epoch).ToList();
        if (records.Count != state.Epoch + 1) return null;
        _members[member.Id] = ([.. records.Select(record => record.ToLine())], Stopwatch.StartNew());
        return (state, [.. records.Select(record => record.ToReport())]);
    }

    /// <summary>The reports kept of a member that a trainer outside makes; its next epoch is added to them.</summary>
    public async ValueTask<IReadOnlyList<EpochReport>> FindReportsAsync(Member member, CancellationToken stop)
    {
        var records = await RecordsAsync(member, stop);
        // Epochs follow one another; what comes after a gap is not counted.
        var whole = records.TakeWhile((record, i) => record.Epoch == i).ToList();
        _members[member.Id] = ([.. whole.Select(record => record.ToLine())], Stopwatch.StartNew());
        return [.. whole.Select(record => record.ToReport())];
    }

    /// <summary>Lets members train again that failed by no fault of their numbers, and those that waited for them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetFailuresAsync(IReadOnlyList<Member> members, CancellationToken stop)
    {
        var count = 0;
        foreach (var member in members)
        {
            if (await place.FindAsync(PopulationLayout.Ending(member.Id), stop) is not { } content) continue;
            if (MemberEnding.Read(content, PopulationLayout.Ending(member.Id)).Status is MemberStatus.Done or MemberStatus.Diverged) continue;
            await place.WriteAsync([new(PopulationLayout.Ending(member.Id), null)], stop);
            count++;
        }
        return count;
    }

    public async ValueTask<MemberOutcome?> FindEndAsync(Member member, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationLayout.Ending(member.Id), stop) is not { } content) return null;
        var ending = MemberEnding.Read(content, PopulationLayout.Ending(member.Id));
        var records = await RecordsAsync(member, stop);
        // Torn metrics: trained again, the member comes out the same, and they are whole.
        if (ending.Status == MemberStatus.Done && records.Count != member.Epochs + 1) return null;
        return new(member, ending.Status, [.. records.Select(record => record.ToReport())], ending.Problem, ending.ExitCode, ending.ErrorTail);
    }

    public async ValueTask EndAsync(MemberOutcome outcome, CancellationToken stop)
    {
        var member = outcome.Member;
        var files = new List<PopulationFile>();
        if (outcome.Reports.Count == 0) files.Add(new(PopulationLayout.Card(member.Id), MemberCard.Of(member, blueprint.Split).ToJson()));
        files.Add(new(PopulationLayout.Ending(member.Id), new MemberEnding(outcome.Status, outcome.Reports.Count > 0 ? outcome.Reports[^1].Epoch : null, outcome.Problem, outcome.ExitCode, outcome.ErrorTail).ToJson()));
        if (KeepsResume) files.Add(new(PopulationLayout.Resume(member.Id), null));
        await place.WriteAsync(files, stop);
        _members.TryRemove(member.Id, out _);
    }

    public async ValueTask<float[]> ReadAsync(Member member, int epoch, CancellationToken stop)
    {
        var path = PopulationLayout.Checkpoint(member.Id, epoch);
        var content = await place.FindAsync(path, stop) ?? throw new PopulationException($"The state '{path}' that others start from is missing.");
        try
        {
            var source = new MemoryByteSource(content);
            return await StateFile.ReadWeightsAsync(ParameterLayout.Of(member.Architecture, member.Head!), TensorContent.Of(await WeightReader.ReadHeaderAsync(source, stop), source), path, stop);
        }
        catch (WeightFormatException problem)
        {
            throw new PopulationException($"The state '{path}' that others start from is damaged: {problem.Message} Remove the folder of {member.Id} to have it trained again.", problem);
        }
    }

    async Task<IReadOnlyList<EpochRecord>> RecordsAsync(Member member, CancellationToken stop) =>
        await place.FindAsync(PopulationLayout.Metrics(member.Id), stop) is { } metrics ? EpochRecord.ReadAll(metrics) : [];

    Dictionary<string, string> About(Member member, int epoch) => new(StringComparer.Ordinal) { ["format"] = "pt", ["population"] = blueprint.Population, ["member"] = member.Id, ["epoch"] = $"{epoch}" };
}

/// <summary>How a member ended: status.json.</summary>
/// <param name="Epochs">The last epoch that is kept; null when there is none.</param>
/// <param name="ExitCode">Of a trainer's command that failed.</param>
/// <param name="ErrorTail">The last that it wrote to its standard error.</param>
public sealed record MemberEnding(MemberStatus Status, int? Epochs, string? Problem, int? ExitCode = null, string? ErrorTail = null)
{
    public string Word => Status == MemberStatus.Done ? "done" : $"failed ({Reason})";

    string? Reason => Status switch { MemberStatus.Done => null, MemberStatus.Diverged => "nan", MemberStatus.ParentFailed => "parent", MemberStatus.OutOfMemory => "oom", _ => "error" };

    public byte[] ToJson()
    {
        var json = new JsonObject { ["status"] = Status == MemberStatus.Done ? "done" : "failed", ["reason"] = Reason, ["epochs"] = Epochs, ["problem"] = Problem };
        if (ExitCode is { } code) json["exit_code"] = code;
        if (ErrorTail is { Length: > 0 } tail) json["stderr"] = tail;
        return JsonText.Page(json);
    }

    public static MemberEnding Read(ReadOnlyMemory<byte> content, string path)
    {
        var json = JsonText.Read(content, path);
        var status = (json.FindText("status"), json.FindText("reason")) switch
        {
            ("done", _) => MemberStatus.Done,
            ("failed", "parent") => MemberStatus.ParentFailed,
            ("failed", "error") => MemberStatus.Failed,
            ("failed", "oom") => MemberStatus.OutOfMemory,
            ("failed", _) => MemberStatus.Diverged,
            var (word, _) => throw new PopulationException($"'{path}' says the status '{word}'."),
        };
        return new(status, (int?)json.FindWhole("epochs"), json.FindText("problem"), (int?)json.FindWhole("exit_code"), json.FindText("stderr"));
    }
}
