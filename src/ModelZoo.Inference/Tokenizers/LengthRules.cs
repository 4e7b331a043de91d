namespace ModelZoo.Inference.Tokenizers;

public enum CutStrategy
{
    LongestFirst,
    OnlyFirst,
    OnlySecond,
}

/// <summary>How long texts are cut.</summary>
/// <param name="MaxLength">Most tokens, special ones among them.</param>
public sealed record TruncationRule(int MaxLength, CutStrategy Strategy = CutStrategy.LongestFirst, bool FromLeft = false)
{
    internal void Cut(ref TokenSequence first, ref TokenSequence? second, int added)
    {
        var room = Math.Max(0, MaxLength - added);
        if (second is null)
        {
            first = first.Cut(room, FromLeft);
            return;
        }
        if (first.Length + second.Length <= room) return;
        switch (Strategy)
        {
            case CutStrategy.OnlyFirst: first = first.Cut(Keep(room - second.Length), FromLeft); break;
            case CutStrategy.OnlySecond: second = second.Cut(Keep(room - first.Length), FromLeft); break;
            default:
                // The longer one is cut until both are of one length, then both (tokenizers, utils/truncation.rs).
                var isSwapped = first.Length > second.Length;
                var (shorter, longer) = isSwapped ? (second.Length, first.Length) : (first.Length, second.Length);
                longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
                if (shorter + longer > room) (shorter, longer) = (room / 2, (room / 2) + (room % 2));
                first = first.Cut(isSwapped ? longer : shorter, FromLeft);
                second = second.Cut(isSwapped ? shorter : longer, FromLeft);
                break;
        }

        static int Keep(int length) => length > 0 ? length
            : throw new InferenceException(InferenceFault.Input, "The text that may be cut is too short to make room for the other.");
    }
}

/// <summary>How short texts of a batch are filled up.</summary>
public sealed record PaddingRule
{
    public int Id { get; init; }
    public string Token { get; init; } = "[PAD]";
    public int TypeId { get; init; }
    public bool OnLeft { get; init; }

    /// <summary>A fixed length; null: as long as the longest of the batch.</summary>
    public int? Length { get; init; }

    public int MultipleOf { get; init; } = 1;

    internal int LengthFor(int longest)
    {
        var length = Length ?? longest;
        return (length + MultipleOf - 1) / MultipleOf * MultipleOf;
    }
}
