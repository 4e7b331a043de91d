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

    public async ValueTask SaveAsync(Member member, EpochReport report, TrainingState state, bool isCheckpoint, CancellationToken stop)
    {
        var (lines, clock) = _members.GetOrAdd(member.Id, _ => ([], Stopwatch.StartNew()));
        var files = new List<PopulationFile>();
        if (isCheckpoint) await AddStatesAsync(member, report, state, files, stop);
        var keepLogits = blueprint.Evaluate.KeepLogits == "every" || (blueprint.Evaluate.KeepLogits == "last" && report.Epoch == member.Epochs);
        if (keepLogits && report.Splits.Count > 0) files.Add(new(PopulationLayout.Logits(member.Id, report.Epoch), await StateFile.LogitsAsync(report.Splits, About(member, report.Epoch), stop)));
        if (report.Epoch == 0) files.Add(new(PopulationLayout.Card(member.Id), MemberCard.Of(member, blueprint.Split).ToJson()));
        lines.Add(EpochRecord.Of(report, member.Dataset.Id, clock.Elapsed.TotalSeconds, Code).ToLine());
        files.Add(new(PopulationLayout.Metrics(member.Id), Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n")));
        files.Add(new(PopulationLayout.Resume(member.Id), await StateFile.ResumeAsync(state, stop)));
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

    public async ValueTask<MemberOutcome?> FindEndAsync(Member member, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationLayout.Ending(member.Id), stop) is not { } content) return null;
        var ending = MemberEnding.Read(content, PopulationLayout.Ending(member.Id));
        var records = await RecordsAsync(member, stop);
        // Torn metrics: trained again, the member comes out the same, and they are whole.
        if (ending.Status == MemberStatus.Done && records.Count != member.Epochs + 1) return null;
        return new(member, ending.Status, [.. records.Select(record => record.ToReport())], ending.Problem);
    }

    public async ValueTask EndAsync(MemberOutcome outcome, CancellationToken stop)
    {
        var member = outcome.Member;
        var files = new List<PopulationFile>();
        if (outcome.Status == MemberStatus.ParentFailed) files.Add(new(PopulationLayout.Card(member.Id), MemberCard.Of(member, blueprint.Split).ToJson()));
        files.Add(new(PopulationLayout.Ending(member.Id), new MemberEnding(outcome.Status, outcome.Reports.Count > 0 ? outcome.Reports[^1].Epoch : null, outcome.Problem).ToJson()));
        files.Add(new(PopulationLayout.Resume(member.Id), null));
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
public sealed record MemberEnding(MemberStatus Status, int? Epochs, string? Problem)
{
    public string Word => Status switch { MemberStatus.Done => "done", MemberStatus.Diverged => "failed (nan)", _ => "failed (parent)" };

    public byte[] ToJson() => JsonText.Page(new JsonObject
    {
        ["status"] = Status == MemberStatus.Done ? "done" : "failed", ["reason"] = Status switch { MemberStatus.Done => null, MemberStatus.Diverged => "nan", _ => "parent" }, ["epochs"] = Epochs, ["problem"] = Problem,
    });

    public static MemberEnding Read(ReadOnlyMemory<byte> content, string path)
    {
        var json = JsonText.Read(content, path);
        var status = (json.FindText("status"), json.FindText("reason")) switch
        {
            ("done", _) => MemberStatus.Done,
            ("failed", "parent") => MemberStatus.ParentFailed,
            ("failed", _) => MemberStatus.Diverged,
            var (word, _) => throw new PopulationException($"'{path}' says the status '{word}'."),
        };
        return new(status, (int?)json.FindWhole("epochs"), json.FindText("problem"));
    }
}
