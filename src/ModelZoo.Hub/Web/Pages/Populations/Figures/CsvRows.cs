using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Web.Pages.Populations.Figures;

/// <summary>A line of a table, by the names of its first line.</summary>
readonly struct CsvRow(IReadOnlyDictionary<string, int> columns, IReadOnlyList<string> cells)
{
    /// <summary>Empty where the table has no such column or the line ends before it.</summary>
    public string this[string column] => columns.TryGetValue(column, out var at) && at < cells.Count ? cells[at] : "";

    /// <summary>A finite number.</summary>
    public double? Number(string column) => double.TryParse(this[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}

/// <summary>
/// Reads comma-separated values (RFC 4180) of any length in little memory: one line at a time, with bounds on lines, columns and characters. What goes
/// beyond them is left out.
/// </summary>
static class CsvRows
{
    const int MostColumns = 64;
    const int MostCharacters = 300;
    const int PieceBytes = 64 * 1024;

    public static async IAsyncEnumerable<CsvRow> ReadAsync(IByteSource source, int mostRows, [EnumeratorCancellation] CancellationToken stop)
    {
        Dictionary<string, int>? columns = null;
        var rows = 0;
        await foreach (var cells in SplitAsync(source, stop))
        {
            if (columns is null)
            {
                columns = new(StringComparer.Ordinal);
                for (var i = 0; i < cells.Count; i++) columns.TryAdd(cells[i], i);
                continue;
            }
            if (++rows > mostRows) yield break;
            yield return new(columns, cells);
        }
    }

    static async IAsyncEnumerable<IReadOnlyList<string>> SplitAsync(IByteSource source, [EnumeratorCancellation] CancellationToken stop)
    {
        var (bytes, chars) = (new byte[PieceBytes], new char[PieceBytes + 1]);
        var decoder = Encoding.UTF8.GetDecoder();
        var (cell, cells, quoted, closing) = (new StringBuilder(), new List<string>(), false, false);
        for (long at = 0; at < source.Length;)
        {
            var read = await source.ReadAsync(at, bytes, stop);
            if (read <= 0) break;
            at += read;
            var count = decoder.GetChars(bytes.AsSpan(0, read), chars, flush: at >= source.Length);
            for (var i = 0; i < count; i++)
            {
                var c = chars[i];
                if (quoted)
                {
                    // A quote inside quotes ends them, unless another follows at once.
                    if (closing && c != '"') (quoted, closing) = (false, false);
                    else if (c == '"' && !closing)
                    {
                        closing = true;
                        continue;
                    }
                    else
                    {
                        closing = false;
                        Put(c);
                        continue;
                    }
                }
                switch (c)
                {
                    case '"' when cell.Length == 0: quoted = true; break;
                    case ',': Close(); break;
                    case '\r': break;
                    case '\n':
                        Close();
                        yield return cells;
                        cells = [];
                        break;
                    default: Put(c); break;
                }
            }
        }
        if (cell.Length > 0 || cells.Count > 0)
        {
            Close();
            yield return cells;
        }

        void Put(char c)
        {
            if (cell.Length < MostCharacters) cell.Append(c);
        }

        void Close()
        {
            if (cells.Count < MostColumns) cells.Add(cell.ToString());
            cell.Clear();
        }
    }
}
