using System.Globalization;

namespace ModelZoo.Git;

/// <summary>Who made a commit or tag, and when. Names are cleaned as git cleans them, because the stored form has no escapes.</summary>
public sealed record Signature
{
    /// <param name="name">Loses '&lt;', '&gt;', line feeds and NULs anywhere, and punctuation and blanks at both ends, as in git's ident.c.</param>
    /// <param name="when">Git keeps whole seconds from 1970 on, and an offset in minutes.</param>
    public Signature(string name, string email, DateTimeOffset when)
    {
        Name = TrimCrud(name);
        Email = TrimCrud(email);
        When = when;
    }

    public string Name { get; init => field = RemoveForbidden(value); }

    public string Email { get; init => field = RemoveForbidden(value); }

    public DateTimeOffset When
    {
        get;
        init => field = DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, value.ToUnixTimeSeconds())).ToOffset(value.Offset);
    }

    public void Deconstruct(out string name, out string email, out DateTimeOffset when) => (name, email, when) = (Name, Email, When);

    /// <summary>"Ada Lovelace &lt;ada@example.org&gt; 1700000000 +0100", the form after "author " in a commit.</summary>
    public string Encode()
    {
        var minutes = (int)When.Offset.TotalMinutes;
        var (sign, away) = (minutes < 0 ? '-' : '+', Math.Abs(minutes));
        return string.Create(CultureInfo.InvariantCulture, $"{Name} <{Email}> {When.ToUnixTimeSeconds()} {sign}{away / 60:00}{away % 60:00}");
    }

    /// <summary>Keeps the name as stored. Dates that no calendar holds are read as 1970, odd offsets as UTC: history stays readable.</summary>
    /// <exception cref="FormatException">There is no "&lt;email&gt;".</exception>
    public static Signature Parse(string text)
    {
        var open = text.IndexOf('<');
        var close = text.LastIndexOf('>');
        if (open < 0 || close < open) throw new FormatException($"'{text}' is not a signature (name <email> seconds offset).");
        var words = text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new("", "", ParseDate(words.ElementAtOrDefault(0), words.ElementAtOrDefault(1)))
        {
            Name = open > 0 && text[open - 1] == ' ' ? text[..(open - 1)] : text[..open],
            Email = text[(open + 1)..close],
        };
    }

    public override string ToString() => Encode();

    static DateTimeOffset ParseDate(string? seconds, string? offset)
    {
        // The last second of the year 9998: every offset still has a calendar day for it.
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var unix) || unix > 253370764799) unix = 0;
        var minutes = 0;
        if (offset is { Length: 5 } && offset[0] is '+' or '-' && int.TryParse(offset.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var digits))
            minutes = (digits / 100 * 60 + digits % 100) * (offset[0] == '-' ? -1 : 1);
        if (Math.Abs(minutes) > 14 * 60) minutes = 0;
        return DateTimeOffset.FromUnixTimeSeconds(unix).ToOffset(TimeSpan.FromMinutes(minutes));
    }

    static string TrimCrud(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsCrud(text[start])) start++;
        while (end > start && IsCrud(text[end - 1])) end--;
        return text[start..end];
    }

    static bool IsCrud(char c) => c is <= ' ' or '.' or ',' or ':' or ';' or '<' or '>' or '"' or '\\' or '\'';

    static string RemoveForbidden(string text) =>
        text.AsSpan().IndexOfAny("<>\n\0") < 0 ? text : string.Concat(text.Split(['<', '>', '\n', '\0']));
}
