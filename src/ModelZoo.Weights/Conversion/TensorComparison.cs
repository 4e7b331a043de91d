using System.Buffers;

namespace ModelZoo.Weights.Conversion;

/// <summary>Whether two lists of tensors hold the same, bit for bit, whatever their order.</summary>
static class TensorComparison
{
    const int PieceBytes = 1 << 20;

    /// <returns>How many bytes were compared.</returns>
    /// <exception cref="ConversionException">The first difference, named.</exception>
    public static async Task<long> CompareAsync(IReadOnlyList<TensorContent> expected, IReadOnlyList<TensorContent> actual, CancellationToken stop)
    {
        if (expected.Count != actual.Count) throw new ConversionException($"There are {actual.Count} tensors where {expected.Count} were expected.");
        var byName = actual.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var (left, right) = (ArrayPool<byte>.Shared.Rent(PieceBytes), ArrayPool<byte>.Shared.Rent(PieceBytes));
        try
        {
            long bytes = 0;
            foreach (var tensor in expected)
            {
                if (!byName.TryGetValue(tensor.Name, out var other) || other.DType != tensor.DType || !other.Shape.SequenceEqual(tensor.Shape) || other.ByteLength != tensor.ByteLength)
                    throw new ConversionException($"Tensor '{tensor.Name}' is missing in what was written, or has another shape or type there.");
                for (long done = 0; done < tensor.ByteLength;)
                {
                    var count = (int)Math.Min(PieceBytes, tensor.ByteLength - done);
                    await tensor.Source.ReadExactlyAsync(tensor.Offset + done, left.AsMemory(0, count), $"tensor '{tensor.Name}'", stop);
                    await other.Source.ReadExactlyAsync(other.Offset + done, right.AsMemory(0, count), $"tensor '{tensor.Name}' as written", stop);
                    if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                        throw new ConversionException($"Tensor '{tensor.Name}' differs from the original near byte {done + left.AsSpan(0, count).CommonPrefixLength(right.AsSpan(0, count))}.");
                    done += count;
                }
                bytes += tensor.ByteLength;
            }
            return bytes;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(left);
            ArrayPool<byte>.Shared.Return(right);
        }
    }
}
