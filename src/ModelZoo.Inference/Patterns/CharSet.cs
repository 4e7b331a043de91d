using System.Globalization;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Patterns;

/// <summary>A set of code points: ranges and Unicode categories, perhaps negated, perhaps narrowed by others. ASCII is answered from a bitmap.</summary>
sealed class CharSet
{
    readonly List<(int First, int Last)> _ranges = [];
    readonly List<CharSet> _parts = [];
    readonly List<CharSet> _narrowed = [];
    uint _categories;
    bool _word, _space;
    UInt128 _ascii;

    /// <summary>The same as <see cref="Ascii"/>, faster to ask.</summary>
    public bool[] Table { get; } = new bool[128];

    public bool IsNegated { get; set; }

    public UInt128 Ascii => _ascii;

    public bool HasMore => IsNegated || _categories != 0 || _word || _space || _parts.Count > 0 || _ranges.Exists(range => range.Last >= 128);

    public CharSet Add(int first, int last)
    {
        _ranges.Add((first, last));
        return this;
    }

    public CharSet Add(params ReadOnlySpan<UnicodeCategory> categories)
    {
        foreach (var category in categories) _categories |= 1u << (int)category;
        return this;
    }

    public CharSet AddWord()
    {
        _word = true;
        return this;
    }

    public CharSet AddSpace()
    {
        _space = true;
        return this;
    }

    public void Add(CharSet part) => _parts.Add(part);

    public void Narrow(CharSet by) => _narrowed.Add(by);

    public void AddOtherCases()
    {
        foreach (var (first, last) in _ranges.ToArray())
        {
            for (var point = first; point <= last && last - first < 0x1000; point++)
            {
                if (CodePoints.ToLower(point) is var lower && lower != point) _ranges.Add((lower, lower));
                if (CodePoints.ToUpper(point) is var upper && upper != point) _ranges.Add((upper, upper));
            }
        }
        // Long s and the Kelvin sign have s and k as their other case.
        if (Covers('s')) _ranges.Add((0x17F, 0x17F));
        if (Covers('k')) _ranges.Add((0x212A, 0x212A));

        bool Covers(int point) => _ranges.Exists(range => point >= range.First && point <= range.Last);
    }

    public CharSet Freeze()
    {
        for (var point = 0; point < 128; point++)
            if (Table[point] = Compute(point)) _ascii |= UInt128.One << point;
        return this;
    }

    public bool Contains(int point) => point < 128 ? Table[point] : Compute(point);

    bool Compute(int point) => (Has(point) != IsNegated) && _narrowed.TrueForAll(other => other.Compute(point));

    bool Has(int point)
    {
        if (_categories != 0 && (_categories >> (int)CodePoints.Category(point) & 1) != 0) return true;
        if ((_word && CodePoints.IsWord(point)) || (_space && CodePoints.IsSpace(point))) return true;
        foreach (var (first, last) in _ranges)
            if (point >= first && point <= last) return true;
        foreach (var part in _parts)
            if (part.Compute(point)) return true;
        return false;
    }
}
