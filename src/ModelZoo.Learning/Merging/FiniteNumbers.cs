using System.Runtime.Intrinsics;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>Whether a model holds numbers only.</summary>
public static class FiniteNumbers
{
    const int BlockElements = 1 << 16;

    /// <summary>Every floating tensor is a finite number everywhere; otherwise the first that is not, by tensor and place.</summary>
    /// <param name="advice">What to say behind it, such as how to take it all the same.</param>
    /// <exception cref="MergeException">Names model, tensor and index.</exception>
    public static async Task RequireAsync(string name, IReadOnlyList<TensorContent> tensors, string advice, CancellationToken stop)
    {
        var (reader, block) = (new WideReader(), new double[BlockElements]);
        foreach (var tensor in tensors.Where(tensor => tensor.DType.IsFloating && TensorCast.CanDecode(tensor.DType)))
        {
            var count = tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis));
            for (long at = 0; at < count; at += BlockElements)
            {
                stop.ThrowIfCancellationRequested();
                var part = block.AsMemory(0, (int)Math.Min(BlockElements, count - at));
                await reader.ReadAsync(tensor, at, part, stop);
                if (Find(part.Span) is >= 0 and var bad) throw new MergeException($"'{tensor.Name}' of '{name}' holds {part.Span[bad]} at {at + bad}; a merge would spread it.{advice}");
            }
        }
    }

    /// <summary>Index of the first that is no finite number; −1 when all are.</summary>
    static int Find(ReadOnlySpan<double> values)
    {
        // x − x is zero for finite numbers and none for all others.
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            var x = Vector256.Create(values[i..]);
            if (!Vector256.EqualsAll(x - x, Vector256<double>.Zero)) break;
        }
        for (; i < values.Length; i++)
            if (!double.IsFinite(values[i])) return i;
        return -1;
    }
}
