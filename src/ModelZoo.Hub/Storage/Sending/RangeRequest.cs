using System.Globalization;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>One range of a file: a count of bytes from an offset. A count of 0 stands for a range that the file does not reach.</summary>
readonly record struct RangeRequest(long Offset, long Length)
{
    public bool IsSatisfiable => Length > 0;

    /// <summary>
    /// Reads a Range header (RFC 9110, 14.1.2) against a file that is not empty. Null when there is nothing to honour, and then the
    /// whole is sent: no header, another unit, several ranges, or bad syntax.
    /// </summary>
    public static RangeRequest? Find(string? header, long sizeBytes)
    {
        const string unit = "bytes=";
        if (header is null || !header.StartsWith(unit, StringComparison.OrdinalIgnoreCase)) return null;
        var range = header.AsSpan(unit.Length).Trim();
        var dash = range.IndexOf('-');
        if (dash < 0 || range.Contains(',')) return null;
        var from = range[..dash].Trim();
        var to = range[(dash + 1)..].Trim();
        if (from.IsEmpty) return TryNumber(to, out var suffix) ? new(Math.Max(0, sizeBytes - suffix), Math.Min(suffix, sizeBytes)) : null;
        if (!TryNumber(from, out var first)) return null;
        var last = long.MaxValue;
        if (!to.IsEmpty && (!TryNumber(to, out last) || last < first)) return null;
        return first >= sizeBytes ? new(first, 0) : new(first, Math.Min(last, sizeBytes - 1) - first + 1);
    }

    /// <summary>Digits alone. A number too large for us is beyond every file, not an error.</summary>
    static bool TryNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9')) return false;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)) number = long.MaxValue;
        return true;
    }
}
