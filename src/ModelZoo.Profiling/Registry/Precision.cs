namespace ModelZoo.Profiling;

/// <summary>A way to store weights and the arithmetic that runs on them.</summary>
/// <param name="Bits">Average per weight over a whole file, scales included.</param>
/// <param name="EmbeddingBits">Bits of embedding and head where the scheme leaves them alone; null when they are quantised too.</param>
/// <param name="IsOnLadder">Shown among the "what if" sizes.</param>
public sealed record Precision(string Id, string Name, double Bits, double? EmbeddingBits, NumberFormat Arithmetic, bool IsOnLadder, string? Note)
{
    public static Precision From(IReadOnlyDictionary<string, string> row)
    {
        var bits = RecordTable.FindNumber(row, "bits_per_weight") is > 0 and <= 128 and var number ? number : throw new ProfileException("'bits_per_weight' must lie between 0 and 128.");
        var arithmetic = NumberFormats.Find(RecordTable.FindText(row, "arithmetic")) ?? throw new ProfileException("'arithmetic' must be a number format such as fp16.");
        var id = RecordTable.GetId(row);
        return new(id, RecordTable.FindText(row, "name") ?? id, bits, RecordTable.FindNumber(row, "embedding_bits"), arithmetic,
            RecordTable.FindText(row, "ladder") == "yes", RecordTable.FindText(row, "note"));
    }

    /// <summary>Bytes of so many weights, of which some are embedding and head.</summary>
    public double BytesOf(double parameters, double embeddingAndHead) =>
        EmbeddingBits is { } wide ? (parameters - embeddingAndHead) * Bits / 8 + embeddingAndHead * wide / 8 : parameters * Bits / 8;
}
