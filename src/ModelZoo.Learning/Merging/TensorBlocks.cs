using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>The same tensor of several models, read a block at a time and widened to float64.</summary>
public sealed class TensorBlocks
{
    /// <summary>Elements of a block: with a handful of models, all rows stay in a core's second cache.</summary>
    public const int BlockElements = 1 << 14;

    readonly IReadOnlyList<TensorContent> _tensors;
    readonly WideReader _reader = new();
    double[][]? _values;

    public TensorBlocks(IReadOnlyList<TensorContent> tensors)
    {
        _tensors = tensors;
        foreach (var tensor in tensors)
            if (!TensorCast.CanDecode(tensor.DType)) throw new MergeException($"Tensor '{tensor.Name}' of type {tensor.DType} holds no numbers that can be averaged.");
        Elements = tensors.Count > 0 ? tensors[0].Shape.Aggregate(1L, (product, axis) => checked(product * axis)) : 0;
    }

    public long Elements { get; }

    /// <summary>One row for each model; the first numbers are those of the block last read.</summary>
    public double[][] Values => _values ??= [.. _tensors.Select(_ => new double[BlockElements])];

    /// <summary>Reads elements from <paramref name="first"/> on, which must begin a block; says how many.</summary>
    public async ValueTask<int> ReadAsync(long first, CancellationToken stop)
    {
        var count = (int)Math.Min(BlockElements, Elements - first);
        for (var i = 0; i < _tensors.Count; i++) await _reader.ReadAsync(_tensors[i], first, Values[i].AsMemory(0, count), stop);
        return count;
    }

    /// <summary>Visits every block in order.</summary>
    public async ValueTask VisitAsync(Action<long, int> visit, CancellationToken stop)
    {
        for (long first = 0; first < Elements; first += BlockElements) visit(first, await ReadAsync(first, stop));
    }
}
