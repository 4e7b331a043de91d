namespace ModelZoo.Learning.Merging;

/// <summary>Which of an input's differences from the base are kept, and how much they then count.</summary>
abstract class Thinning
{
    public virtual ValueTask PrepareAsync(TensorBlocks blocks, int input, int baseRow, CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>The difference as it goes on: itself, scaled, or zero.</summary>
    public abstract double Apply(long element, double difference);

    public virtual void Release() { }
}
