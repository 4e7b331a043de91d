using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>Reads elements of tensors of any floating type as float64. Not for use by several threads at once.</summary>
public sealed class WideReader
{
    /// <summary>Elements read at a time; a multiple of every type's block.</summary>
    const int PieceElements = 1 << 14;

    // Made when first needed: of hundreds of readers that a merge makes, most never read.
    byte[] _raw = [];
    float[] _narrow = [];

    /// <param name="first">Element of the tensor; for quantised types it begins a block.</param>
    public async ValueTask ReadAsync(TensorContent tensor, long first, Memory<double> to, CancellationToken stop)
    {
        var type = tensor.DType;
        if (_raw.Length == 0) _raw = GC.AllocateUninitializedArray<byte>(PieceElements * sizeof(double));
        for (var done = 0; done < to.Length;)
        {
            var count = Math.Min(PieceElements, to.Length - done);
            var bytes = (int)((long)count / type.ElementsPerBlock * type.BytesPerBlock);
            var offset = tensor.Offset + (first + done) / type.ElementsPerBlock * type.BytesPerBlock;
            for (var filled = 0; filled < bytes;)
            {
                var read = await tensor.Source.ReadAsync(offset + filled, _raw.AsMemory(filled, bytes - filled), stop);
                if (read <= 0) throw new MergeException($"The content of tensor '{tensor.Name}' ends too early.");
                filled += read;
            }
            Widen(type, _raw.AsSpan(0, bytes), to.Span.Slice(done, count));
            done += count;
        }
    }

    /// <summary>Reads the bytes of a float32 tensor's numbers as they are.</summary>
    internal static async ValueTask ReadRawAsync(TensorContent tensor, long first, Memory<byte> to, CancellationToken stop)
    {
        for (var filled = 0; filled < to.Length;)
        {
            var read = await tensor.Source.ReadAsync(tensor.Offset + first * sizeof(float) + filled, to[filled..], stop);
            if (read <= 0) throw new MergeException($"The content of tensor '{tensor.Name}' ends too early.");
            filled += read;
        }
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
            if (_narrow.Length == 0) _narrow = GC.AllocateUninitializedArray<float>(PieceElements);
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
