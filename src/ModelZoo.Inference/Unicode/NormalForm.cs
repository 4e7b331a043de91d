using System.Globalization;
using System.Reflection;

namespace ModelZoo.Inference.Unicode;

/// <summary>One code point of a text that is being normalised, and which character of the text before it came from.</summary>
readonly record struct PlacedPoint(int Point, int Origin);

/// <summary>
/// Unicode's four normal forms, from data/unicode/normalization.tsv. The runtime's own normaliser does nothing at all without ICU, silently, and this
/// product runs without. Algorithm: Unicode Standard Annex 15; Hangul by arithmetic (chapter 3.12).
/// </summary>
static class NormalForm
{
    const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    static readonly Lazy<Tables> s_tables = new(Load);

    /// <summary>Adds the full decomposition of a code point.</summary>
    public static void Decompose(PlacedPoint point, bool compatibility, List<PlacedPoint> into)
    {
        var (code, origin) = point;
        if (code < 0xA0) into.Add(point);
        else if (code - SBase is >= 0 and < SCount and var syllable)
        {
            into.Add(new(LBase + (syllable / (VCount * TCount)), origin));
            into.Add(new(VBase + (syllable % (VCount * TCount) / TCount), origin));
            if (syllable % TCount > 0) into.Add(new(TBase + (syllable % TCount), origin));
        }
        else if (s_tables.Value.Canonical.TryGetValue(code, out var parts) || (compatibility && s_tables.Value.Compatible.TryGetValue(code, out parts)))
        {
            foreach (var part in parts) Decompose(new(part, origin), compatibility, into);
        }
        else into.Add(point);
    }

    /// <summary>Sorts each run of combining marks by class, stably.</summary>
    public static void Reorder(List<PlacedPoint> points)
    {
        for (var start = 0; start < points.Count;)
        {
            if (Class(points[start].Point) == 0) { start++; continue; }
            var end = start + 1;
            var sorted = true;
            for (; end < points.Count && Class(points[end].Point) is > 0 and var kind; end++) sorted &= Class(points[end - 1].Point) <= kind;
            if (!sorted)
            {
                var run = points.GetRange(start, end - start).OrderBy(point => Class(point.Point)).ToList();
                for (var i = 0; i < run.Count; i++) points[start + i] = run[i];
            }
            start = end;
        }
    }

    public static void Recompose(List<PlacedPoint> points)
    {
        var (starter, written, lastClass) = (-1, 0, -1);
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            var kind = Class(point.Point);
            // A mark is blocked from the starter by an earlier one of the same or a higher class between them.
            if (starter >= 0 && (lastClass < kind || lastClass == -1) && FindPair(points[starter].Point, point.Point) is { } pair)
            {
                points[starter] = new(pair, points[starter].Origin);
                continue;
            }
            if (kind == 0) (starter, lastClass) = (written, -1);
            else lastClass = kind;
            points[written++] = point;
        }
        points.RemoveRange(written, points.Count - written);
    }

    static int Class(int point) => point < 0x300 ? 0 : s_tables.Value.Classes.GetValueOrDefault(point);

    static int? FindPair(int first, int second)
    {
        if (second < 0x300) return null;
        if (first - LBase is >= 0 and < LCount and var l && second - VBase is >= 0 and < VCount and var v) return SBase + (((l * VCount) + v) * TCount);
        if (first - SBase is >= 0 and < SCount and var s && s % TCount == 0 && second - TBase is > 0 and < TCount and var t) return first + t;
        return s_tables.Value.Pairs.TryGetValue((first, second), out var pair) ? pair : null;
    }

    static Tables Load()
    {
        var tables = new Tables();
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("data/unicode/normalization.tsv")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var columns = line.Split('\t');
            var point = Hex(columns[0]);
            if (columns[1] != "0") tables.Classes[point] = int.Parse(columns[1], CultureInfo.InvariantCulture);
            if (columns[2].Length == 0 || columns[3].Length == 0) continue;
            int[] parts = [.. columns[3].Split(' ').Select(Hex)];
            (columns[2] == "c" ? tables.Canonical : tables.Compatible)[point] = parts;
            if (columns[2] == "c" && columns[4] != "x" && parts.Length == 2) tables.Pairs[(parts[0], parts[1])] = point;
        }
        return tables;
    }

    static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    sealed class Tables
    {
        public Dictionary<int, int[]> Canonical { get; } = [];
        public Dictionary<int, int[]> Compatible { get; } = [];
        public Dictionary<int, int> Classes { get; } = [];
        public Dictionary<(int First, int Second), int> Pairs { get; } = [];
    }
}
