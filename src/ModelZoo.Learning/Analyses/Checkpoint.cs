using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Analyses;

/// <summary>Which tensors of a checkpoint a metric looks at.</summary>
/// <param name="Name">How results are labelled, such as <c>backbone</c>.</param>
public sealed record Scope(string Name, Func<string, bool> Includes)
{
    static readonly string[] s_heads = ["head", "classifier", "fc"];

    public static readonly Scope All = new("all", _ => true);

    /// <summary>Everything but the head: names whose first part (behind a wrapper such as <c>vit.</c>) is head, classifier or fc.</summary>
    public static readonly Scope Backbone = new("backbone", name => !IsHead(name));

    public static readonly Scope Head = new("head", IsHead);

    public static Scope Tensor(string name) => new($"layer:{name}", each => each == name);

    public static bool IsHead(string tensor) => s_heads.Any(head => tensor.StartsWith(head + ".", StringComparison.Ordinal));

    /// <summary>attn, mlp, norm or embed.</summary>
    public static Scope Group(string group) => new($"group:{group}", group switch
    {
        "attn" => name => name.Contains("attn.", StringComparison.Ordinal) || name.Contains("attention.", StringComparison.Ordinal),
        "mlp" => name => name.Contains("mlp.", StringComparison.Ordinal) || name.Contains("intermediate.", StringComparison.Ordinal),
        "norm" => name => name.Contains("norm", StringComparison.OrdinalIgnoreCase),
        "embed" => name => name.Contains("embed", StringComparison.Ordinal) || name.Contains("cls_token", StringComparison.Ordinal),
        _ => throw new ArgumentException($"There is no group '{group}'; there are attn, mlp, norm and embed.", nameof(group)),
    });
}

/// <summary>One state of a model, whose numbers are read from where they lie.</summary>
public sealed class Checkpoint
{
    static readonly string[] s_buffers = ["num_batches_tracked", "running_mean", "running_var", "position_ids"];

    readonly IReadOnlyList<TensorContent> _tensors;
    readonly List<long> _ends = [];

    /// <param name="tensors">In any order; numbers follow the order in the file.</param>
    /// <param name="byName">Numbers follow the order of names instead: for models whose files order or divide them in their own ways.</param>
    public Checkpoint(string name, IReadOnlyList<TensorContent> tensors, Scope scope, bool byName = false)
    {
        Name = name;
        var inScope = tensors.Where(tensor => tensor.DType.IsFloating && TensorCast.CanDecode(tensor.DType) && !IsBuffer(tensor.Name) && scope.Includes(tensor.Name));
        _tensors = [.. byName ? inScope.OrderBy(tensor => tensor.Name, StringComparer.Ordinal) : inScope.OrderBy(tensor => tensor.Offset)];
        LeftOut = [.. tensors.Where(tensor => !tensor.DType.IsFloating || IsBuffer(tensor.Name)).Select(tensor => tensor.Name)];
        foreach (var tensor in _tensors) _ends.Add(Count += tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis)));
        ShapeGroup = string.Join(';', _tensors.Select(tensor => $"{tensor.Name}:{string.Join('x', tensor.Shape)}"));
    }

    public string Name { get; }

    /// <summary>Numbers in scope.</summary>
    public long Count { get; }

    public IReadOnlyList<TensorContent> Tensors => _tensors;

    /// <summary>Whole-numbered tensors and buffers, which no scope holds.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Names and shapes in order: checkpoints compare only when these are the same.</summary>
    public string ShapeGroup { get; }

    /// <summary>Reads numbers from <paramref name="first"/> on, across tensors.</summary>
    public async ValueTask ReadAsync(long first, Memory<double> to, WideReader reader, CancellationToken stop)
    {
        var done = 0;
        var at = _ends.BinarySearch(first + 1);
        if (at < 0) at = ~at;
        for (; done < to.Length; at++)
        {
            var begin = at == 0 ? 0 : _ends[at - 1];
            var within = first + done - begin;
            var count = (int)Math.Min(to.Length - done, _ends[at] - begin - within);
            if (count > 0) await reader.ReadAsync(_tensors[at], within, to.Slice(done, count), stop);
            done += Math.Max(0, count);
        }
    }

    static bool IsBuffer(string name) => s_buffers.Any(buffer => name.EndsWith(buffer, StringComparison.Ordinal));
}
