using System.Globalization;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.Merging;

/// <summary>Which states of one member are meant: <c>7</c>, <c>6-10</c>, <c>6-10/2</c> (every second), <c>all</c>, <c>all/5</c>, <c>last</c>, <c>last3</c> or <c>best</c>.</summary>
public static class EpochChoice
{
    public const string Forms = "an epoch, a range such as 6-10, 6-10/2 (every second), all, all/5, last, last3 or best";

    /// <param name="text">Null or empty for the last.</param>
    /// <returns>Epochs whose states are kept, ascending.</returns>
    /// <exception cref="PopulationException">The text is no such choice, or nothing is kept of what it names.</exception>
    public static IReadOnlyList<int> Choose(PopulationMember member, string? text)
    {
        if (member.Checkpoints.Count == 0) throw new PopulationException($"{member.Id} keeps no state.");
        if (string.IsNullOrEmpty(text)) text = "last";
        if (text == "best") return [AnalysisInput.BestOf(member) is { } best && member.Checkpoints.Contains(best) ? best : throw new PopulationException($"{member.Id} keeps no state of its best epoch.")];
        if (text == "last") return [member.Checkpoints[^1]];
        if (text.StartsWith("last", StringComparison.Ordinal)) return [.. member.Checkpoints.Where(epoch => epoch > 0).TakeLast(Number(text[4..]))];
        var (range, every) = text.Split('/') switch { [var only] => (only, 1), [var first, var step] => (first, Number(step)), _ => throw Unknown(text) };
        if (every < 1) throw Unknown(text);
        var ends = range.Split('-', '.').Where(part => part.Length > 0).ToArray();
        var (from, to) = range == "all" ? (1, int.MaxValue) : ends is [var one] ? (Number(one), Number(one)) : ends is [var low, var high] ? (Number(low), Number(high)) : throw Unknown(text);
        var found = member.Checkpoints.Where(epoch => epoch >= from && epoch <= to && (epoch - (range == "all" ? 0 : from)) % every == 0).ToList();
        return found.Count > 0 ? found : throw new PopulationException($"{member.Id} keeps no state of epoch {text}; it keeps {string.Join(", ", member.Checkpoints.Take(40))}{(member.Checkpoints.Count > 40 ? ", …" : "")}.");

        int Number(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Unknown(text);
    }

    static PopulationException Unknown(string text) => new($"'{(text.Length > 60 ? text[..60] + "…" : text)}' chooses no epochs; {Forms} do.");
}
