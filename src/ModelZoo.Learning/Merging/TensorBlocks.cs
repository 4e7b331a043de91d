using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>The same tensor of several models, read a block at a time and widened to float64.</summary>
public sealed class TensorBlocks
{
    /// <summary>Elements of a block: with a handful of models, all rows stay in a core's second cache.</summary>
    public const int BlockElements = 1 << 14;

    readonly IReadOnlyList<TensorContent> _tensors;
    readonly byte[] _raw;
    readonly float[] _narrow = new float[BlockElements];

    public TensorBlocks(IReadOnlyList<TensorContent> tensors)
    {
        _tensors = tensors;
        foreach (var tensor in tensors)
            if (!TensorCast.CanDecode(tensor.DType)) throw new MergeException($"Tensor '{tensor.Name}' of type {tensor.DType} holds no numbers that can be averaged.");
        _raw = new byte[BlockElements * sizeof(double)];
        Values = [.. tensors.Select(_ => new double[BlockElements])];
        Elements = tensors.Count > 0 ? tensors[0].Shape.Aggregate(1L, (product, axis) => checked(product * axis)) : 0;
    }

    public long Elements { get; }

    /// <summary>One row for each model; the first numbers are those of the block last read.</summary>
    public double[][] Values { get; }

    /// <summary>Reads elements from <paramref name="first"/> on, which must begin a block; says how many.</summary>
    public async ValueTask<int> ReadAsync(long first, CancellationToken stop)
    {
        var count = (int)Math.Min(BlockElements, Elements - first);
        for (var i = 0; i < _tensors.Count; i++)
        {
            var tensor = _tensors[i];
            var bytes = (int)((long)count / tensor.DType.ElementsPerBlock * tensor.DType.BytesPerBlock);
            var offset = tensor.Offset + first / tensor.DType.ElementsPerBlock * tensor.DType.BytesPerBlock;
            for (var done = 0; done < bytes;)
            {
                var read = await tensor.Source.ReadAsync(offset + done, _raw.AsMemory(done, bytes - done), stop);
                if (read <= 0) throw new MergeException($"The content of tensor '{tensor.Name}' ends too early.");
                done += read;
            }
            Widen(tensor.DType, _raw.AsSpan(0, bytes), Values[i].AsSpan(0, count));
        }
        return count;
    }

    /// <summary>Visits every block in order.</summary>
    public async ValueTask VisitAsync(Action<long, int> visit, CancellationToken stop)
    {
        for (long first = 0; first < Elements; first += BlockElements) visit(first, await ReadAsync(first, stop));
    }

    void Widen(DType type, ReadOnlySpan<byte> raw, Span<double> to)
    {
        if (type == DType.F64)
        {
            raw.CopyTo(MemoryMarshal.AsBytes(to));
            return;
        }
        ReadOnlySpan<float> from;
        if (type == DType.F32) from = MemoryMarshal.Cast<byte, float>(raw);
        else
        {
            TensorCast.Convert(type, raw, DType.F32, MemoryMarshal.AsBytes(_narrow.AsSpan(0, to.Length)));
            from = _narrow.AsSpan(0, to.Length);
        }
        var i = 0;
        for (; i + 8 <= to.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(from[i..]));
            low.CopyTo(to[i..]);
            high.CopyTo(to[(i + 4)..]);
        }
        for (; i < to.Length; i++) to[i] = from[i];
    }
}
