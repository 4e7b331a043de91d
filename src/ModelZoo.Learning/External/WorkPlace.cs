using System.Collections.Concurrent;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External;

/// <summary>
/// The folder in which trainers outside this program work: <c>members/ID</c> for each member, and the data beside them. On a cluster it lies where every
/// node sees it; paths inside it are relative, so that it may lie elsewhere there.
/// </summary>
public sealed class WorkPlace(string root, Blueprint blueprint, Func<BlueprintDataset, ImageSplits?> datasets)
{
    const string Members = "members";
    const string Data = "data";

    readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<WorkSplit>>>> _splits = new(StringComparer.Ordinal);

    public string Root { get; } = Path.GetFullPath(root);

    public string FolderOf(string member) => Path.Combine(Root, Members, member);

    /// <summary>What the data of a member says; null where it lies elsewhere.</summary>
    public ImageSplits? FindData(Member member) => datasets(member.Dataset);

    /// <summary>
    /// Makes a member's folder ready. What a trainer left there is kept when it was asked for the very same member, and removed otherwise.
    /// </summary>
    /// <param name="parent">The parent's weights; null for a member that starts from nothing.</param>
    /// <exception cref="TrainerException">The member cannot be described to a trainer.</exception>
    public async Task<string> PrepareAsync(Member member, (int Epoch, float[] Weights)? parent, CancellationToken stop)
    {
        var folder = FolderOf(member.Id);
        var (model, head) = (member.Architecture, HeadOf(member));
        var settings = TrainSettings.Of(member.Effective);
        var start = StartingPoint.Of(model, head, settings.Initialization, member.Seed, member.HeadSeed, parent is { } born ? born.Weights : (ReadOnlyMemory<float>?)null);
        var order = WorkOrder.Of(blueprint, member, await SplitsOfAsync(member, stop), parent is { } from ? new(member.Parent!.Member.Id, from.Epoch, WorkLayout.Parent) : null, hasStart: true);
        return await WriteAsync(folder, order,
        [
            new(WorkLayout.Start, await StateFile.WeightsAsync(ParameterLayout.Of(model, head), start, Weights.DType.F32, About(member, 0), stop)),
            .. parent is { } given ? [new PopulationFile(WorkLayout.Parent, await StateFile.WeightsAsync(ParameterLayout.Of(member.Parent!.Member.Architecture, HeadOf(member.Parent.Member)), given.Weights, Weights.DType.F32, About(member.Parent.Member, given.Epoch), stop))] : Array.Empty<PopulationFile>(),
        ], stop);
    }

    /// <summary>Makes the folder of a member ready whose parent is still to be trained in this place: it will find the parent's file beside its own folder.</summary>
    public async Task<string> PrepareAheadAsync(Member member, CancellationToken stop)
    {
        var parent = member.Parent is { } state ? new WorkParent(state.Member.Id, state.Epoch ?? throw new TrainerException($"{member.Id} starts from whichever epoch of {state.Member.Id} is best, which is not known before that has ended."), $"../{state.Member.Id}/{WorkLayout.State(state.Epoch.Value)}") : null;
        var order = WorkOrder.Of(blueprint, member, await SplitsOfAsync(member, stop), parent, hasStart: false);
        return await WriteAsync(FolderOf(member.Id), order, [], stop);
    }

    static async Task<string> WriteAsync(string folder, WorkOrder order, IReadOnlyList<PopulationFile> files, CancellationToken stop)
    {
        var (path, text) = (Path.Combine(folder, WorkLayout.Order), order.ToJson());
        var there = File.Exists(path) ? FindSameMember(await File.ReadAllBytesAsync(path, stop), order) : null;
        if (there is not null && (there.HasStart || !order.HasStart)) return folder;
        if (there is null && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        // The order last: a folder with one is ready.
        await new FolderPlace(folder).WriteAsync([.. files, new(WorkLayout.Order, text)], stop);
        return folder;
    }

    /// <summary>The order that lies there, when it is for the same member; an id says all that makes a member what it is, but not how often it is kept.</summary>
    static WorkOrder? FindSameMember(byte[] content, WorkOrder order)
    {
        try
        {
            var there = WorkOrder.Read(content);
            return there.Member.Id == order.Member.Id && there.Epochs == order.Epochs && there.Checkpoints.SequenceEqual(order.Checkpoints) ? there : null;
        }
        catch (TrainerException)
        {
            return null;
        }
    }

    public void Remove(string member)
    {
        if (Directory.Exists(FolderOf(member))) Directory.Delete(FolderOf(member), recursive: true);
    }

    static HeadShape HeadOf(Member member) => member.Head ?? throw new TrainerException($"{member.Id} has no known number of outputs: its data set '{member.Dataset.Name}' lies elsewhere, so the stage must say head.out.");

    async Task<IReadOnlyList<WorkSplit>> SplitsOfAsync(Member member, CancellationToken stop) =>
        await _splits.GetOrAdd(member.Dataset.Id, _ => new(() => WriteDataAsync(member.Dataset, stop))).Value;

    async Task<IReadOnlyList<WorkSplit>> WriteDataAsync(BlueprintDataset dataset, CancellationToken stop)
    {
        // Data that lies elsewhere is named by its id; the trainer knows where it finds it.
        if (datasets(dataset) is not { } splits) return [.. blueprint.Evaluate.On.Prepend("train").Select(name => new WorkSplit(name, null, null, null, null, null))];
        var written = new List<WorkSplit>();
        var place = new FolderPlace(Path.Combine(Root, Data));
        foreach (var set in splits.Others.Where(set => blueprint.Evaluate.On.Contains(set.Name)).Prepend(splits.Train))
        {
            var (split, digest) = (set == splits.Train ? "train" : set.Name, set.PixelDigest);
            var file = $"{digest[..16]}-{split}.safetensors";
            if (!File.Exists(Path.Combine(place.Root, file))) await place.WriteAsync([new(file, await ImageSetFile.WriteAsync(set with { Name = split }, stop))], stop);
            written.Add(new(split, $"../../{Data}/{file}", set.Count, set.Classes, set.Side, digest));
        }
        return written;
    }

    Dictionary<string, string> About(Member member, int epoch) => new(StringComparer.Ordinal) { ["format"] = "pt", ["population"] = blueprint.Population, ["member"] = member.Id, ["epoch"] = $"{epoch}" };
}
