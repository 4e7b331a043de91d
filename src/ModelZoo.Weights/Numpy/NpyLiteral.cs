using System.Globalization;

namespace ModelZoo.Weights.Numpy;

/// <summary>Reads <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c> and nothing else.</summary>
sealed class NpyLiteral(string text, string name, WeightFormat format)
{
    int _at;

    public (string Descriptor, bool IsFortran, long[] Shape) Parse()
    {
        string? descriptor = null;
        bool? isFortran = null;
        long[]? shape = null;
        Require('{');
        while (!TryTake('}'))
        {
            var key = ReadText();
            Require(':');
            switch (key)
            {
                case "descr" when descriptor is null: descriptor = ReadText(); break;
                case "fortran_order" when isFortran is null: isFortran = ReadFlag(); break;
                case "shape" when shape is null: shape = ReadShape(); break;
                default: throw Bad($"has the unknown or repeated entry '{key}'");
            }
            if (!TryTake(','))
            {
                Require('}');
                break;
            }
        }
        SkipSpace();
        if (_at != text.Length) throw Bad("has something after its end");
        if (descriptor is null || isFortran is null || shape is null) throw Bad("lacks descr, fortran_order or shape");
        return (descriptor, isFortran.Value, shape);
    }

    string ReadText()
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] is not ('\'' or '"')) throw Bad("has no text where one must be (structured types are not read)");
        var end = text.IndexOf(text[_at], _at + 1);
        if (end < 0 || end - _at > 64) throw Bad("has a text without end");
        var value = text[(_at + 1)..end];
        _at = end + 1;
        return value;
    }

    bool ReadFlag()
    {
        SkipSpace();
        var rest = text.AsSpan(_at);
        if (rest.StartsWith("False")) _at += 5;
        else if (rest.StartsWith("True")) _at += 4;
        else throw Bad("has no True or False where one must be");
        return rest.StartsWith("True");
    }

    long[] ReadShape()
    {
        var axes = new List<long>();
        Require('(');
        while (!TryTake(')'))
        {
            SkipSpace();
            var start = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
            if (!long.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var axis)) throw Bad("has a malformed shape");
            if (_at < text.Length && text[_at] == 'L') _at++;          // Python 2 wrote long numbers so
            if (axes.Count == WeightLimits.MaxRank) throw Bad($"has more than {WeightLimits.MaxRank} axes");
            axes.Add(axis);
            if (TryTake(',')) continue;
            Require(')');
            break;
        }
        return [.. axes];
    }

    void Require(char wanted)
    {
        if (!TryTake(wanted)) throw Bad($"lacks a '{wanted}' at {_at}");
    }

    bool TryTake(char wanted)
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] != wanted) return false;
        _at++;
        return true;
    }

    void SkipSpace()
    {
        while (_at < text.Length && text[_at] is (' ' or '\n')) _at++;
    }

    WeightFormatException Bad(string what) => new(format, $"The header of '{name}' {what}.");
}
