using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <param name="Order">ascending, descending, or null when the table is not sorted by it.</param>
public sealed record MemberColumn(string Name, string Title, bool IsNumber, Href Sort, string? Order);

public sealed record MemberLine(string Id, Href Link, IReadOnlyList<string> Cells);

/// <summary>The members that were asked for, a page of them.</summary>
public sealed record MemberListView(IReadOnlyList<MemberColumn> Columns, IReadOnlyList<MemberLine> Lines, int Total, Href? First, Href? Next)
{
    const int PageSize = 25;
    const int MostFactors = 16;
    const int MostSplits = 5;

    internal static MemberListView Of(PopulationLinks links, IReadOnlyList<PopulationMember> all, IReadOnlyList<PopulationMember> chosen, MemberQuery query)
    {
        var names = Names(all);
        var (wanted, down) = query.Sort is { } sort ? sort.StartsWith('-') ? (sort[1..], true) : (sort, false) : ("", false);
        var sorted = names.Any(name => name.Name == wanted) ? Sort(chosen, wanted, down) : chosen;
        var shown = sorted.Skip((query.Page - 1) * PageSize).Take(PageSize);
        return new(
            [.. names.Select(name => new MemberColumn(name.Name, name.Title, name.IsNumber, At(query with { Sort = name.Name == wanted ? down ? null : "-" + name.Name : name.IsScore ? "-" + name.Name : name.Name, Page = 1 }), name.Name == wanted ? down ? "descending" : "ascending" : null))],
            [.. shown.Select(member => new MemberLine(member.Id, links.Member(member.Id), [.. names.Skip(1).Select(name => Cell(member, name.Name, name.IsScore))]))], chosen.Count,
            query.Page > 1 ? At(query with { Page = 1 }) : null, query.Page * PageSize < chosen.Count ? At(query with { Page = query.Page + 1 }) : null);

        Href At(MemberQuery at) => links.Page("members", at.Fields);
    }

    static List<(string Name, string Title, bool IsNumber, bool IsScore)> Names(IReadOnlyList<PopulationMember> members)
    {
        var names = new List<(string Name, string Title, bool IsNumber, bool IsScore)> { ("member", "Member", false, false), ("stage", "Stage", false, false), ("status", "Status", false, false), ("epoch", "Epoch", true, false) };
        // The score that says most stands beside the name, the others after what was varied.
        if (PopulationWords.Split(members) is { Length: > 0 } best) names.Add(Score(best, "accuracy", "acc."));
        names.AddRange(MemberTable.FactorNames(members).Take(MostFactors).Select(name => (name, name, IsNumber(members, name), false)));
        if (!names.Any(name => name.Name == "seed") && members.Any(member => member.Card.Seed is not null)) names.Add(("seed", "seed", true, false));
        if (members.Any(member => member.Records.Any(record => record.TrainAccuracy is not null))) names.Add(Score("train", "accuracy", "acc."));
        if (members.Any(member => member.Records.Any(record => record.TrainLoss is not null))) names.Add(Score("train", "loss", "loss"));
        foreach (var split in MemberTable.SplitNames(members).Where(split => split.Length > 0).Take(MostSplits)) names.AddRange([Score(split, "accuracy", "acc."), Score(split, "loss", "loss")]);
        // Imported members bring names of their own.
        foreach (var other in members.SelectMany(member => member.Records.TakeLast(1)).SelectMany(record => record.Others?.Keys ?? []).Where(name => name.EndsWith("_acc", StringComparison.Ordinal) || name.EndsWith("_loss", StringComparison.Ordinal)).Distinct().Take(MostSplits)) names.Add((other, other, true, true));
        if (members.Any(member => member.Card.HeadSeed is not null)) names.Add(("head_seed", "head seed", true, false));
        names.AddRange([("parent", "Parent", false, false), ("split", "Split", false, false)]);
        return [.. names.DistinctBy(name => name.Name)];

        static (string Name, string Title, bool IsNumber, bool IsScore) Score(string split, string what, string word) => ($"{split}_{what}", $"{split.Replace('_', ' ')} {word}", true, true);
    }

    static bool IsNumber(IReadOnlyList<PopulationMember> members, string name) => members.Select(member => member.Card.Factors.FirstOrDefault(factor => factor.Name == name)?.Value).Where(value => value is not null).All(value => value is long or int or double);

    static string Cell(PopulationMember member, string name, bool isScore)
    {
        if (name == "status") return PopulationWords.Short(member.Status);
        var value = Find(member, name);
        return isScore ? value is double score && double.IsFinite(score) ? PopulationWords.Score(score) : "" : PopulationWords.Value(value);
    }

    /// <summary>What a condition would compare, but for settings that are no part of the member: a default that had no effect is not shown.</summary>
    internal static object? Find(PopulationMember member, string name) =>
        name.Contains('.') && !member.Card.Factors.Any(factor => factor.Name == name) ? Effective(member, name) : MemberFilter.Find(member, PopulationWords.LastEpoch(member), name);

    static object? Effective(PopulationMember member, string path)
    {
        var node = member.Card.Effective;
        foreach (var part in path.Split('.')) node = (node as System.Text.Json.Nodes.JsonObject)?[part];
        return node is System.Text.Json.Nodes.JsonValue value ? value.TryGetValue<long>(out var whole) ? whole : value.TryGetValue<double>(out var real) ? real : value.ToString() : null;
    }

    /// <summary>Numbers by size, words by letters; members without a value come last either way.</summary>
    static IReadOnlyList<PopulationMember> Sort(IReadOnlyList<PopulationMember> members, string name, bool down)
    {
        var keyed = members.Select(member => (Member: member, Key: KeyOf(Find(member, name)))).ToList();
        var known = keyed.Where(pair => pair.Key is not null);
        known = down ? known.OrderByDescending(pair => pair.Key!.Value) : known.OrderBy(pair => pair.Key!.Value);
        return [.. known.Concat(keyed.Where(pair => pair.Key is null)).Select(pair => pair.Member)];

        static SortKey? KeyOf(object? value) => value switch
        {
            null => null,
            double real => double.IsFinite(real) ? new(real, "") : null,
            long or int => new(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture), ""),
            _ => new(double.PositiveInfinity, value.ToString() ?? ""),
        };
    }

    readonly record struct SortKey(double Number, string Text) : IComparable<SortKey>
    {
        public int CompareTo(SortKey other) => Number.CompareTo(other.Number) is var order and not 0 ? order : string.CompareOrdinal(Text, other.Text);
    }
}
