using System.Collections.Concurrent;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Training;

namespace ModelZoo.Tests.Learning;

/// <summary>Keeps a population in memory, and can fail like a full disk.</summary>
sealed class MemoryPopulation : IPopulationStore
{
    readonly ConcurrentDictionary<string, List<(EpochReport Report, TrainingState State)>> _members = new();
    readonly ConcurrentDictionary<string, MemberOutcome> _ends = new();
    int _saves;

    /// <summary>From this save on there is no room.</summary>
    public int FullAfter { get; set; } = int.MaxValue;

    public IReadOnlyDictionary<string, byte[]> LastStates => _members.ToDictionary(pair => pair.Key, pair => System.Runtime.InteropServices.MemoryMarshal.AsBytes(pair.Value[^1].State.Parameters.AsSpan()).ToArray());

    public ValueTask SaveAsync(Member member, EpochReport report, TrainingState state, bool isCheckpoint, CancellationToken stop)
    {
        if (Interlocked.Increment(ref _saves) > FullAfter) throw new IOException("No space left on device.");
        _members.GetOrAdd(member.Id, _ => []).Add((report, state));
        return default;
    }

    public ValueTask<(TrainingState State, IReadOnlyList<EpochReport> Reports)?> FindAsync(Member member, CancellationToken stop) =>
        new(_members.TryGetValue(member.Id, out var kept) ? (kept[^1].State, [.. kept.Select(each => each.Report)]) : null);

    public ValueTask<MemberOutcome?> FindEndAsync(Member member, CancellationToken stop) => new(_ends.GetValueOrDefault(member.Id));

    public ValueTask EndAsync(MemberOutcome outcome, CancellationToken stop)
    {
        _ends[outcome.Member.Id] = outcome;
        return default;
    }

    public ValueTask<float[]> ReadAsync(Member member, int epoch, CancellationToken stop) => new(_members[member.Id].First(each => each.Report.Epoch == epoch).State.Parameters);
}
