using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External;

/// <summary>An epoch that a trainer has finished and that was found good.</summary>
/// <param name="Parameters">In the order of the member's layout; null where no weights were asked for.</param>
/// <param name="Splits">As the trainer measured them; empty where it did not.</param>
public sealed record WorkEpoch(int Epoch, double? TrainLoss, double? TrainAccuracy, IReadOnlyList<SplitResult> Splits, float[]? Parameters);
