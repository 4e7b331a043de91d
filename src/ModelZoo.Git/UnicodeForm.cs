using System.Globalization;
using System.Reflection;
using System.Text;

namespace ModelZoo.Git;

/// <summary>
/// Canonical composition (NFC) of Unicode text, from data/unicode/normalization.tsv. The runtime's own normaliser needs
/// ICU, which a single-file server cannot count on. Algorithm: Unicode Standard Annex 15 and chapter 3.11 (Hangul 3.12).
/// </summary>
public static class UnicodeForm
{
    const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7;
    const int LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    static readonly Lazy<Table> s_table = new(Load);

    /// <summary>The text in Normalization Form C. Lone surrogates become U+FFFD.</summary>
    public static string Compose(string text)
    {
        if (!text.Any(c => c > 127)) return text;
        var table = s_table.Value;
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, table, runes);
        Reorder(runes, table);
        Recompose(runes, table);
        var composed = new StringBuilder(text.Length);
        foreach (var rune in runes) composed.Append(new Rune(rune).ToString());
        return composed.ToString();
    }

    static void Decompose(int rune, Table table, List<int> into)
    {
        if (rune - SBase is >= 0 and < SCount and var syllable)
        {
            into.Add(LBase + (syllable / (VCount * TCount)));
            into.Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount > 0) into.Add(TBase + (syllable % TCount));
        }
        else if (table.Canonical.TryGetValue(rune, out var parts))
        {
            foreach (var part in parts) Decompose(part, table, into);
        }
        else
        {
            into.Add(rune);
        }
    }

    /// <summary>Sorts each run of combining marks by class, stably.</summary>
    static void Reorder(List<int> runes, Table table)
    {
        for (var start = 0; start < runes.Count;)
        {
            if (table.Class(runes[start]) == 0) { start++; continue; }
            var end = start;
            while (end < runes.Count && table.Class(runes[end]) != 0) end++;
            var run = runes.GetRange(start, end - start).OrderBy(table.Class).ToList();
            for (var i = 0; i < run.Count; i++) runes[start + i] = run[i];
            start = end;
        }
    }

    static void Recompose(List<int> runes, Table table)
    {
        var (starter, written, lastClass) = (-1, 0, -1);
        foreach (var rune in runes.ToArray())
        {
            var kind = table.Class(rune);
            // A mark is blocked from the starter by an earlier one of the same or a higher class between them.
            if (starter >= 0 && (lastClass < kind || lastClass == -1) && FindPair(runes[starter], rune, table) is { } pair)
            {
                runes[starter] = pair;
                continue;
            }
            if (kind == 0) (starter, lastClass) = (written, -1);
            else lastClass = kind;
            runes[written++] = rune;
        }
        runes.RemoveRange(written, runes.Count - written);
    }

    static int? FindPair(int first, int second, Table table)
    {
        if (first - LBase is >= 0 and < LCount and var l && second - VBase is >= 0 and < VCount and var v)
            return SBase + (((l * VCount) + v) * TCount);
        if (first - SBase is >= 0 and < SCount and var s && s % TCount == 0 && second - TBase is > 0 and < TCount and var t)
            return first + t;
        return table.Pairs.TryGetValue((first, second), out var pair) ? pair : null;
    }

    static Table Load()
    {
        var table = new Table();
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("data/unicode/normalization.tsv")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var columns = line.Split('\t');
            var rune = Hex(columns[0]);
            if (columns[1] != "0") table.Classes[rune] = int.Parse(columns[1], CultureInfo.InvariantCulture);
            if (columns[2] != "c") continue;
            int[] parts = [.. columns[3].Split(' ').Select(Hex)];
            table.Canonical[rune] = parts;
            if (columns[4] != "x" && parts.Length == 2) table.Pairs[(parts[0], parts[1])] = rune;
        }
        return table;
    }

    static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    sealed class Table
    {
        public Dictionary<int, int[]> Canonical { get; } = [];
        public Dictionary<int, int> Classes { get; } = [];
        public Dictionary<(int First, int Second), int> Pairs { get; } = [];

        public int Class(int rune) => Classes.GetValueOrDefault(rune);
    }
}
