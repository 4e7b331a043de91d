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

    /// <summary>At the start of the text or behind a newline.</summary>
    LineStart,

    /// <summary>At the end of the text or before a newline.</summary>
    LineEnd,

    /// <summary>At the end of the text, or before a newline that ends it: Python's <c>$</c>.</summary>
    LastLineEnd,

    /// <summary>Python counts other characters among words than Rust does.</summary>
    PythonWordEdge,
    PythonNoWordEdge,
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

    /// <summary>A part whose place is remembered, numbered from 1.</summary>
    public sealed record Group(PatternNode Item, int Number) : PatternNode;

    /// <summary>What a group matched, again.</summary>
    public sealed record Again(int Number, bool IgnoresCase) : PatternNode;

    /// <summary>How many characters every match has; null where matches differ.</summary>
    public int? Width() => this switch
    {
        One => 1,
        At or Look => 0,
        Sequence sequence => sequence.Items.Aggregate((int?)0, (sum, item) => sum + item.Width()),
        Choice choice => choice.Items.Select(item => item.Width()).Distinct().ToList() is [var width] ? width : null,
        Repeat repeat => repeat.Min == repeat.Max ? repeat.Min * repeat.Item.Width() : null,
        Atomic atomic => atomic.Item.Width(),
        Group group => group.Item.Width(),
        _ => null,
    };

    /// <summary>With which ASCII characters, and whether with others, a match may begin; and whether it may be empty.</summary>
    public (UInt128 Ascii, bool More, bool Empty) First() => this switch
    {
        One one => (one.Set.Ascii, one.Set.HasMore, false),
        Sequence sequence => FirstOf(sequence.Items),
        Choice choice => choice.Items.Select(item => item.First()).Aggregate((a, b) => (a.Ascii | b.Ascii, a.More || b.More, a.Empty || b.Empty)),
        Repeat repeat => repeat.Item.First() is var first && repeat.Min == 0 ? (first.Ascii, first.More, true) : first,
        Atomic atomic => atomic.Item.First(),
        Group group => group.Item.First(),
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
