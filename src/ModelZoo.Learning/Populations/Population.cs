using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Populations;

/// <summary>A member as its files tell of it.</summary>
/// <param name="Records">What was measured, by epoch.</param>
/// <param name="Ending">Null while it has not ended.</param>
/// <param name="Checkpoints">Epochs whose weights are kept.</param>
public sealed record PopulationMember(MemberCard Card, IReadOnlyList<EpochRecord> Records, MemberEnding? Ending, IReadOnlyList<int> Checkpoints)
{
    public string Id => Card.Id;

    public int? LastEpoch => Checkpoints.Count > 0 ? Checkpoints[^1] : null;

    public bool IsDone => Ending is { Status: Training.MemberStatus.Done };

    public EpochRecord? Find(int epoch) => Records.FirstOrDefault(record => record.Epoch == epoch);

    /// <summary>Accuracy of a split at an epoch; null where it was not measured.</summary>
    public double? Accuracy(int epoch, string split) => Find(epoch) is not { } record ? null
        : record.Find(split) is { Count: > 0 } score ? score.Accuracy
        : record.Others?.TryGetValue($"{split}_acc", out var imported) == true ? imported : null;

    /// <summary>Loss of a split at an epoch; null where it was not measured.</summary>
    public double? Loss(int epoch, string split) => Find(epoch) is not { } record ? null
        : record.Find(split) is { } score ? score.Loss
        : record.Others?.TryGetValue($"{split}_loss", out var imported) == true ? imported : null;

    public string Status => Ending?.Word ?? (Records.Count > 0 ? $"stopped at epoch {Records[^1].Epoch}" : "planned");
}

/// <summary>A population as it lies in a folder, or in a repository: names and small files are read at once, states when they are asked for.</summary>
public sealed class Population
{
    /// <summary>Longest card, ending or metrics file read.</summary>
    const int MaxTextBytes = 64 << 20;

    readonly IModelFiles _files;
    readonly Dictionary<string, ModelFile> _byPath;

    Population(IModelFiles files, PopulationRecord record, Blueprint? blueprint)
    {
        (_files, Record, Blueprint) = (files, record, blueprint);
        _byPath = files.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
    }

    public PopulationRecord Record { get; }

    /// <summary>Null for imported populations.</summary>
    public Blueprint? Blueprint { get; }

    public IReadOnlyList<PopulationMember> Members { get; private set; } = [];

    /// <summary>Members of the blueprint that nothing is kept of yet.</summary>
    public IReadOnlyList<Member> Planned { get; private set; } = [];

    /// <summary>What is wrong with it, in sentences.</summary>
    public IReadOnlyList<string> Remarks { get; private set; } = [];

    public long SizeBytes => _files.Files.Sum(file => file.SizeBytes);

    /// <summary>Whether figures of an analysis are there.</summary>
    public bool HasAnalysis(string name) => _byPath.ContainsKey($"{PopulationLayout.Analyses}/{name}.json");

    /// <summary>These members and all that they descend from, as far as the population holds them; in its order.</summary>
    public IReadOnlyList<string> WithAncestors(IEnumerable<string> members)
    {
        var byId = Members.ToDictionary(member => member.Id, StringComparer.Ordinal);
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in members)
            // A card may name itself as its parent: what was seen is not followed again.
            for (var id = member; id is not null && byId.TryGetValue(id, out var found) && wanted.Add(id);) id = found.Card.ParentId;
        return [.. Members.Select(member => member.Id).Where(wanted.Contains)];
    }

    public PopulationMember? Find(string id) => Members.FirstOrDefault(member => member.Id == id) ?? (Members.Where(member => member.Id.StartsWith(id, StringComparison.Ordinal)).ToList() is [var only] ? only : null);

    public PopulationMember Get(string id) => Find(id) ?? throw new PopulationException($"There is no member '{id}'{(Members.Count(member => member.Id.StartsWith(id, StringComparison.Ordinal)) is > 1 and var many ? $"; {many} begin so" : "")}.");

    /// <exception cref="PopulationException">There is no population, or its record is damaged.</exception>
    public static async Task<Population> OpenAsync(IModelFiles files, CancellationToken stop)
    {
        if (!files.Files.Any(file => file.Path == PopulationLayout.Record)) throw new PopulationException($"There is no population: '{PopulationLayout.Record}' is missing.");
        var record = PopulationRecord.Read(await ReadAsync(files, PopulationLayout.Record, stop));
        Blueprint? blueprint = null;
        if (record.Origin == "made" && files.Files.Any(file => file.Path == PopulationLayout.Blueprint))
            blueprint = Blueprint.Parse(System.Text.Encoding.UTF8.GetString(await ReadAsync(files, PopulationLayout.Blueprint, stop)));
        var population = new Population(files, record, blueprint);
        await population.ReadMembersAsync(stop);
        return population;
    }

    async Task ReadMembersAsync(CancellationToken stop)
    {
        var members = new List<PopulationMember>();
        var remarks = new List<string>();
        foreach (var folder in _files.Files.Where(file => file.Path.StartsWith(PopulationLayout.Members + "/", StringComparison.Ordinal)).GroupBy(file => file.Path.Split('/')[1]).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var id = folder.Key;
            if (!_byPath.ContainsKey(PopulationLayout.Card(id))) continue;
            try
            {
                var card = MemberCard.Read(await ReadAsync(_files, PopulationLayout.Card(id), stop), PopulationLayout.Card(id));
                if (card.Id != id) throw new PopulationException($"'{PopulationLayout.Card(id)}' tells of '{card.Id}'.");
                var records = _byPath.ContainsKey(PopulationLayout.Metrics(id)) ? EpochRecord.ReadAll(await ReadAsync(_files, PopulationLayout.Metrics(id), stop)) : [];
                var ending = _byPath.ContainsKey(PopulationLayout.Ending(id)) ? MemberEnding.Read(await ReadAsync(_files, PopulationLayout.Ending(id), stop), PopulationLayout.Ending(id)) : null;
                members.Add(new(card, records, ending, [.. folder.Where(file => file.Path.Split('/')[2] == "checkpoints").Select(file => PopulationLayout.FindEpoch(file.Path)).OfType<int>().Order()]));
            }
            catch (PopulationException problem)
            {
                remarks.Add(problem.Message);
            }
        }
        var order = Blueprint?.Expand(Record.FindFacts) ?? [];
        var places = order.Select((member, i) => (member.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i, StringComparer.Ordinal);
        Members = [.. members.OrderBy(member => places.GetValueOrDefault(member.Id, int.MaxValue)).ThenBy(member => member.Id, StringComparer.Ordinal)];
        var known = members.Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        Planned = [.. order.Where(member => !known.Contains(member.Id))];
        Remarks = remarks;
    }

    /// <summary>The tensors of a state; their numbers are read when they are asked for, and no file stays open.</summary>
    /// <exception cref="PopulationException">The state is missing or damaged.</exception>
    public async Task<IReadOnlyList<TensorContent>> OpenStateAsync(PopulationMember member, int epoch, CancellationToken stop)
    {
        var path = PopulationLayout.Checkpoint(member.Id, epoch);
        if (!_byPath.TryGetValue(path, out var file)) throw new PopulationException($"{member.Id} keeps no state of epoch {epoch}; it keeps {string.Join(", ", member.Checkpoints)}.");
        try
        {
            var source = new ReopenedSource(_files, file);
            return TensorContent.Of(await WeightReader.ReadHeaderAsync(source, stop), source);
        }
        catch (WeightFormatException problem)
        {
            throw new PopulationException($"The state '{path}' is damaged: {problem.Message}", problem);
        }
    }

    public async Task<Checkpoint> OpenCheckpointAsync(PopulationMember member, int epoch, Scope scope, CancellationToken stop) => new($"{member.Id}@{epoch}", await OpenStateAsync(member, epoch, stop), scope);

    /// <summary>All parameters of a state in the order of its architecture.</summary>
    public async Task<float[]> ReadParametersAsync(PopulationMember member, int epoch, CancellationToken stop)
    {
        if (member.Card is not { Architecture: { } model, Head: { } head }) throw new PopulationException($"The architecture of {member.Id} is not known here.");
        return await StateFile.ReadWeightsAsync(ParameterLayout.Of(model, head), await OpenStateAsync(member, epoch, stop), $"{member.Id}@{epoch}", stop);
    }

    /// <summary>The recipe as it was written; null where none is kept.</summary>
    public async Task<string?> FindBlueprintTextAsync(CancellationToken stop) =>
        _byPath.ContainsKey(PopulationLayout.Blueprint) ? System.Text.Encoding.UTF8.GetString(await ReadAsync(_files, PopulationLayout.Blueprint, stop)) : null;

    /// <summary>[samples, classes] of a split; null where logits were not kept.</summary>
    public async Task<float[]?> FindLogitsAsync(PopulationMember member, int epoch, string split, CancellationToken stop)
    {
        var path = PopulationLayout.Logits(member.Id, epoch);
        if (!_byPath.ContainsKey(path)) return null;
        var content = await ReadAsync(_files, path, stop);
        try
        {
            var tensors = TensorContent.Of(await WeightReader.ReadHeaderAsync(new MemoryByteSource(content), stop), new MemoryByteSource(content));
            return tensors.FirstOrDefault(tensor => tensor.Name == split && tensor.DType == DType.F32) is { } found ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(content.AsSpan((int)found.Offset, (int)found.ByteLength)).ToArray() : null;
        }
        catch (WeightFormatException problem)
        {
            throw new PopulationException($"'{path}' is damaged: {problem.Message}", problem);
        }
    }

    static async Task<byte[]> ReadAsync(IModelFiles files, string path, CancellationToken stop)
    {
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        if (source.Length > MaxTextBytes) throw new PopulationException($"'{path}' has {source.Length} bytes; at most {MaxTextBytes} are read.");
        var bytes = new byte[source.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var read = await source.ReadAsync(done, bytes.AsMemory(done), stop);
            if (read <= 0) throw new PopulationException($"'{path}' ends too early.");
            done += read;
        }
        return bytes;
    }
}
