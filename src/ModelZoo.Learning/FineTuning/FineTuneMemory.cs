using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.FineTuning;

/// <summary>What fine-tuning takes in memory, beside the data: it is allocated at the beginning and does not grow.</summary>
/// <param name="WeightBytes">The numbers and their matrices turned around.</param>
/// <param name="LearningBytes">Gradients of each thread and their sum, moments, and the best so far.</param>
/// <param name="ActivationBytes">What forward keeps for backward, of each thread.</param>
public sealed record FineTuneMemory(long WeightBytes, long LearningBytes, long ActivationBytes)
{
    public long TotalBytes => WeightBytes + LearningBytes + ActivationBytes;

    /// <param name="longest">Tokens of the longest sample.</param>
    public static FineTuneMemory Of(EncoderLayout layout, FineTuneSettings settings, int longest, int threads)
    {
        var shape = layout.Shape;
        var moments = settings.Optimizer.Moments(settings.Momentum);
        var rows = (long)settings.Tile * longest;
        var padded = RaggedAttention.Padded(longest);
        var block = rows * (8L * shape.Width + 2L * shape.Inner) + (long)settings.Tile * shape.Heads * longest * padded;
        var low = layout.Additions.Sum(each => 2 * rows * each.Addition.A.Shape[0]) + (settings.Lora?.Dropout > 0 ? layout.Additions.Sum(each => rows * each.Matrix.Inputs) : 0);
        var pass = shape.Depth * block + rows * (9L * shape.Width + shape.Inner) + 2L * longest * padded + low + (long)settings.Tile * 2 * shape.Pixels;
        return new(sizeof(float) * ((long)layout.Count + layout.TurnedCount), sizeof(float) * (long)layout.LearningCount * (1 + threads + moments + 1), sizeof(float) * pass * threads);
    }
}
