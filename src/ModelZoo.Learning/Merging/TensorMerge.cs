namespace ModelZoo.Learning.Merging;

/// <summary>
/// Merges one tensor: first looks at all of it as often as it needs, then makes the result block by block. Nothing of the tensor's size is kept.
/// </summary>
abstract class TensorMerge
{
    /// <summary>Reads what the combination depends on. Row i of the blocks is input i; the base, if any, comes last.</summary>
    public virtual ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>For merges that are (Σ c_i x_i)/divisor, once prepared: the c_i and the divisor, so that blocks need not be held side by side.</summary>
    public virtual (double[] Factors, double Divisor)? Coefficients => null;

    /// <summary>Several blocks may be combined at once.</summary>
    /// <param name="first">Index of the block's first element.</param>
    public abstract void Combine(long first, int count, double[][] values, Span<double> result);

    /// <summary>Forgets what was prepared, once the last block is made.</summary>
    public virtual void Release() { }
}
