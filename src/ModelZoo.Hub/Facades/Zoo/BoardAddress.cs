using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Reads from an address which scores of a board are wanted; pages and the API take the same fields.</summary>
static class BoardAddress
{
    const int MaxLength = 200;

    /// <summary>The fields that narrow a board, in the order in which links carry them.</summary>
    public static readonly IReadOnlyList<string> Fields = ["metric", "filter", "setting", "verified", "pick", "base", "size", "licence", "architecture", "q", "as_of"];

    public static BoardRequest Read(IQueryCollection query) => new()
    {
        VerifiedOnly = Query.Flag(query["verified"]), Latest = query["pick"] == "latest", BaseOnly = Query.Flag(query["base"]), Size = Text(query, "size"), Licence = Text(query, "licence"),
        Architecture = Text(query, "architecture"), Words = Text(query, "q"), Setting = Text(query, "setting"), AsOf = AsOf(Text(query, "as_of")),
    };

    public static string? Text(IQueryCollection query, string name) => query[name].ToString().Trim() is { Length: > 0 } text
        ? text.Length <= MaxLength && !text.Contains('\0') ? text : throw Refusal.Invalid($"\"{name}\" may have at most {MaxLength} characters.") : null;

    /// <summary>A day means its end: all that was known on it.</summary>
    static long? AsOf(string? text)
    {
        if (text is null) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).AddDays(1).ToUnixTimeMilliseconds() - 1;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment.ToUnixTimeMilliseconds()
            : throw Refusal.Invalid("\"as_of\" must be a day (2026-11-21) or a moment of ISO 8601.");
    }
}
