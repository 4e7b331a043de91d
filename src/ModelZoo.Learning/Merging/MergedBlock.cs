using System.Buffers;
using System.Runtime.InteropServices;
using ModelZoo.Learning.Analyses;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>One block of a merged tensor, and how to make it.</summary>
sealed class MergedBlock(TensorBlocks blocks, IReadOnlyList<TensorContent> tensors, TensorMerge merge, DType type)
{
    /// <summary>Models whose numbers are added in one pass over the sum: their blocks fit a core's second cache together.</summary>
    const int Together = 8;

    /// <summary>Rows as long as a power of two would meet in the same lines of the first cache.</summary>
    const int ApartBytes = 192;

    // Borrowed: a model has hundreds of small tensors, and clearing room for each would cost more than merging it.
    readonly byte[] _encoded = ArrayPool<byte>.Shared.Rent((int)Math.Min(TensorBlocks.BlockElements, Math.Max(1, blocks.Elements)) * type.BytesPerBlock);
    readonly bool _isPlain = tensors.All(tensor => tensor.DType == DType.F32);

    public ReadOnlyMemory<byte> Encoded { get; private set; }

    public async ValueTask MakeAsync(long block, CancellationToken stop)
    {
        var first = block * TensorBlocks.BlockElements;
        var count = (int)Math.Min(TensorBlocks.BlockElements, blocks.Elements - first);
        // Borrowed only while it is worked with: a core gets what it gave back last, which lies in its cache.
        var result = ArrayPool<double>.Shared.Rent(TensorBlocks.BlockElements);
        try
        {
            if (_isPlain && merge.Coefficients is { } coefficients) await AddAsync(first, count, coefficients, result, stop);
            else
            {
                await blocks.ReadAsync(first, stop);
                merge.Combine(first, count, blocks.Values, result);
            }
            var bytes = count * type.BytesPerBlock;
            TensorCast.Convert(DType.F64, MemoryMarshal.AsBytes(result.AsSpan(0, count)), type, _encoded.AsSpan(0, bytes));
            Encoded = _encoded.AsMemory(0, bytes);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(result);
        }
    }

    /// <summary>Σ c_i x_i, some models at a time: each number is widened where it is added, and sums stay in registers until all of those are added.</summary>
    async ValueTask AddAsync(long first, int count, (double[] Factors, double Divisor) coefficients, double[] result, CancellationToken stop)
    {
        var (length, row) = (count * sizeof(float), count * sizeof(float) + ApartBytes);
        var raw = ArrayPool<byte>.Shared.Rent(Math.Min(Together, tensors.Count) * row);
        try
        {
            for (var i = 0; i < tensors.Count; i += Together)
            {
                var rows = Math.Min(Together, tensors.Count - i);
                for (var k = 0; k < rows; k++) await WideReader.ReadRawAsync(tensors[i + k], first, raw.AsMemory(k * row, length), stop);
                WideMath.AddRows(coefficients.Factors.AsSpan(i, rows), MemoryMarshal.Cast<byte, float>(raw.AsSpan(0, rows * row)), row / sizeof(float), i > 0, result.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
        if (coefficients.Divisor != 1) WideMath.Divide(result.AsSpan(0, count), coefficients.Divisor);
    }

    /// <summary>Gives back what was borrowed; the block is not used again.</summary>
    public void Release()
    {
        ArrayPool<byte>.Shared.Return(_encoded);
        Encoded = default;
    }
}
