namespace ModelZoo.Weights.Deltas;

/// <summary>A container is truncated, damaged or no container, or the base is not the one that it was made from.</summary>
public sealed class DeltaFormatException(string message, Exception? cause = null) : IOException(message, cause);
