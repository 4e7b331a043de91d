namespace ModelZoo.Weights;

/// <summary>A model cannot be converted as asked. The message says why and what would work, and may be shown to anybody.</summary>
public sealed class ConversionException(string message) : Exception(message);
