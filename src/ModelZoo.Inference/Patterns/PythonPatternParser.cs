using System.Globalization;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Patterns;

/// <summary>Parses regular expressions as Python's <c>re</c> does for texts (CPython 3.11, re/_parser.py).</summary>
sealed class PythonPatternParser(string pattern)
{
    const int MaxDepth = 40, MaxLength = 20_000, MaxRepeat = 1000, MaxGroups = 100;

    readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    readonly HashSet<int> _open = [];
    int _at;
    int _depth;
    bool _ignoresCase, _multiLine, _dotAll;

    public int GroupCount { get; private set; }

    public IReadOnlyDictionary<string, int> Names => _names;

    /// <summary>Letters, all kinds of numbers and the underscore.</summary>
    public static bool IsWord(int point) => point < 128 ? char.IsAsciiLetterOrDigit((char)point) || point == '_'
        : CodePoints.Category(point) is <= UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    public PatternNode Parse()
    {
        if (pattern.Length > MaxLength) throw Bad($"it has {pattern.Length} characters, and at most {MaxLength} are read");
        var node = ParseChoice();
        return _at == pattern.Length ? node : throw Bad("a ')' has no '('");
    }

    PatternNode ParseChoice()
    {
        if (++_depth > MaxDepth) throw Bad($"groups are nested more than {MaxDepth} deep");
        var items = new List<PatternNode> { ParseSequence() };
        while (TryTake("|")) items.Add(ParseSequence());
        _depth--;
        return items.Count == 1 ? items[0] : new PatternNode.Choice(items);
    }

    PatternNode ParseSequence()
    {
        var items = new List<PatternNode>();
        while (_at < pattern.Length && pattern[_at] is not ('|' or ')'))
            if (ParseItem() is { } item) items.Add(ParseRepeat(item));
        return items.Count == 1 ? items[0] : new PatternNode.Sequence(items);
    }

    PatternNode? ParseItem()
    {
        switch (pattern[_at])
        {
            case '(': return ParseGroup();
            case '[':
                _at++;
                return ParseClass();
            case '.':
                _at++;
                return new PatternNode.One((_dotAll ? new CharSet { IsNegated = true } : new CharSet { IsNegated = true }.Add('\n', '\n')).Freeze());
            case '^':
                _at++;
                return new PatternNode.At(_multiLine ? Anchor.LineStart : Anchor.Start);
            case '$':
                _at++;
                return new PatternNode.At(_multiLine ? Anchor.LineEnd : Anchor.LastLineEnd);
            case '*' or '+' or '?': throw Bad($"'{pattern[_at]}' at {_at} repeats nothing");
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
        var start = _at++;
        if (!TryTake("?")) return Remember(null);
        if (TryTake(":")) return Close(ParseChoice());
        if (TryTake("=")) return new PatternNode.Look(Close(ParseChoice()), false, false);
        if (TryTake("!")) return new PatternNode.Look(Close(ParseChoice()), true, false);
        if (TryTake("<=")) return new PatternNode.Look(Close(ParseChoice()), false, true);
        if (TryTake("<!")) return new PatternNode.Look(Close(ParseChoice()), true, true);
        if (TryTake(">")) return new PatternNode.Atomic(Close(ParseChoice()));
        if (TryTake("P<")) return Remember(TakeName('>'));
        if (TryTake("P=")) return AgainOf(_names.TryGetValue(TakeName(')'), out var number) ? number : throw Bad("it refers to a group that is not there"));
        if (TryTake("#"))
        {
            _at = pattern.IndexOf(')', _at) is >= 0 and var end ? end + 1 : throw Bad("a comment has no ')'");
            return null;
        }
        return ParseFlags(start);
    }

    PatternNode.Group Remember(string? name)
    {
        if (++GroupCount > MaxGroups) throw Bad($"it has more than {MaxGroups} groups");
        var number = GroupCount;
        if (name is not null && !_names.TryAdd(name, number)) throw Bad($"the group '{name}' is there twice");
        _open.Add(number);
        var group = new PatternNode.Group(Close(ParseChoice()), number);
        _open.Remove(number);
        return group;
    }

    string TakeName(char end)
    {
        var close = pattern.IndexOf(end, _at);
        var name = close < 0 ? "" : pattern[_at..close];
        if (name.Length == 0 || char.IsDigit(name[0]) || !name.All(c => c == '_' || char.IsLetterOrDigit(c))) throw Bad("the name of a group is wrong");
        _at = close + 1;
        return name;
    }

    PatternNode? ParseFlags(int start)
    {
        var (ignoresCase, multiLine, dotAll) = (_ignoresCase, _multiLine, _dotAll);
        var on = true;
        for (; _at < pattern.Length && pattern[_at] is not (')' or ':'); _at++)
        {
            switch (pattern[_at])
            {
                case '-': on = false; break;
                case 'i': ignoresCase = on; break;
                case 'm': multiLine = on; break;
                case 's': dotAll = on; break;
                case 'u': break;
                default: throw Bad($"the group '(?{pattern[_at]}' is not supported");
            }
        }
        if (_at == pattern.Length) throw Bad("a '(' has no ')'");
        if (pattern[_at++] == ')')
        {
            if (start != 0 || !on) throw Bad("flags for the whole stand at its start");
            (_ignoresCase, _multiLine, _dotAll) = (ignoresCase, multiLine, dotAll);
            return null;
        }
        var before = (_ignoresCase, _multiLine, _dotAll);
        (_ignoresCase, _multiLine, _dotAll) = (ignoresCase, multiLine, dotAll);
        var group = Close(ParseChoice());
        (_ignoresCase, _multiLine, _dotAll) = before;
        return group;
    }

    PatternNode Close(PatternNode group) => TryTake(")") ? group : throw Bad("a '(' has no ')'");

    PatternNode.Again AgainOf(int number) => number > GroupCount || _open.Contains(number) ? throw Bad($"it refers to the group {number}, which is not there yet") : new(number, _ignoresCase);

    PatternNode ParseRepeat(PatternNode item)
    {
        var (min, max) = (0, int.MaxValue);
        if (TryTake("*")) { }
        else if (TryTake("+")) min = 1;
        else if (TryTake("?")) max = 1;
        else if (!TryTakeBounds(out min, out max)) return item;
        if (item is PatternNode.At) throw Bad("an anchor is repeated");
        var greed = TryTake("?") ? Greed.Lazy : TryTake("+") ? Greed.Possessive : Greed.Greedy;
        if (_at < pattern.Length && (pattern[_at] is '*' or '+' or '?' || TryTakeBounds(out _, out _))) throw Bad("one repeat follows another");
        return new PatternNode.Repeat(item, min, max, greed);
    }

    bool TryTakeBounds(out int min, out int max)
    {
        (min, max) = (0, int.MaxValue);
        if (_at + 1 >= pattern.Length || pattern[_at] != '{' || pattern[_at + 1] == '}') return false;
        var end = pattern.IndexOf('}', _at);
        if (end < 0) return false;
        var parts = pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || !parts.All(part => part.All(char.IsAsciiDigit) && part.Length < 6)) return false;
        if (parts[0].Length > 0) min = int.Parse(parts[0], CultureInfo.InvariantCulture);
        if (parts.Length == 1) max = min;
        else if (parts[1].Length > 0) max = int.Parse(parts[1], CultureInfo.InvariantCulture);
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
            case 'Z': return Anchored(Anchor.End);
            case 'b': return Anchored(Anchor.PythonWordEdge);
            case 'B': return Anchored(Anchor.PythonNoWordEdge);
            case >= '1' and <= '9':
                var length = _at + 2 < pattern.Length && char.IsAsciiDigit(pattern[_at + 2]) ? 2 : 1;
                if (length == 2 && _at + 3 < pattern.Length && char.IsAsciiDigit(pattern[_at + 3])) throw Bad("characters are not given by octal numbers here");
                var number = int.Parse(pattern.AsSpan(_at + 1, length), CultureInfo.InvariantCulture);
                _at += 1 + length;
                return AgainOf(number);
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
        var kind = pattern[_at + 1];
        var set = kind switch
        {
            's' or 'S' => new CharSet().AddSpace().Add('\x1c', '\x1f'),
            'd' or 'D' => new CharSet().Add(UnicodeCategory.DecimalDigitNumber),
            'w' or 'W' => new CharSet().Add('_', '_').Add(UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter, UnicodeCategory.ModifierLetter,
                UnicodeCategory.OtherLetter, UnicodeCategory.DecimalDigitNumber, UnicodeCategory.LetterNumber, UnicodeCategory.OtherNumber),
            _ => null,
        };
        if (set is null) return null;
        set.IsNegated = char.IsUpper(kind);
        _at += 2;
        return set;
    }

    PatternNode.One ParseClass()
    {
        var set = new CharSet { IsNegated = TryTake("^") };
        for (var isFirst = true; isFirst || !TryTake("]"); isFirst = false)
        {
            if (_at >= pattern.Length) throw Bad("a '[' has no ']'");
            if (pattern[_at] == '\\' && FindClassEscape() is { } escape)
            {
                escape.Freeze();
                set.Add(escape);
                if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']') throw Bad("a range begins with a class");
                continue;
            }
            var first = TakeMember();
            var last = first;
            if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']')
            {
                _at++;
                if (pattern[_at] == '\\' && FindClassEscape() is not null) throw Bad("a range ends with a class");
                last = TakeMember();
                if (last < first) throw Bad("a range runs backwards");
            }
            set.Add(first, last);
        }
        if (_ignoresCase) set.AddOtherCases();
        return new(set.Freeze());
    }

    int TakeMember()
    {
        if (_at >= pattern.Length) throw Bad("a '[' has no ']'");
        if (pattern[_at] != '\\') return TakePoint();
        if (_at + 1 < pattern.Length && pattern[_at + 1] == 'b')
        {
            _at += 2;
            return '\b';
        }
        return TakeEscaped();
    }

    int TakePoint()
    {
        var point = CodePoints.At(pattern, _at, out var length);
        _at += length;
        return point;
    }

    int TakeEscaped()
    {
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
            case '0' when _at == pattern.Length || pattern[_at] is < '0' or > '7': return 0;
            case 'x' or 'u' or 'U':
                var count = point == 'x' ? 2 : point == 'u' ? 4 : 8;
                if (_at + count > pattern.Length || !int.TryParse(pattern.AsSpan(_at, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is < 0 or > 0x10FFFF) throw Bad("a number of a character is wrong");
                _at += count;
                return value;
            default:
                if (point < 128 && char.IsAsciiLetterOrDigit((char)point)) throw Bad($"the escape '\\{(char)point}' is not supported");
                return point;
        }
    }

    bool TryTake(string text)
    {
        if (string.CompareOrdinal(pattern, _at, text, 0, text.Length) != 0) return false;
        _at += text.Length;
        return true;
    }

    InferenceException Bad(string reason) => new(InferenceFault.Model, $"The regular expression '{(pattern.Length > 80 ? pattern[..80] + "…" : pattern)}' is not usable: {reason}.");
}
