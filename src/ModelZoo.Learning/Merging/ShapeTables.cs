using ModelZoo.Learning.Analyses;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>Distances between models of whatever shapes: one table for all of one shape, so that each model is read once.</summary>
sealed class ShapeTables
{
    readonly Dictionary<int, (DistanceTable Table, int Row)> _places = [];

    /// <summary>Null where the two have no tensors in common, or others.</summary>
    public (DistanceTable Table, int I, int J)? Find(int a, int b) =>
        _places.TryGetValue(a, out var first) && _places.TryGetValue(b, out var second) && first.Table == second.Table ? (first.Table, first.Row, second.Row) : null;

    public static async Task<ShapeTables> MakeAsync(IReadOnlyList<MergeInput> models, Scope scope, long mostBytes, CancellationToken stop)
    {
        var tables = new ShapeTables();
        var whole = models.Select((model, i) => (Index: i, Model: model, Checkpoint: new Checkpoint(model.Name, model.Tensors, scope, byName: true))).Where(each => each.Checkpoint.Count > 0);
        foreach (var group in whole.GroupBy(each => each.Checkpoint.ShapeGroup))
        {
            var same = group.ToList();
            if (same.Count < 2) continue;
            var names = Evenly(same[0].Checkpoint.Tensors, mostBytes);
            var table = await DistanceTable.ComputeAsync([.. same.Select(each => names is null ? each.Checkpoint : new Checkpoint(each.Model.Name, [.. each.Checkpoint.Tensors.Where(tensor => names.Contains(tensor.Name))], scope, byName: true))], stop);
            for (var row = 0; row < same.Count; row++) tables._places[same[row].Index] = (table, row);
        }
        return tables;
    }

    /// <summary>Null when all fit.</summary>
    static HashSet<string>? Evenly(IReadOnlyList<TensorContent> tensors, long mostBytes)
    {
        var total = tensors.Sum(tensor => tensor.ByteLength);
        if (total <= mostBytes) return null;
        // Every k-th of the order by name, until the room is taken: small tensors of every layer, and of large ones as many as fit.
        var step = (int)Math.Min(tensors.Count, Math.Max(2, (total + mostBytes - 1) / mostBytes));
        var (chosen, room) = (new HashSet<string>(StringComparer.Ordinal), mostBytes);
        for (var offset = 0; offset < step; offset++)
            for (var i = offset; i < tensors.Count; i += step)
                if (tensors[i].ByteLength <= room && chosen.Add(tensors[i].Name)) room -= tensors[i].ByteLength;
        if (chosen.Count == 0) chosen.Add(tensors.MinBy(tensor => tensor.ByteLength)!.Name);
        return chosen;
    }
}
