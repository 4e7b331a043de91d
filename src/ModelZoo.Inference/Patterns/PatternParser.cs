using System.Globalization;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Patterns;

/// <summary>
/// Parses the regular expressions that tokenizer files use: Oniguruma's and Rust's common part. Back references and named groups are not in it, and
/// are refused by name.
/// </summary>
sealed class PatternParser(string pattern)
{
    const int MaxDepth = 40, MaxLength = 20_000, MaxRepeat = 1000;

    int _at;
    int _depth;
    bool _ignoresCase;

    public PatternNode Parse()
    {
        if (pattern.Length > MaxLength) throw Bad($"it has {pattern.Length} characters, and at most {MaxLength} are read");
        var node = ParseChoice();
        return _at == pattern.Length ? node : throw Bad("a ')' has no '('");
    }

    PatternNode ParseChoice()
    {
        if (++_depth > MaxDepth) throw Bad($"groups are nested more than {MaxDepth} deep");
        var before = _ignoresCase;
        var items = new List<PatternNode> { ParseSequence() };
        while (TryTake('|')) items.Add(ParseSequence());
        (_ignoresCase, _depth) = (before, _depth - 1);
        return items.Count == 1 ? items[0] : new PatternNode.Choice(items);
    }

    PatternNode ParseSequence()
    {
        var items = new List<PatternNode>();
        while (_at < pattern.Length && pattern[_at] is not ('|' or ')'))
            if (ParseItem() is { } item) items.Add(ParseRepeats(item));
        return items.Count == 1 ? items[0] : new PatternNode.Sequence(items);
    }

    PatternNode? ParseItem()
    {
        var c = pattern[_at];
        switch (c)
        {
            case '(': return ParseGroup();
            case '[':
                _at++;
                return new PatternNode.One(ParseClass().Freeze());
            case '.':
                _at++;
                return new PatternNode.One(new CharSet { IsNegated = true }.Add('\n', '\n').Freeze());
            case '^':
                _at++;
                return new PatternNode.At(Anchor.Start);
            case '$':
                _at++;
                return new PatternNode.At(Anchor.End);
            case '*' or '+' or '?': throw Bad($"'{c}' at {_at} repeats nothing");
            case '\\': return ParseEscape();
            default: return Literal(TakePoint());
        }
    }

    PatternNode.One Literal(int point)
    {
        var set = new CharSet().Add(point, point);
        if (_ignoresCase) set.AddOtherCases();
        return new(set.Freeze());
    }

    PatternNode? ParseGroup()
    {
        _at++;
        if (TryTake("?:")) return Close(ParseChoice());
        if (TryTake("?=")) return new PatternNode.Look(Close(ParseChoice()), false, false);
        if (TryTake("?!")) return new PatternNode.Look(Close(ParseChoice()), true, false);
        if (TryTake("?<=")) return new PatternNode.Look(Close(ParseChoice()), false, true);
        if (TryTake("?<!")) return new PatternNode.Look(Close(ParseChoice()), true, true);
        if (TryTake("?>")) return new PatternNode.Atomic(Close(ParseChoice()));
        if (TryTake("?i:")) return WithCase(true);
        if (TryTake("?-i:")) return WithCase(false);
        if (TryTake("?i)"))
        {
            _ignoresCase = true;        // to the end of the group around it
            return null;
        }
        return pattern[_at..].StartsWith('?') ? throw Bad($"the group '({pattern.AsSpan(_at, Math.Min(3, pattern.Length - _at))}' is not supported") : Close(ParseChoice());

        PatternNode WithCase(bool ignores)
        {
            var before = _ignoresCase;
            _ignoresCase = ignores;
            var group = Close(ParseChoice());
            _ignoresCase = before;
            return group;
        }
    }

    PatternNode Close(PatternNode group) => TryTake(')') ? group : throw Bad("a '(' has no ')'");

    PatternNode ParseRepeats(PatternNode item)
    {
        while (_at < pattern.Length)
        {
            var (min, max) = (0, 0);
            if (TryTake('*')) max = int.MaxValue;
            else if (TryTake('+')) (min, max) = (1, int.MaxValue);
            else if (TryTake('?')) max = 1;
            else if (!TryTakeBounds(out min, out max)) break;
            var greed = TryTake('?') ? Greed.Lazy : TryTake('+') ? Greed.Possessive : Greed.Greedy;
            item = new PatternNode.Repeat(item, min, max, greed);
        }
        return item;
    }

    bool TryTakeBounds(out int min, out int max)
    {
        (min, max) = (0, 0);
        if (_at == pattern.Length || pattern[_at] != '{') return false;
        var end = pattern.IndexOf('}', _at);
        if (end < 0) return false;
        var parts = pattern[(_at + 1)..end].Split(',');
        // A brace that holds no numbers stands for itself, as in other engines.
        if (parts.Length > 2 || (parts[0].Length == 0 && parts.Length == 1) || !parts.All(part => part.All(char.IsAsciiDigit) && part.Length < 6)) return false;
        min = parts[0].Length == 0 ? 0 : int.Parse(parts[0], CultureInfo.InvariantCulture);
        max = parts.Length == 1 ? min : parts[1].Length == 0 ? int.MaxValue : int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (min > max || min > MaxRepeat || (max > MaxRepeat && max != int.MaxValue)) throw Bad($"the bounds {{{min},{max}}} are wrong or above {MaxRepeat}");
        _at = end + 1;
        return true;
    }

    PatternNode ParseEscape()
    {
        if (FindClassEscape() is { } set) return new PatternNode.One(set.Freeze());
        switch (pattern[_at + 1])
        {
            case 'A': return Anchored(Anchor.Start);
            case 'z' or 'Z': return Anchored(Anchor.End);
            case 'b': return Anchored(Anchor.WordEdge);
            case 'B': return Anchored(Anchor.NoWordEdge);
            case >= '1' and <= '9' or 'k' or 'g': throw Bad($"the reference '\\{pattern[_at + 1]}' to an earlier group is not supported");
        }
        return Literal(TakeEscaped());

        PatternNode.At Anchored(Anchor anchor)
        {
            _at += 2;
            return new(anchor);
        }
    }

    /// <summary>An escape that stands for many characters; null when it stands for one. Moves past it.</summary>
    CharSet? FindClassEscape()
    {
        if (_at + 1 >= pattern.Length) throw Bad("it ends in a backslash");
        var set = pattern[_at + 1] switch
        {
            's' or 'S' => new CharSet().AddSpace(),
            'd' or 'D' => new CharSet().Add(UnicodeCategory.DecimalDigitNumber),
            'w' or 'W' => new CharSet().AddWord(),
            'h' or 'H' => new CharSet().Add('0', '9').Add('a', 'f').Add('A', 'F'),
            'R' => new CharSet().Add('\n', '\r').Add(0x85, 0x85).Add(0x2028, 0x2029),
            'N' => new CharSet { IsNegated = true }.Add('\n', '\n'),
            'p' or 'P' => null,
            _ => null,
        };
        if (set is not null)
        {
            if (pattern[_at + 1] is 'S' or 'D' or 'W' or 'H') set.IsNegated = true;
            _at += 2;
            return set;
        }
        if (pattern[_at + 1] is not ('p' or 'P')) return null;
        var isNegated = pattern[_at + 1] == 'P';
        _at += 2;
        string name;
        if (TryTake('{'))
        {
            var end = pattern.IndexOf('}', _at);
            if (end < 0) throw Bad("a property has no '}'");
            name = pattern[_at..end];
            _at = end + 1;
        }
        else name = pattern[_at++].ToString();
        if (name.StartsWith('^')) (name, isNegated) = (name[1..], !isNegated);
        set = UnicodeProperty.Find(name) ?? throw Bad($"the property '{name}' is not known");
        set.IsNegated = isNegated;
        return set;
    }

    CharSet ParseClass()
    {
        if (++_depth > MaxDepth) throw Bad($"classes are nested more than {MaxDepth} deep");
        var set = new CharSet { IsNegated = TryTake('^') };
        for (var isFirst = true; ; isFirst = false)
        {
            if (_at == pattern.Length) throw Bad("a '[' has no ']'");
            if (!isFirst && TryTake(']')) break;
            if (TryTake("&&"))
            {
                // What follows narrows what stands before; a negation covers the whole.
                var other = new CharSet();
                _at--;
                var rest = ParseRest(other);
                var whole = new CharSet { IsNegated = set.IsNegated };
                set.IsNegated = false;
                set.Narrow(rest);
                whole.Add(set);
                _depth--;
                return whole;
            }
            ParseMember(set);
        }
        if (_ignoresCase) set.AddOtherCases();
        _depth--;
        return set;

        CharSet ParseRest(CharSet rest)
        {
            _at++;
            while (!TryTake(']'))
            {
                if (_at == pattern.Length) throw Bad("a '[' has no ']'");
                ParseMember(rest);
            }
            return rest;
        }
    }

    void ParseMember(CharSet set)
    {
        if (TryTake("[:"))
        {
            var end = pattern.IndexOf(":]", _at, StringComparison.Ordinal);
            var name = end < 0 ? throw Bad("a '[:' has no ':]'") : pattern[_at..end];
            _at = end + 2;
            var posix = UnicodeProperty.FindPosix(name.TrimStart('^')) ?? throw Bad($"the class '{name}' is not known");
            posix.IsNegated = name.StartsWith('^');
            set.Add(posix);
            return;
        }
        if (TryTake('['))
        {
            set.Add(ParseClass());
            return;
        }
        if (pattern[_at] == '\\' && FindClassEscape() is { } escape)
        {
            set.Add(escape);
            return;
        }
        var first = pattern[_at] == '\\' ? TakeEscaped() : TakePoint();
        var last = first;
        if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']')
        {
            _at++;
            last = pattern[_at] == '\\' ? TakeEscaped() : TakePoint();
            if (last < first) throw Bad("a range runs backwards");
        }
        set.Add(first, last);
    }

    int TakePoint()
    {
        var point = CodePoints.At(pattern, _at, out var length);
        _at += length;
        return point;
    }

    int TakeEscaped()
    {
        if (_at + 1 >= pattern.Length) throw Bad("it ends in a backslash");
        _at++;
        var point = TakePoint();
        switch (point)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return 0x1B;
            case '0': return 0;
            case 'x' or 'u' or 'U': return TakeHex(point);
            default:
                if (point < 128 && char.IsAsciiLetter((char)point)) throw Bad($"the escape '\\{(char)point}' is not supported");
                return point;
        }
    }

    int TakeHex(int kind)
    {
        string digits;
        if (TryTake('{'))
        {
            var end = pattern.IndexOf('}', _at);
            digits = end < 0 ? "" : pattern[_at..end];
            _at = end + 1;
        }
        else
        {
            var count = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
            digits = _at + count <= pattern.Length ? pattern.Substring(_at, count) : "";
            _at += count;
        }
        return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) && point is >= 0 and <= 0x10FFFF ? point : throw Bad("a number of a character is wrong");
    }

    bool TryTake(char c) => TryTake(c.ToString());

    bool TryTake(string text)
    {
        if (string.CompareOrdinal(pattern, _at, text, 0, text.Length) != 0) return false;
        _at += text.Length;
        return true;
    }

    InferenceException Bad(string reason) => new(InferenceFault.Model, $"The regular expression '{(pattern.Length > 80 ? pattern[..80] + "…" : pattern)}' is not usable: {reason}.");
}
