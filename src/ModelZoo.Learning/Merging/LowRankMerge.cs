using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Merging;

/// <summary>W + factor·B·A, for a weight [outputs, inputs].</summary>
class LowRankMerge(LoraPair pair, double factor) : TensorMerge
{
    protected LoraPair Pair => pair;

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        // Row by row: Σ_k B[row, k]·A[k, columns] in the order of k, then added once.
        for (var e = 0; e < count;)
        {
            var (row, column) = Math.DivRem(first + e, pair.Inputs);
            var width = (int)Math.Min(count - e, pair.Inputs - column);
            var sum = result.Slice(e, width);
            sum.Clear();
            for (var k = 0; k < pair.Rank; k++) WideMath.AddScaled(pair.B[row * pair.Rank + k], pair.A.AsSpan((int)(k * pair.Inputs + column), width), sum);
            for (var i = 0; i < width; i++) sum[i] = values[0][e + i] + factor * sum[i];
            e += width;
        }
    }
}

/// <summary>
/// DoRA: W' = m·(W + s·B·A)/‖W + s·B·A‖, the length taken of each output's row; then W + strength·(W' − W).
/// </summary>
/// <param name="isTurned">The weight is stored [inputs, outputs], and so is the pair: an output is a column.</param>
sealed class MagnitudeMerge(string name, LoraPair pair, double[] magnitude, double strength, bool isTurned) : LowRankMerge(pair, pair.Scale)
{
    double[] _factors = [];

    public override async ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop)
    {
        var (squares, sum) = (new double[magnitude.Length], new double[TensorBlocks.BlockElements]);
        await blocks.VisitAsync((first, count) =>
        {
            base.Combine(first, count, blocks.Values, sum);
            for (var e = 0; e < count; e++) squares[OutputOf(first + e)] += sum[e] * sum[e];
        }, stop);
        if (Array.IndexOf(squares, 0) is >= 0 and var empty) throw new MergeException($"Output {empty} of '{name}' has no length, so DoRA gives it none.");
        _factors = [.. squares.Select((square, output) => magnitude[output] / Math.Sqrt(square))];
    }

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        base.Combine(first, count, values, result);
        for (var e = 0; e < count; e++)
        {
            var whole = _factors[OutputOf(first + e)] * result[e];
            result[e] = strength == 1 ? whole : values[0][e] + strength * (whole - values[0][e]);
        }
    }

    public override void Release() => _factors = [];

    int OutputOf(long element) => (int)(isTurned ? element % Pair.Inputs : element / Pair.Inputs);
}
