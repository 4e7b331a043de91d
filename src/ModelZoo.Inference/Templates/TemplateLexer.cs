using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Templates;

enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Whole,
    Real,
    Operator,
    End,
}

/// <param name="Text">What it says; of a <see cref="TokenKind.Text"/> the text itself.</param>
readonly record struct TemplateToken(TokenKind Kind, string Text, int Line, double Real = 0, long Whole = 0)
{
    public bool Is(string op) => Kind == TokenKind.Operator && Text == op;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public string Shown => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.Data => "text",
        TokenKind.VariableBegin => "'{{'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.BlockBegin => "'{%'",
        TokenKind.BlockEnd => "'%}'",
        _ => $"'{(Text.Length > 40 ? Text[..40] + "…" : Text)}'",
    };
}

/// <summary>Cuts a template into tokens, with Jinja's rules for white space around tags (Jinja 3.1, lexer.py).</summary>
sealed class TemplateLexer
{
    public const int MaxCharacters = 1 << 20, MaxTokens = 200_000;

    static readonly string[] s_operators = ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    readonly string _source;
    readonly TemplateDialect _dialect;
    readonly List<TemplateToken> _tokens = [];
    int _at;
    int _line = 1;
    int _counted;
    bool _startsLine = true;

    TemplateLexer(string source, TemplateDialect dialect)
    {
        source = source.Replace("\r\n", "\n").Replace('\r', '\n');
        if (!dialect.KeepsLastNewline && source.EndsWith('\n')) source = source[..^1];
        (_source, _dialect) = (source, dialect);
    }

    public static List<TemplateToken> Read(string source, TemplateDialect dialect)
    {
        if (source.Length > MaxCharacters) throw new TemplateException(TemplateFault.Limit, 1, "the template", $"it has {source.Length} characters; at most {MaxCharacters} are read.");
        var lexer = new TemplateLexer(source, dialect);
        while (lexer._at < lexer._source.Length) lexer.ReadPart();
        lexer.Add(TokenKind.End, "");
        return lexer._tokens;
    }

    int Line
    {
        get
        {
            _line += _source.AsSpan(_counted, _at - _counted).Count('\n');
            _counted = _at;
            return _line;
        }
    }

    void Add(TokenKind kind, string text, double real = 0, long whole = 0)
    {
        if (_tokens.Count >= MaxTokens) throw Wrong(TemplateFault.Limit, "the template", $"it has more than {MaxTokens} tokens.");
        _tokens.Add(new(kind, text, Line, real, whole));
    }

    TemplateException Wrong(TemplateFault fault, string construct, string reason) => new(fault, Line, construct, reason);

    void ReadPart()
    {
        var start = _at;
        var open = FindOpening(start);
        if (open < 0)
        {
            Add(TokenKind.Data, _source[start..]);
            _at = _source.Length;
            return;
        }
        var kind = _source[open + 1];
        var sign = open + 2 < _source.Length && _source[open + 2] is '-' or '+' ? _source[open + 2] : '\0';
        AddData(start, open, sign, kind == '{');
        _at = open;
        if (kind == '%' && TryReadRaw()) return;
        _at = open + (sign == '\0' ? 2 : 3);
        if (kind == '#') SkipComment();
        else ReadTag(kind == '{');
        _startsLine = _source[_at - 1] == '\n';
    }

    int FindOpening(int from)
    {
        for (var at = _source.IndexOf('{', from); at >= 0 && at + 1 < _source.Length; at = _source.IndexOf('{', at + 1))
            if (_source[at + 1] is '{' or '%' or '#') return at;
        return -1;
    }

    /// <summary>The text before a tag, as far as the tag leaves it.</summary>
    void AddData(int start, int end, char sign, bool isVariable)
    {
        var text = _source.AsSpan(start, end - start);
        if (sign == '-') text = PythonString.TrimEnd(text);
        else if (sign != '+' && _dialect.TrimsBlocks && !isVariable)
        {
            var line = text.LastIndexOf('\n') + 1;
            if ((line > 0 || _startsLine) && PythonString.TrimEnd(text[line..]).IsEmpty) text = text[..line];
        }
        if (!text.IsEmpty) Add(TokenKind.Data, text.ToString());
    }

    void SkipSpace()
    {
        while (_at < _source.Length && PythonString.IsSpace(_source[_at])) _at++;
    }

    bool Take(string text)
    {
        if (string.CompareOrdinal(_source, _at, text, 0, text.Length) != 0) return false;
        _at += text.Length;
        return true;
    }

    /// <summary>The end of a tag with what it takes with it.</summary>
    bool TryEnd(string end)
    {
        if (end != "}}" && Take("+" + end)) return true;
        if (Take("-" + end))
        {
            SkipSpace();
            return true;
        }
        if (!Take(end)) return false;
        if (end != "}}" && _dialect.TrimsBlocks) Take("\n");
        return true;
    }

    void SkipComment()
    {
        for (; _at < _source.Length; _at++)
            if (TryEnd("#}")) return;
        throw Wrong(TemplateFault.Syntax, "{# #}", "the comment has no end.");
    }

    /// <returns>False, without having moved, when this is no <c>{% raw %}</c>.</returns>
    bool TryReadRaw()
    {
        var start = _at;
        _at += 2;
        if (!Take("-")) Take("+");
        SkipSpace();
        var isRaw = Take("raw");
        SkipSpace();
        if (isRaw && Take("-%}")) SkipSpace();
        else isRaw = isRaw && Take("%}");
        if (!isRaw)
        {
            _at = start;
            return false;
        }
        _startsLine = _source[_at - 1] == '\n';
        for (var body = _at; ;)
        {
            var open = _source.IndexOf("{%", _at, StringComparison.Ordinal);
            if (open < 0) throw Wrong(TemplateFault.Syntax, "{% raw %}", "it has no {% endraw %}.");
            _at = open + 2;
            var sign = Take("-") ? '-' : Take("+") ? '+' : '\0';
            SkipSpace();
            if (!Take("endraw")) continue;
            SkipSpace();
            var after = _at;
            if (!TryEnd("%}")) continue;
            var next = _at;
            _at = after;
            AddData(body, open, sign, false);
            _at = next;
            _startsLine = _source[_at - 1] == '\n';
            return true;
        }
    }

    void ReadTag(bool isVariable)
    {
        Add(isVariable ? TokenKind.VariableBegin : TokenKind.BlockBegin, "");
        var end = isVariable ? "}}" : "%}";
        var open = new Stack<char>();
        while (true)
        {
            SkipSpace();
            if (_at >= _source.Length) throw Wrong(TemplateFault.Syntax, isVariable ? "{{ }}" : "{% %}", "it has no end.");
            var line = Line;
            // Inside brackets "}}" closes two of them.
            if (open.Count == 0 && TryEnd(end))
            {
                _tokens.Add(new(isVariable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "", line));
                return;
            }
            ReadToken(open);
        }
    }

    void ReadToken(Stack<char> open)
    {
        var c = _source[_at];
        if (char.IsAsciiDigit(c)) ReadNumber();
        else if (c is '\'' or '"') ReadText(c);
        else if (c == '_' || char.IsLetter(c))
        {
            var start = _at;
            while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at]))) _at++;
            Add(TokenKind.Name, _source[start.._at]);
        }
        else
        {
            var op = Array.Find(s_operators, candidate => string.CompareOrdinal(_source, _at, candidate, 0, candidate.Length) == 0)
                ?? throw Wrong(TemplateFault.Syntax, $"'{c}'", "no expression has this character.");
            if (op is "(" or "[" or "{") open.Push(op[0] == '(' ? ')' : op[0] == '[' ? ']' : '}');
            else if (op is ")" or "]" or "}" && (open.Count == 0 || open.Pop() != op[0])) throw Wrong(TemplateFault.Syntax, $"'{op}'", "it closes nothing that is open.");
            Add(TokenKind.Operator, op);
            _at += op.Length;
        }
    }

    void ReadNumber()
    {
        var start = _at;
        if (_source[_at] == '0' && _at + 1 < _source.Length && _source[_at + 1] is 'x' or 'X' or 'o' or 'O' or 'b' or 'B') throw Wrong(TemplateFault.Unsupported, $"'{_source.AsSpan(_at, 2)}'", "numbers are read in decimal only.");
        SkipDigits();
        var isReal = false;
        if (_at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1]))
        {
            isReal = true;
            _at++;
            SkipDigits();
        }
        if (_at + 1 < _source.Length && _source[_at] is 'e' or 'E')
        {
            var digits = _source[_at + 1] is '+' or '-' ? _at + 2 : _at + 1;
            if (digits < _source.Length && char.IsAsciiDigit(_source[digits]))
            {
                isReal = true;
                _at = digits;
                SkipDigits();
            }
        }
        var text = _source[start.._at].Replace("_", "");
        if (isReal) Add(TokenKind.Real, text, real: double.Parse(text, CultureInfo.InvariantCulture));
        else Add(TokenKind.Whole, text, whole: long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : throw Wrong(TemplateFault.Limit, $"'{text}'", "numbers stay below 2^63."));
    }

    void SkipDigits()
    {
        while (_at < _source.Length && (char.IsAsciiDigit(_source[_at]) || (_source[_at] == '_' && _at + 1 < _source.Length && char.IsAsciiDigit(_source[_at + 1])))) _at++;
    }

    void ReadText(char quote)
    {
        var (line, text) = (Line, new StringBuilder());
        for (_at++; ; _at++)
        {
            if (_at >= _source.Length) throw new TemplateException(TemplateFault.Syntax, line, $"{quote}", "the text has no end.");
            var c = _source[_at];
            if (c == quote) break;
            if (c == '\\') ReadEscape(text);
            else text.Append(c);
        }
        _at++;
        _tokens.Add(new(TokenKind.Text, text.ToString(), line));
    }

    /// <summary>Python's escapes; one it does not know stays as it is.</summary>
    void ReadEscape(StringBuilder text)
    {
        if (++_at >= _source.Length) return;
        var c = _source[_at];
        switch (c)
        {
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case '\n': break;
            case '\\' or '\'' or '"': text.Append(c); break;
            case 'x' or 'u' or 'U':
                var count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                if (_at + count >= _source.Length || !int.TryParse(_source.AsSpan(_at + 1, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) || point > 0x10FFFF)
                    throw Wrong(TemplateFault.Syntax, $"'\\{c}'", "the number of the character is wrong.");
                if (point < 0x10000) text.Append((char)point);
                else text.Append(char.ConvertFromUtf32(point));
                _at += count;
                break;
            case >= '0' and <= '7':
                var octal = 0;
                for (var digits = 0; digits < 3 && _at < _source.Length && _source[_at] is >= '0' and <= '7'; digits++) octal = octal * 8 + _source[_at++] - '0';
                _at--;
                text.Append((char)octal);
                break;
            case 'N': throw Wrong(TemplateFault.Unsupported, "'\\N'", "characters are not known by name.");
            default: text.Append('\\').Append(c); break;
        }
    }
}
