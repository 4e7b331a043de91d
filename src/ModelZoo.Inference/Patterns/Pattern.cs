using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Patterns;

/// <summary>
/// A regular expression over code points, matched leftmost-first by backtracking with a budget of steps: what a pattern may cost grows only linearly
/// with the text, and one that explodes is refused instead of waited for. (.NET's own engine sees halves of characters beyond U+FFFF, has no possessive
/// repeats and no intersections; its linear-time mode has no look-ahead. Published tokenizers use all of these.)
/// </summary>
public sealed class Pattern
{
    /// <summary>GPT-2's needs below 20 steps a character on the worst of its texts.</summary>
    const long StepsPerCharacter = 2000, FreeSteps = 100_000;

    readonly PatternProgram _program;

    public Pattern(string expression)
    {
        Expression = expression;
        _program = new PatternProgram(new PatternParser(expression).Parse());
    }

    internal Pattern(string expression, PatternProgram program) => (Expression, _program) = (expression, program);

    public string Expression { get; }

    /// <summary>All matches from left to right, none overlapping, empty ones left out.</summary>
    /// <exception cref="InferenceException">The pattern explodes on this text.</exception>
    public void FindAll(ReadOnlySpan<char> text, int start, int end, List<(int Start, int End)> matches)
    {
        var scan = new PatternScan(_program, text[..end], FreeSteps + (StepsPerCharacter * (end - start)));
        for (var at = start; at < end;)
        {
            var (first, last) = scan.Find(at, this);
            if (first < 0) return;
            if (last > first) matches.Add((first, last));
            at = last > first ? last : first + 1;
            if (at < end && char.IsLowSurrogate(text[at]) && char.IsHighSurrogate(text[at - 1]) && last <= first) at++;
        }
    }

    internal InferenceException Exploded() =>
        new(InferenceFault.Limit, $"The regular expression '{(Expression.Length > 80 ? Expression[..80] + "…" : Expression)}' takes too many steps on this text.");

    public override string ToString() => Expression;
}

/// <summary>One walk over one text.</summary>
/// <param name="slots">As many as the program has; null for none.</param>
ref struct PatternScan(PatternProgram program, ReadOnlySpan<char> text, long budget, int[]? slots = null)
{
    /// <summary>On the stack in the place of a run's bound: a slot's former value, which comes back when the choice before it is taken again.</summary>
    const int Restores = -2;

    /// <summary>64 MB.</summary>
    const int MaxStack = 1 << 24;

    [ThreadStatic]
    static int[]? s_stack;

    readonly ReadOnlySpan<char> _text = text;
    long _budget = budget;

    /// <summary>A match that begins here must not be empty; −1: any may.</summary>
    public int MustMoveFrom { get; set; } = -1;

    public (int Start, int End) Find(int from, Pattern pattern)
    {
        for (var at = from; at <= _text.Length; at++)
        {
            if (at < _text.Length && !program.MayStart(_text[at])) continue;
            if (at > 0 && at < _text.Length && char.IsLowSurrogate(_text[at]) && char.IsHighSurrogate(_text[at - 1])) continue;
            var end = at < _text.Length && program.Choices is { } choices ? MatchChoices(choices, at, pattern) : Match(0, at, 0, pattern);
            if (end >= 0) return (at, end);
        }
        return (-1, -1);
    }

    int MatchChoices(PatternProgram.Alternative[] choices, int at, Pattern pattern)
    {
        var c = _text[at];
        foreach (ref readonly var choice in choices.AsSpan())
        {
            if (!(c < 128 ? choice.Ascii[c] : choice.More)) continue;
            if (Match(choice.Start, at, 0, pattern) is >= 0 and var end) return end;
        }
        return -1;
    }

    /// <summary>Where a match of the instructions from <paramref name="pc"/> on ends; −1 when there is none.</summary>
    int Match(int pc, int at, int floor, Pattern pattern)
    {
        var stack = s_stack ??= new int[256];
        var top = floor;
        while (true)
        {
            if (--_budget < 0) throw pattern.Exploded();
            ref readonly var op = ref program.Ops[pc];
            var ok = true;
            switch (op.Kind)
            {
                case OpKind.Accept:
                    if (at != MustMoveFrom || op.IsNegative) return at;
                    ok = false;
                    break;
                case OpKind.One:
                    ok = at < _text.Length;
                    if (!ok) break;
                    var point = CodePoints.At(_text, at, out var width);
                    ok = op.Set!.Contains(point);
                    at += width;
                    pc++;
                    break;
                case OpKind.Jump:
                    pc = op.A;
                    break;
                case OpKind.Split:      // first A, then B
                    Push(ref stack, ref top, op.B, at, -1);
                    pc = op.A;
                    break;
                case OpKind.Run:
                    ok = TryRun(op, ref at, out var least);
                    pc++;
                    if (ok && op.Greed == Greed.Greedy && at > least) Push(ref stack, ref top, pc, at, least);
                    break;
                case OpKind.Save:
                    Push(ref stack, ref top, op.A, slots![op.A], Restores);
                    slots[op.A] = at;
                    pc++;
                    break;
                case OpKind.Moved:
                    pc = slots![op.A] == at ? op.B : pc + 1;
                    break;
                case OpKind.Again:
                    ok = TryAgain(op, ref at);
                    pc++;
                    break;
                case OpKind.Look:
                    KeepSlots(ref stack, ref top);
                    ok = op.IsBehind ? LooksBehind(op, pc, at, top, pattern) : Match(pc + 1, at, top, pattern) >= 0 != op.IsNegative;
                    stack = s_stack!;
                    pc = op.A;
                    break;
                case OpKind.Atomic:
                    KeepSlots(ref stack, ref top);
                    var end = Match(pc + 1, at, top, pattern);
                    stack = s_stack!;
                    ok = end >= 0;
                    at = end;
                    pc = op.A;
                    break;
                case OpKind.At:
                    ok = IsAt(op.Anchor, at);
                    pc++;
                    break;
            }
            if (ok) continue;
            while (top > floor && stack[top - 1] == Restores)
            {
                slots![stack[top - 3]] = stack[top - 2];
                top -= 3;
            }
            if (top == floor) return -1;
            // The latest choice that was left open. A run gives back one character at a time.
            var (backPc, backAt, backLeast) = (stack[top - 3], stack[top - 2], stack[top - 1]);
            if (backLeast >= 0)
            {
                backAt = CodePoints.Before(_text, backAt);
                if (backAt > backLeast) stack[top - 2] = backAt;
                else top -= 3;
            }
            else top -= 3;
            (pc, at) = (backPc, backAt);
        }
    }

    bool TryRun(in Op op, ref int at, out int least)
    {
        var set = op.Set!;
        var (count, ascii) = (0, set.Table);
        least = op.A == 0 ? at : -1;
        while (at < _text.Length && count < op.B)
        {
            var c = _text[at];
            var width = 1;
            if (c < 128 ? !ascii[c] : !set.Contains(CodePoints.At(_text, at, out width))) break;
            at += width;
            if (++count == op.A) least = at;
        }
        _budget -= count >> 2;
        return count >= op.A;
    }

    bool LooksBehind(in Op op, int pc, int at, int top, Pattern pattern)
    {
        var from = at;
        for (var left = op.B; left > 0 && from >= 0; left--) from = from == 0 ? -1 : CodePoints.Before(_text, from);
        var found = from >= 0 && Match(pc + 1, from, top, pattern) == at;
        return found != op.IsNegative;
    }

    /// <summary>What happens inside cannot be undone step by step later, so all slots are kept as they are now.</summary>
    readonly void KeepSlots(ref int[] stack, ref int top)
    {
        for (var slot = 0; slot < program.SlotCount; slot++) Push(ref stack, ref top, slot, slots![slot], Restores);
    }

    readonly bool TryAgain(in Op op, ref int at)
    {
        var (start, end) = (slots![2 * op.A], slots[2 * op.A + 1]);
        if (start < 0 || end < start) return false;
        var sought = _text[start..end];
        if (!_text[at..].StartsWith(sought, op.B == 1 ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)) return false;
        at += sought.Length;
        return true;
    }

    readonly bool IsAt(Anchor anchor, int at) => anchor switch
    {
        Anchor.Start => at == 0,
        Anchor.End => at == _text.Length,
        Anchor.LineStart => at == 0 || _text[at - 1] == '\n',
        Anchor.LineEnd => at == _text.Length || _text[at] == '\n',
        Anchor.LastLineEnd => at == _text.Length || (at == _text.Length - 1 && _text[at] == '\n'),
        Anchor.PythonWordEdge or Anchor.PythonNoWordEdge => (IsPythonWord(at - 1) != IsPythonWord(at)) == (anchor == Anchor.PythonWordEdge),
        _ => (IsWord(at - 1) != IsWord(at)) == (anchor == Anchor.WordEdge),
    };

    readonly bool IsWord(int at) => at >= 0 && at < _text.Length && CodePoints.IsWord(CodePoints.At(_text, at, out _));

    /// <summary>Before the first half of a pair stands what ends at it, so a look at one half finds the other.</summary>
    readonly bool IsPythonWord(int at)
    {
        if (at < 0 || at >= _text.Length) return false;
        if (char.IsLowSurrogate(_text[at]) && at > 0) at--;
        return PythonPatternParser.IsWord(CodePoints.At(_text, at, out _));
    }

    static void Push(ref int[] stack, ref int top, int pc, int at, int least)
    {
        if (top + 3 > stack.Length) Grow(ref stack);
        (stack[top], stack[top + 1], stack[top + 2]) = (pc, at, least);
        top += 3;
    }

    static void Grow(ref int[] stack)
    {
        if (stack.Length >= MaxStack) throw new InferenceException(InferenceFault.Limit, "A regular expression leaves too many choices open on this text.");
        Array.Resize(ref stack, stack.Length * 2);
        s_stack = stack;
    }
}
