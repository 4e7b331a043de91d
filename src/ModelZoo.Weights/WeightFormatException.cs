namespace ModelZoo.Weights;

/// <summary>The bytes are not a valid file of their format, or exceed a limit. The message names the defect and may be shown to anybody.</summary>
public sealed class WeightFormatException : Exception
{
    public WeightFormatException(WeightFormat format, string message) : base(message) => Format = format;

    public WeightFormatException(WeightFormat format, string message, Exception inner) : base(message, inner) => Format = format;

    public WeightFormat Format { get; }
}
