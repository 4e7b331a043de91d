namespace ModelZoo.Inference.Patterns;

enum Greed
{
    Greedy,
    Lazy,
    Possessive,
}

enum Anchor
{
    Start,
    End,
    WordEdge,
    NoWordEdge,
}

/// <summary>A parsed regular expression.</summary>
abstract record PatternNode
{
    public sealed record One(CharSet Set) : PatternNode;

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    public sealed record Choice(IReadOnlyList<PatternNode> Items) : PatternNode;

    public sealed record Repeat(PatternNode Item, int Min, int Max, Greed Greed) : PatternNode;

    public sealed record Look(PatternNode Item, bool IsNegative, bool IsBehind) : PatternNode;

    public sealed record Atomic(PatternNode Item) : PatternNode;

    public sealed record At(Anchor Anchor) : PatternNode;

    /// <summary>With which ASCII characters, and whether with others, a match may begin; and whether it may be empty.</summary>
    public (UInt128 Ascii, bool More, bool Empty) First() => this switch
    {
        One one => (one.Set.Ascii, one.Set.HasMore, false),
        Sequence sequence => FirstOf(sequence.Items),
        Choice choice => choice.Items.Select(item => item.First()).Aggregate((a, b) => (a.Ascii | b.Ascii, a.More || b.More, a.Empty || b.Empty)),
        Repeat repeat => repeat.Item.First() is var first && repeat.Min == 0 ? (first.Ascii, first.More, true) : first,
        Atomic atomic => atomic.Item.First(),
        _ => (0, false, true),
    };

    static (UInt128, bool, bool) FirstOf(IReadOnlyList<PatternNode> items)
    {
        UInt128 ascii = 0;
        var more = false;
        foreach (var item in items)
        {
            var first = item.First();
            ascii |= first.Ascii;
            more |= first.More;
            if (!first.Empty) return (ascii, more, false);
        }
        return (ascii, more, true);
    }
}
