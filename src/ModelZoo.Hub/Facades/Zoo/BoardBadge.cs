using System.Globalization;
using System.Net;
using ModelZoo.Evaluation.Leaderboards;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>
/// A picture for cards: the task, a model's value and rank, by whose word. It says state of the art only of a value that was run here or again, the first of at
/// least three; otherwise its rank, or that the lead is within the noise.
/// </summary>
static class BoardBadge
{
    /// <summary>Width of one character of Verdana at 11 px, on average.</summary>
    const double CharacterWidth = 6.6;

    public static string Draw(BoardView view, string? model)
    {
        var at = model is null ? view.Ranked.Count > 0 ? 0 : -1 : Enumerable.Range(0, view.Ranked.Count).FirstOrDefault(i => string.Equals(view.Ranked[i].Entry.Model.FullName, model, StringComparison.OrdinalIgnoreCase), -1);
        var left = $"{view.Board.Task.Title} · {view.Board.Metric.Name}";
        if (at < 0) return Picture(left, "no score", "#6b6f68");
        var (rank, entry) = view.Ranked[at];
        var value = entry.Value.ToString(Math.Abs(entry.Value) < 10 ? "0.####" : "0.##", CultureInfo.InvariantCulture);
        var day = DateTimeOffset.FromUnixTimeMilliseconds(view.Request.AsOf ?? entry.Score.MeasuredAt).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var place = rank == 1 && entry.IsVerified && view.Ranked.Count >= Frontier.FewestCompetitors && !entry.Has(MarkKind.Strong) && !entry.Has(MarkKind.Disputed)
            ? RankRanges.Find(view, at) is { Worst: 1 } ? "state of the art" : "best, not significantly" : $"rank {rank}";
        var words = $"{(model is null ? entry.Model.FullName + " " : "")}{value} · {place} of {view.Ranked.Count} · {entry.Score.Standing.Word()} · {day}";
        return Picture(left, words, entry.Has(MarkKind.Disputed) ? "#8a5a00" : entry.Score.Standing switch { Standing.Verified or Standing.Reproduced => "#2f6b46", Standing.Stale => "#8a5a00", _ => "#4a5560" });
    }

    static string Picture(string left, string right, string colour)
    {
        var (a, b) = (Width(left), Width(right));
        string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
        var (one, two) = (WebUtility.HtmlEncode(left), WebUtility.HtmlEncode(right));
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Number(a + b)}" height="20" role="img" aria-label="{one}: {two}"><title>{one}: {two}</title><rect width="{Number(a)}" height="20" fill="#3c4043"/><rect x="{Number(a)}" width="{Number(b)}" height="20" fill="{colour}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="6" y="14" textLength="{Number(a - 12)}">{one}</text><text x="{Number(a + 6)}" y="14" textLength="{Number(b - 12)}">{two}</text></g></svg>
            """;
    }

    static double Width(string text) => text.Length * CharacterWidth + 12;
}
