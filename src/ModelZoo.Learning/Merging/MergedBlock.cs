using System.Buffers;
using System.Runtime.InteropServices;
using ModelZoo.Learning.Analyses;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>One block of a merged tensor, and room to make it.</summary>
sealed class MergedBlock(TensorBlocks blocks, IReadOnlyList<TensorContent> tensors, TensorMerge merge, DType type)
{
    // Borrowed: a model has hundreds of small tensors, and clearing room for each would cost more than merging it.
    readonly double[] _result = ArrayPool<double>.Shared.Rent((int)Math.Min(TensorBlocks.BlockElements, Math.Max(1, blocks.Elements)));
    readonly byte[] _encoded = ArrayPool<byte>.Shared.Rent((int)Math.Min(TensorBlocks.BlockElements, Math.Max(1, blocks.Elements)) * type.BytesPerBlock);
    readonly bool _isPlain = tensors.All(tensor => tensor.DType == DType.F32);
    byte[] _raw = [];

    public ReadOnlyMemory<byte> Encoded { get; private set; }

    public async ValueTask MakeAsync(long block, CancellationToken stop)
    {
        var first = block * TensorBlocks.BlockElements;
        var count = (int)Math.Min(TensorBlocks.BlockElements, blocks.Elements - first);
        if (_isPlain && merge.Coefficients is { } coefficients) await AddAsync(first, count, coefficients, stop);
        else
        {
            await blocks.ReadAsync(first, stop);
            merge.Combine(first, count, blocks.Values, _result);
        }
        var bytes = count * type.BytesPerBlock;
        TensorCast.Convert(DType.F64, MemoryMarshal.AsBytes(_result.AsSpan(0, count)), type, _encoded.AsSpan(0, bytes));
        Encoded = _encoded.AsMemory(0, bytes);
    }

    /// <summary>Σ c_i x_i one model after the other: each number is widened where it is added, and nothing but the sum is held.</summary>
    async ValueTask AddAsync(long first, int count, (double[] Factors, double Divisor) coefficients, CancellationToken stop)
    {
        if (_raw.Length == 0) _raw = ArrayPool<byte>.Shared.Rent((int)Math.Min(TensorBlocks.BlockElements, blocks.Elements) * sizeof(float));
        for (var i = 0; i < tensors.Count; i++)
        {
            await WideReader.ReadRawAsync(tensors[i], first, _raw.AsMemory(0, count * sizeof(float)), stop);
            var numbers = MemoryMarshal.Cast<byte, float>(_raw.AsSpan(0, count * sizeof(float)));
            if (i == 0) WideMath.Scale(coefficients.Factors[0], numbers, _result);
            else WideMath.AddScaled(coefficients.Factors[i], numbers, _result);
        }
        if (coefficients.Divisor != 1) WideMath.Divide(_result.AsSpan(0, count), coefficients.Divisor);
    }

    /// <summary>Gives back what was borrowed; the block is not used again.</summary>
    public void Release()
    {
        ArrayPool<double>.Shared.Return(_result);
        ArrayPool<byte>.Shared.Return(_encoded);
        if (_raw.Length > 0) ArrayPool<byte>.Shared.Return(_raw);
        (_raw, Encoded) = ([], default);
    }
}
