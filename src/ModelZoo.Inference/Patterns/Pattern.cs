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
ref struct PatternScan(PatternProgram program, ReadOnlySpan<char> text, long budget)
{
    [ThreadStatic]
    static int[]? s_stack;

    readonly ReadOnlySpan<char> _text = text;
    long _budget = budget;

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
                case OpKind.Accept: return at;
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
                case OpKind.Look:
                    ok = op.IsBehind ? LooksBehind(op, pc, at, top, pattern) : Match(pc + 1, at, top, pattern) >= 0 != op.IsNegative;
                    stack = s_stack!;
                    pc = op.A;
                    break;
                case OpKind.Atomic:
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
        var found = at > 0 && Match(pc + 1, CodePoints.Before(_text, at), top, pattern) == at;
        return found != op.IsNegative;
    }

    readonly bool IsAt(Anchor anchor, int at) => anchor switch
    {
        Anchor.Start => at == 0,
        Anchor.End => at == _text.Length,
        _ => (IsWord(at - 1) != IsWord(at)) == (anchor == Anchor.WordEdge),
    };

    readonly bool IsWord(int at) => at >= 0 && at < _text.Length && CodePoints.IsWord(CodePoints.At(_text, at, out _));

    static void Push(ref int[] stack, ref int top, int pc, int at, int least)
    {
        if (top + 3 > stack.Length) Grow(ref stack);
        (stack[top], stack[top + 1], stack[top + 2]) = (pc, at, least);
        top += 3;
    }

    static void Grow(ref int[] stack)
    {
        Array.Resize(ref stack, stack.Length * 2);
        s_stack = stack;
    }
}
