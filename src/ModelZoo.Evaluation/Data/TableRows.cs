using System.Globalization;
using System.Text;

namespace ModelZoo.Evaluation.Data;

/// <summary>
/// Tables with a header: RFC 4180 with commas, or with tabs. A column whose every cell is a number (or true/false) holds numbers, as the usual readers of
/// such files have it, but only when each cell is written as that number would be: <c>007</c> and <c>1,5</c> stay texts. So the file is read twice.
/// </summary>
static class TableRows
{
    enum Kind { Unknown, Whole, Real, Bool, Text }

    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(DataFile file, char separator, DataLimits limits)
    {
        var kinds = FindKinds(file, separator, limits);
        string[]? header = null;
        foreach (var (line, cells) in Cells(file, separator, limits))
        {
            if (header is null)
            {
                header = cells;
                if (header.Distinct(StringComparer.Ordinal).Count() != header.Length) throw file.BadLine(line, "two columns have one name.");
                continue;
            }
            if (cells.Length != header.Length) throw file.BadLine(line, $"{cells.Length} cells; the header has {header.Length}.");
            var row = new Dictionary<string, object?>(header.Length, StringComparer.Ordinal);
            for (var i = 0; i < cells.Length; i++) row[header[i]] = Convert(cells[i], kinds[i]);
            yield return row;
        }
    }

    static Kind[] FindKinds(DataFile file, char separator, DataLimits limits)
    {
        Kind[]? kinds = null;
        foreach (var (_, cells) in Cells(file, separator, limits))
        {
            if (kinds is null)
            {
                kinds = new Kind[cells.Length];
                continue;
            }
            for (var i = 0; i < Math.Min(cells.Length, kinds.Length); i++)
                if (kinds[i] != Kind.Text && cells[i].Length > 0) kinds[i] = Join(kinds[i], KindOf(cells[i]));
        }
        return kinds ?? throw file.Bad("there is no header line.");
    }

    static Kind Join(Kind a, Kind b) => a == Kind.Unknown || a == b ? b : (a, b) is (Kind.Whole, Kind.Real) or (Kind.Real, Kind.Whole) ? Kind.Real : Kind.Text;

    static Kind KindOf(string cell)
    {
        if (cell is "True" or "False" or "true" or "false") return Kind.Bool;
        if (cell.Length > 25 || !(char.IsAsciiDigit(cell[^1]) && (char.IsAsciiDigit(cell[0]) || cell[0] == '-'))) return Kind.Text;
        if (cell.TrimStart('-') is ['0', >= '0' and <= '9', ..]) return Kind.Text;
        if (long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return Kind.Whole;
        return double.TryParse(cell, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? Kind.Real : Kind.Text;
    }

    static object? Convert(string cell, Kind kind) => kind switch
    {
        Kind.Whole when cell.Length > 0 => long.Parse(cell, CultureInfo.InvariantCulture),
        Kind.Real when cell.Length > 0 => double.Parse(cell, CultureInfo.InvariantCulture),
        Kind.Bool when cell.Length > 0 => cell[0] is 'T' or 't',
        Kind.Text or Kind.Unknown => cell,
        _ => null,
    };

    /// <summary>Rows of cells with the line that each begins on.</summary>
    internal static IEnumerable<(long Line, string[] Cells)> Cells(DataFile file, char separator, DataLimits limits)
    {
        using var content = file.Open(limits);
        var lines = new LineReader(content, file, limits.MaxRowBytes);
        var cells = new List<string>();
        var quoted = new StringBuilder();
        while (lines.TryRead(out var bytes))
        {
            var text = lines.Text(bytes);
            if (text.Length == 0) continue;
            var begin = lines.Line;
            cells.Clear();
            for (var at = 0; at <= text.Length;)
            {
                if (cells.Count == limits.MaxColumns) throw file.BadLine(begin, $"more than {limits.MaxColumns} columns.");
                if (separator == '\t' || at == text.Length || text[at] != '"')
                {
                    var end = text.IndexOf(separator, at) is >= 0 and var found ? found : text.Length;
                    cells.Add(text[at..end]);
                    at = end + 1;
                    continue;
                }
                quoted.Clear();
                for (at++; ; at++)
                {
                    if (at == text.Length)
                    {
                        if (!lines.TryRead(out bytes)) throw file.BadLine(begin, "a quoted cell has no end.");
                        quoted.Append('\n');
                        (text, at) = (lines.Text(bytes), -1);
                        if (quoted.Length > limits.MaxRowBytes) throw file.BadLine(begin, $"a cell is longer than {limits.MaxRowBytes} characters.");
                    }
                    else if (text[at] != '"') quoted.Append(text[at]);
                    else if (at + 1 < text.Length && text[at + 1] == '"') quoted.Append(text[++at]);
                    else break;
                }
                at++;
                if (at < text.Length && text[at] != separator) throw file.BadLine(lines.Line, "text follows a quoted cell.");
                cells.Add(quoted.ToString());
                at++;
            }
            yield return (begin, [.. cells]);
        }
    }
}
