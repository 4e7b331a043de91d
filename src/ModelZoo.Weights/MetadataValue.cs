namespace ModelZoo.Weights;

/// <summary>A value of a file's own metadata.</summary>
public abstract record MetadataValue
{
    MetadataValue()
    {
    }

    public sealed record Text(string Value) : MetadataValue
    {
        public override string ToString() => Value;
    }

    /// <summary>A whole number; wide enough for the signed and unsigned 64-bit values of GGUF.</summary>
    public sealed record Whole(Int128 Value) : MetadataValue
    {
        public override string ToString() => Value.ToString();
    }

    public sealed record Real(double Value) : MetadataValue
    {
        public override string ToString() => Value.ToString("R");
    }

    public sealed record Flag(bool Value) : MetadataValue
    {
        public override string ToString() => Value ? "true" : "false";
    }

    /// <summary>A list. Long ones, such as vocabularies, are counted but not kept unless they were asked for.</summary>
    /// <param name="Kind">What the elements are, in the format's own word, such as <c>string</c> or <c>float32</c>.</param>
    /// <param name="Items">Null when the list was only counted.</param>
    public sealed record Series(string Kind, long Count, IReadOnlyList<MetadataValue>? Items) : MetadataValue
    {
        public override string ToString() => Items is null ? $"{Count} × {Kind}" : $"[{string.Join(", ", Items)}]";
    }
}
