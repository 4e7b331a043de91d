using System.Globalization;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Says of chosen members whether they can be averaged, from what is recorded and measured of them; it reads no weights.</summary>
static class SoupAdvisor
{
    const int MostMembers = 32;

    public static (SoupAdvice? Advice, string? Problem) Of(PopulationLinks links, Population population, IReadOnlyList<BarrierRow> barriers, double limit, string text, string method)
    {
        var words = text.Split([' ', ',', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        if (words.Count > MostMembers) return (null, $"At most {MostMembers} members are chosen here; the command takes more.");
        var chosen = new List<(PopulationMember Member, string? Epochs)>();
        foreach (var word in words)
        {
            var at = word.IndexOf('@', StringComparison.Ordinal);
            var (id, epochs) = at < 0 ? (word, null) : (word[..at], word[(at + 1)..]);
            if (population.Find(id) is not { } member) return (null, $"There is no member '{PopulationWords.Short(id)}', or several begin so.");
            if (member.LastEpoch is null) return (null, $"{PopulationWords.Short(member.Id)} keeps no state.");
            if (epochs is not null && !IsRange(epochs)) return (null, $"'{PopulationWords.Short(epochs)}' is no epoch and no range such as 6-10.");
            chosen.Add((member, epochs));
        }
        if (chosen.Count == 0 || chosen is [{ Epochs: null }]) return (null, "Name two members, or one with a range of epochs such as 6-10.");
        var command = Command(links, chosen, method);
        var members = chosen.Select(each => each.Member).DistinctBy(member => member.Id).ToList();
        if (members.Count == 1) return (new("good", "States of one member lie on one path: averaging gains after a plateau and harms before it. The command compares validation losses and says so.", [], command), null);
        var reasons = new List<string>();
        if (members.Select(member => $"{member.Card.Architecture} {member.Card.Head}").Distinct().Count() > 1) return (new("bad", "These have different shapes and cannot be averaged.", [], command), null);
        var families = members.Select(PopulationWords.Family).Distinct().Count();
        var heads = members.Select(member => member.Card.HeadSeed).Distinct().Count();
        reasons.Add(families == 1 ? "They share a parent." : $"They come from {families} parents: members of different families lie in different valleys.");
        reasons.Add(members.Exists(member => member.Card.HeadSeed is null) ? "Whether they began from the same head is not recorded." : heads == 1 ? "They began from the same head." : $"They began from {heads} different heads: a common first head is needed.");
        var ids = members.Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        var measured = barriers.Where(row => ids.Contains(row.A) && ids.Contains(row.B)).ToList();
        var pairs = members.Count * (members.Count - 1) / 2;
        reasons.Add(measured.Count == 0 ? "No barrier between them was measured; the command measures before it writes."
            : $"{Quantity.Of(measured.Count, "pair")} of {pairs} measured: the largest accuracy barrier is {PopulationWords.Score(measured.Max(row => row.AccuracyBarrier))}, up to {PopulationWords.Value(limit)} counts as connected.");
        if (measured.Exists(row => row.AccuracyBarrier > limit)) return (new("bad", "A barrier lies between them: their mean is worse than each of them.", reasons, command), null);
        if (measured.Count == pairs) return (new("good", "They can be averaged: no barrier lies between them.", reasons, command), null);
        return (families == 1 && heads == 1 ? new("warn", "They may be averaged: what is needed is given, and it is not enough by itself.", reasons, command) : new("bad", "They are unlikely to average well.", reasons, command), null);
    }

    /// <summary>Brings what is needed of the repository, then averages.</summary>
    static string Command(PopulationLinks links, IReadOnlyList<(PopulationMember Member, string? Epochs)> chosen, string method)
    {
        var folder = "population";
        var includes = string.Concat(chosen.Select(each => $" --include {Quoted($"members/{each.Member.Id}/*")}"));
        var sources = string.Concat(chosen.Select(each => $" {Quoted($"{folder}#{each.Member.Id}{(each.Epochs is null ? "" : "@" + each.Epochs)}")}"));
        return $"zoo pull {Quoted($"{links.Repository.Id}@{links.Revision}")} {folder} --include population.json --include blueprint.yaml{includes}\nzoo soup{sources} --method {method} --out soup";
    }

    /// <summary>One word for a shell, whatever stands in it.</summary>
    public static string Quoted(string word) => word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or '@' or ':') ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    static bool IsRange(string text) => text.Split('-') is { Length: 1 or 2 } ends && ends.All(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
