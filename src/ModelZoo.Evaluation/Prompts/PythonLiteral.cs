using System.Globalization;
using System.Text;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>Reads what a template wrote as a Python value, as lm-evaluation-harness does with <c>ast.literal_eval</c>: lists, texts, numbers, mappings.</summary>
sealed class PythonLiteral
{
    const int MaxDepth = 64;

    readonly string _text;
    int _at;
    int _depth;

    PythonLiteral(string text) => _text = text;

    /// <exception cref="EvaluationException">The text is no literal.</exception>
    public static object? Parse(string text)
    {
        var reader = new PythonLiteral(text);
        reader.SkipSpace();
        var value = reader.ReadValue();
        // A value, a comma, another value: a tuple without brackets.
        if (reader.TryTake(','))
        {
            var items = new List<object?> { value };
            while (reader._at < text.Length)
            {
                items.Add(reader.ReadValue());
                if (!reader.TryTake(',')) break;
            }
            value = items;
        }
        return reader._at == text.Length ? value : throw reader.Wrong();
    }

    EvaluationException Wrong() => new($"'{(_text.Length > 80 ? _text[..80] + "…" : _text)}' is no list or value in Python's notation (at {_at}).");

    void SkipSpace()
    {
        while (_at < _text.Length && (PythonString.IsSpace(_text[_at]) || (_text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] == '\n'))) _at++;
    }

    bool TryTake(char c)
    {
        if (_at >= _text.Length || _text[_at] != c) return false;
        _at++;
        SkipSpace();
        return true;
    }

    bool TryTakeWord(string word)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) return false;
        if (_at + word.Length < _text.Length && (char.IsLetterOrDigit(_text[_at + word.Length]) || _text[_at + word.Length] == '_')) return false;
        _at += word.Length;
        SkipSpace();
        return true;
    }

    object? ReadValue()
    {
        if (++_depth > MaxDepth || _at >= _text.Length) throw Wrong();
        object? value;
        if (TryTake('[')) value = ReadItems(']', out _);
        else if (TryTake('('))
        {
            var items = ReadItems(')', out var hasComma);
            value = items.Count == 1 && !hasComma ? items[0] : items;
        }
        else if (TryTake('{')) value = ReadMap();
        else if (TryTakeWord("None")) value = null;
        else if (TryTakeWord("True")) value = true;
        else if (TryTakeWord("False")) value = false;
        else if (_text[_at] is '\'' or '"')
        {
            var text = new StringBuilder();
            while (_at < _text.Length && _text[_at] is '\'' or '"') ReadText(text);      // texts side by side are one
            value = text.ToString();
        }
        else value = ReadNumber();
        _depth--;
        return value;
    }

    List<object?> ReadItems(char end, out bool hasComma)
    {
        var items = new List<object?>();
        hasComma = false;
        while (!TryTake(end))
        {
            if (items.Count > 0)
            {
                if (!TryTake(',')) throw Wrong();
                hasComma = true;
                if (TryTake(end)) break;
            }
            items.Add(ReadValue());
        }
        return items;
    }

    object ReadMap()
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        var items = new List<object?>();
        while (!TryTake('}'))
        {
            if (map.Count + items.Count > 0)
            {
                if (!TryTake(',')) throw Wrong();
                if (TryTake('}')) break;
            }
            var key = ReadValue();
            if (TryTake(':')) map[PythonText.Of(key)] = ReadValue();
            else items.Add(key);
        }
        return items.Count > 0 ? items : map;
    }

    object ReadNumber()
    {
        var start = _at;
        if (_text[_at] is '-' or '+') _at++;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '.' or '_' || (_text[_at] is '-' or '+' && _text[_at - 1] is 'e' or 'E'))) _at++;
        var digits = _text[start.._at].Replace("_", "");
        SkipSpace();
        var bare = digits.TrimStart('-', '+');
        // Python has no numbers with leading zeros.
        if (bare.Length == 0 || !char.IsAsciiDigit(bare[0]) && bare[0] != '.' || (bare.Length > 1 && bare[0] == '0' && char.IsAsciiDigit(bare[1]))) throw Wrong();
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        return double.TryParse(digits, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : throw Wrong();
    }

    void ReadText(StringBuilder text)
    {
        var quote = _text[_at++];
        var isLong = _at + 1 < _text.Length && _text[_at] == quote && _text[_at + 1] == quote;
        if (isLong) _at += 2;
        var end = new string(quote, isLong ? 3 : 1);
        for (; _at < _text.Length && string.CompareOrdinal(_text, _at, end, 0, end.Length) != 0; _at++)
        {
            if (_text[_at] == '\n' && !isLong) throw Wrong();
            if (_text[_at] == '\\' && _at + 1 < _text.Length) ReadEscape(text);
            else text.Append(_text[_at]);
        }
        if (_at >= _text.Length) throw Wrong();
        _at += end.Length;
        SkipSpace();
    }

    void ReadEscape(StringBuilder text)
    {
        var c = _text[++_at];
        var count = c switch
        {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if (count > 0)
        {
            if (_at + count >= _text.Length || !int.TryParse(_text.AsSpan(_at + 1, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) || point is < 0 or > 0x10FFFF) throw Wrong();
            text.Append(point < 0x10000 ? ((char)point).ToString() : char.ConvertFromUtf32(point));
            _at += count;
            return;
        }
        var known = "nrtabfv\\'\"".IndexOf(c);
        if (known >= 0) text.Append("\n\r\t\a\b\f\v\\'\""[known]);
        else if (c is >= '0' and <= '7' or 'N') throw Wrong();
        else if (c != '\n') text.Append('\\').Append(c);
    }
}
