using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External;

/// <summary>
/// Takes the epochs of one member from a trainer's folder into the population as they come. Where data and family are known here, splits are measured here
/// too, so that figures compare whoever trained; what the trainer measured counts only where we cannot.
/// </summary>
sealed class MemberIntake
{
    readonly Blueprint _blueprint;
    readonly Member _member;
    readonly PopulationStore _store;
    readonly WorkPlace _work;
    readonly IProgress<(Member, EpochReport)>? _progress;
    readonly WorkReader _reader;
    readonly List<EpochReport> _reports;
    readonly Func<CancellationToken, Task<float[]?>> _parent;
    float[] _last = [];

    MemberIntake(Blueprint blueprint, Member member, PopulationStore store, WorkPlace work, IProgress<(Member, EpochReport)>? progress, IReadOnlyList<EpochReport> kept, Func<CancellationToken, Task<float[]?>> parent)
    {
        (_blueprint, _member, _store, _work, _progress, _reports, _parent) = (blueprint, member, store, work, progress, [.. kept], parent);
        _reader = new(work.FolderOf(member.Id), member.Architecture, member.Head!, member.Epochs, blueprint.Checkpoints.EpochsOf(member.Epochs).ToHashSet());
    }

    public IReadOnlyList<EpochReport> Reports => _reports;

    public bool IsComplete => _reports.Count > 0 && _reports[^1].Epoch == _member.Epochs;

    /// <param name="goesOn">Whether the folder holds what the population's epochs came from; otherwise the member begins anew.</param>
    /// <param name="parent">The weights of the state that the member starts from.</param>
    public static async Task<MemberIntake> OpenAsync(Blueprint blueprint, Member member, PopulationStore store, WorkPlace work, IProgress<(Member, EpochReport)>? progress, bool goesOn, Func<CancellationToken, Task<float[]?>> parent, CancellationToken stop) =>
        new(blueprint, member, store, work, progress, goesOn ? await store.FindReportsAsync(member, stop) : [], parent);

    /// <summary>Takes what is complete now.</summary>
    /// <returns>How many epochs.</returns>
    /// <exception cref="TrainerException">What the trainer wrote breaks the contract.</exception>
    public async Task<int> TakeAsync(CancellationToken stop)
    {
        var taken = 0;
        await foreach (var epoch in _reader.ReadAsync(_reports.Count, () => StartAsync(stop), stop))
        {
            if (epoch.Parameters is { } parameters) _last = parameters;
            var report = new EpochReport(epoch.Epoch, epoch.TrainLoss, epoch.TrainAccuracy, Measure(epoch, stop));
            var isCheckpoint = _blueprint.Checkpoints.EpochsOf(_member.Epochs).Contains(epoch.Epoch);
            await _store.SaveAsync(_member, report, new(epoch.Epoch, _last, [], [], 0, []), isCheckpoint, stop);
            _reports.Add(report);
            _progress?.Report((_member, report));
            taken++;
        }
        return taken;
    }

    /// <summary>The state before the first step, of a trainer that began with ours and so wrote none.</summary>
    async Task<float[]> StartAsync(CancellationToken stop)
    {
        var settings = TrainSettings.Of(_member.Effective);
        if (settings.ProbeFirst) throw new TrainerException($"A head that is fitted first makes a state of its own before the first step: '{WorkLayout.State(0)}' must be written.");
        return StartingPoint.Of(_member.Architecture, _member.Head!, settings.Initialization, _member.Seed, _member.HeadSeed, await _parent(stop) is { } weights ? weights : (ReadOnlyMemory<float>?)null);
    }

    IReadOnlyList<SplitResult> Measure(WorkEpoch epoch, CancellationToken stop)
    {
        var isDue = epoch.Epoch % _blueprint.Evaluate.Every == 0 || epoch.Epoch == _member.Epochs;
        if (!isDue) return [];
        if (_member.Effective.Word("objective.kind") == "contrastive") return [];
        if (epoch.Parameters is not { } parameters || _work.FindData(_member) is not { } data || data.Train.PixelsEach != _member.Architecture.Pixels) return epoch.Splits;
        return [.. _blueprint.Evaluate.On.Select(data.Find).OfType<Datasets.ImageSet>().Select(set => Evaluator.Run(_member.Architecture, _member.Head!, parameters, set, stop))];
    }
}
