namespace ModelZoo.Inference.Patterns;

enum OpKind : byte
{
    Accept,
    One,
    Run,
    Split,
    Jump,
    Look,
    Atomic,
    At,

    /// <summary>Remembers the place in slot A.</summary>
    Save,

    /// <summary>Goes on to B when nothing was matched since slot A was set: a loop whose body may be empty ends there.</summary>
    Moved,

    /// <summary>What group A matched, again.</summary>
    Again,
}

/// <summary>An instruction. A and B are targets of jumps, or the bounds of a run.</summary>
readonly record struct Op(OpKind Kind, int A = 0, int B = 0, CharSet? Set = null, Greed Greed = Greed.Greedy, Anchor Anchor = Anchor.Start, bool IsNegative = false, bool IsBehind = false);

/// <summary>A regular expression as instructions.</summary>
sealed class PatternProgram
{
    const int MaxOps = 50_000;

    readonly List<Op> _ops = [];
    readonly bool[] _first;
    readonly bool _firstMore;
    readonly bool _keepsSlots;

    /// <param name="groups">Groups that are remembered; slots 2 n and 2 n + 1 hold where group n begins and ends.</param>
    public PatternProgram(PatternNode root, int groups = 0)
    {
        SlotCount = groups == 0 ? 0 : 2 * (groups + 1);
        _keepsSlots = groups > 0;
        var first = root.First();
        (_first, _firstMore) = first.Empty ? (Spread(UInt128.MaxValue), true) : (Spread(first.Ascii), first.More);
        if (root is PatternNode.Choice choice)
        {
            var starts = new List<Alternative>();
            foreach (var item in choice.Items)
            {
                var start = item.First();
                starts.Add(start.Empty ? new(_ops.Count, Spread(UInt128.MaxValue), true) : new(_ops.Count, Spread(start.Ascii), start.More));
                Write(item);
                _ops.Add(new(OpKind.Accept));
            }
            Choices = [.. starts];
        }
        else
        {
            Write(root);
            _ops.Add(new(OpKind.Accept));
        }
        Ops = [.. _ops];
    }

    public Op[] Ops { get; }

    /// <summary>Places that a match remembers: those of groups, then those of loops. None in patterns that only cut texts.</summary>
    public int SlotCount { get; private set; }

    /// <summary>The alternatives of the whole expression, each tried only where it may begin.</summary>
    public Alternative[]? Choices { get; }

    public bool MayStart(char c) => c < 128 ? _first[c] : _firstMore;

    static bool[] Spread(UInt128 ascii) => [.. Enumerable.Range(0, 128).Select(point => (ascii >> point & 1) != 0)];

    void Write(PatternNode node)
    {
        if (_ops.Count > MaxOps) throw new InferenceException(InferenceFault.Limit, "A regular expression is too large once its repeats are written out.");
        switch (node)
        {
            case PatternNode.One one: _ops.Add(new(OpKind.One, Set: one.Set)); break;
            case PatternNode.At at: _ops.Add(new(OpKind.At, Anchor: at.Anchor)); break;
            case PatternNode.Sequence sequence:
                foreach (var item in sequence.Items) Write(item);
                break;
            case PatternNode.Choice choice: WriteChoice(choice.Items); break;
            case PatternNode.Repeat repeat: WriteRepeat(repeat); break;
            case PatternNode.Atomic atomic: WriteInner(new(OpKind.Atomic), atomic.Item); break;
            case PatternNode.Look look:
                var width = look.IsBehind ? look.Item.Width() ?? throw new InferenceException(InferenceFault.Model, "Looking behind is supported for texts of one length only.") : 0;
                WriteInner(new(OpKind.Look, B: width, IsNegative: look.IsNegative, IsBehind: look.IsBehind), look.Item);
                break;
            case PatternNode.Group group:
                _ops.Add(new(OpKind.Save, 2 * group.Number));
                Write(group.Item);
                _ops.Add(new(OpKind.Save, 2 * group.Number + 1));
                break;
            case PatternNode.Again again: _ops.Add(new(OpKind.Again, again.Number, again.IgnoresCase ? 1 : 0)); break;
        }
    }

    void WriteInner(Op op, PatternNode item)
    {
        var at = _ops.Count;
        _ops.Add(op);
        Write(item);
        _ops.Add(new(OpKind.Accept, IsNegative: true));     // of a part: it may be empty anywhere
        _ops[at] = op with { A = _ops.Count };
    }

    void WriteChoice(IReadOnlyList<PatternNode> items)
    {
        var ends = new List<int>();
        for (var i = 0; i < items.Count; i++)
        {
            var split = _ops.Count;
            if (i + 1 < items.Count) _ops.Add(default);
            Write(items[i]);
            if (i + 1 == items.Count) break;
            ends.Add(_ops.Count);
            _ops.Add(default);
            _ops[split] = new(OpKind.Split, split + 1, _ops.Count);
        }
        foreach (var end in ends) _ops[end] = new(OpKind.Jump, _ops.Count);
    }

    void WriteRepeat(PatternNode.Repeat repeat)
    {
        if (repeat is { Item: PatternNode.One one, Greed: not Greed.Lazy })
        {
            _ops.Add(new(OpKind.Run, repeat.Min, repeat.Max, one.Set, repeat.Greed));
            return;
        }
        if (repeat.Greed == Greed.Possessive)
        {
            WriteInner(new(OpKind.Atomic), repeat with { Greed = Greed.Greedy });
            return;
        }
        for (var i = 0; i < repeat.Min; i++) Write(repeat.Item);
        var isLazy = repeat.Greed == Greed.Lazy;
        if (repeat.Max == int.MaxValue)
        {
            var split = _ops.Count;
            _ops.Add(default);
            var slot = _keepsSlots && repeat.Item.First().Empty ? SlotCount++ : -1;
            if (slot >= 0) _ops.Add(new(OpKind.Save, slot));
            Write(repeat.Item);
            if (slot >= 0) _ops.Add(new(OpKind.Moved, slot, _ops.Count + 2));
            _ops.Add(new(OpKind.Jump, split));
            _ops[split] = isLazy ? new(OpKind.Split, _ops.Count, split + 1) : new(OpKind.Split, split + 1, _ops.Count);
            return;
        }
        var splits = new List<int>();
        for (var i = repeat.Min; i < repeat.Max; i++)
        {
            splits.Add(_ops.Count);
            _ops.Add(default);
            Write(repeat.Item);
        }
        foreach (var split in splits) _ops[split] = isLazy ? new(OpKind.Split, _ops.Count, split + 1) : new(OpKind.Split, split + 1, _ops.Count);
    }

    public readonly record struct Alternative(int Start, bool[] Ascii, bool More);
}
