using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A group on the map in numbers.</summary>
/// <param name="Zoom">The map of this family alone.</param>
public sealed record MapGroupLine(string Name, Href? Members, Href? Zoom, int Count, string Across, string Up, string Spread);

/// <summary>A member of the family that is shown alone.</summary>
public sealed record MapMemberLine(string Id, Href? Link, string Group, string Across, string Up, string Score);

/// <summary>Members by the principal directions of their last states: all of them, or one family alone.</summary>
/// <param name="Remark">What is left out, or what the directions are not.</param>
public sealed record MapView(MapPlot Map, ScreePlot? Scree, IReadOnlyList<MapGroupLine> Groups, IReadOnlyList<LinkChoice> Choices, string? Remark)
{
    const int MostPoints = 400;
    const int MostGroups = 18;
    const int MostFamilies = 200;
    const int MostListed = 40;
    const int MaxDirections = 10;

    /// <summary>Families that can be shown alone, and all of them together; empty where there is one.</summary>
    public IReadOnlyList<Choice> Families { get; init; } = [];

    /// <summary>The parent of the family that is shown alone.</summary>
    public string? Family { get; init; }

    /// <summary>What the form that chooses a family keeps of the address.</summary>
    public IReadOnlyList<(string Name, string Value)> Kept { get; init; } = [];

    /// <summary>Some members of the family that is shown alone, along the first direction.</summary>
    public IReadOnlyList<MapMemberLine> Members { get; init; } = [];

    /// <summary>All members of that family.</summary>
    public NamedLink? AllMembers { get; init; }

    /// <summary>The split of the scores beside the members.</summary>
    public string? Split { get; init; }

    /// <param name="distances">Between all members; needed for a family alone.</param>
    internal static MapView? Of(PopulationLinks links, IReadOnlyList<PopulationMember> members, ComponentTable? table, PairTable? distances, FigureNode weights, IQueryCollection query)
    {
        if (table is null || table.Rows.Count == 0) return null;
        var shapes = table.Rows.GroupBy(row => row.Group).OrderByDescending(group => group.Count()).Take(8).ToList();
        var shape = shapes.FirstOrDefault(group => group.Key == Asked("group")) ?? shapes[0];
        var families = shape.GroupBy(row => row.Family).Where(group => group.Key.Length > 0 && group.Count() > 1).Take(MostFamilies).ToList();
        var family = families.FirstOrDefault(group => group.Key == Asked("family"))?.Key;
        var rows = PopulationWords.Evenly([.. shape.Where(row => row.Coordinates.Count > 0 && (family is null || row.Family == family || row.Member == family))], MostPoints);
        if (rows.Count == 0) return null;
        var own = family is null ? null : FamilyMap.Of(family, rows, distances);
        if (own is not null) rows = own.Rows;
        var directions = Math.Max(1, rows.Min(row => row.Coordinates.Count));
        var across = Direction("x", 0);
        var up = Direction("y", Math.Min(1, directions - 1));
        var known = members.ToDictionary(member => member.Id, StringComparer.Ordinal);
        var facts = PivotView.FactsOf([.. members.Where(member => family is null || PopulationWords.Family(member) == family)]).Where(fact => fact != "parent").Take(10).ToList();
        var by = facts.FirstOrDefault(fact => fact == Asked("by"));
        var named = rows.Select(row => (Row: row, Group: by is null ? family is null ? row.Family : row.Member == family ? "the parent" : "its children" : known.TryGetValue(row.Member, out var member) ? MemberListView.Find(member, by) : null)).ToList();
        var levels = by is null ? [.. named.Select(each => (string)each.Group!).Distinct()] : PopulationWords.Levels(named.Select(each => each.Group).Where(value => value is not null));
        var shown = levels.Take(MostGroups).ToList();
        var points = named.Select(each => new MapPoint(each.Row.Member, each.Row.Coordinates[across], each.Row.Coordinates[up], shown.IndexOf(by is null ? (string)each.Group! : PopulationWords.Value(each.Group)))).ToList();
        var figures = weights["groups"].Items.FirstOrDefault(item => $"{item["group"].Count}" == shape.Key);
        // Shares of the whole say nothing about a part of it.
        var shares = family is null ? figures["explained"].Numbers : own?.Explained ?? [];
        var of = family is null ? "of their last weights" : own is not null ? $"of the last weights within the family of {PopulationWords.Short(family)} alone" : $"of all members' last weights, and of these only the family of {PopulationWords.Short(family)} at a scale of its own";
        var finding = $"{Quantity.Of(points.Count, "member")} by directions {across + 1} and {up + 1} {of}{(shares.Count > Math.Max(across, up) ? $", which explain {Amount.Percent(shares[across])} and {Amount.Percent(shares[up])} of {(family is null ? "the variance" : "its variance")}" : "")}; marks tell {(by ?? (family is null ? Quantity.Of(levels.Count, "family", "families") : "parent and children"))} apart.";
        var split = PopulationWords.Split(members);
        return new(
            new(finding, Axis(across), Axis(up), [.. shown.Select(PopulationWords.Short)], points),
            shares.Count == 0 ? null : new($"The first {Quantity.Of(shares.Count, "direction")} explain {Amount.Percent(shares.Sum())} of the variance{(family is null ? "" : " within the family")}, in per cent each{((family is null ? figures["participation_ratio"].Number : own!.ParticipationRatio) is { } ratio ? $"; the participation ratio is {Amount.Plain(ratio)}" : "")}.", shares),
            [.. shown.Select((name, i) => Line(name, [.. points.Where(point => point.Group == i)]))],
            [
                new("Colour by", [Choose(family is null ? "family" : "parent and children", by is null, ("by", null)), .. facts.Select(fact => Choose(fact, fact == by, ("by", fact)))]),
                new("Across", [.. Enumerable.Range(1, Math.Min(directions, 6)).Select(k => Choose($"{k}", k == across + 1, ("x", $"{k}")))]),
                new("Up", [.. Enumerable.Range(1, Math.Min(directions, 6)).Select(k => Choose($"{k}", k == up + 1, ("y", $"{k}")))]),
                new("Shapes", [.. shapes.Select(group => Choose($"group {PopulationWords.Short(group.Key)}, {Quantity.Of(group.Count(), "member")}", group.Key == shape.Key, ("group", group.Key), ("family", null)))]),
            ],
            levels.Count > MostGroups ? $"{levels.Count - MostGroups} further groups are drawn faint." : own is { Left: > 0 } || shape.Count(row => family is null || row.Family == family) > rows.Count ? $"{rows.Count} members are drawn, taken evenly." : null)
        {
            Families = families.Count < 2 ? [] : [new("", "all families"), .. families.Select(group => new Choice(group.Key, $"{PopulationWords.Short(group.Key)}, {Quantity.Of(group.Count(), "member")}"))],
            Family = family, Split = split, Kept = [.. ((string[])["by", "group"]).Select(name => (name, Asked(name)!)).Where(field => field.Item2 is not null)],
            Members = family is null ? [] : [.. PopulationWords.Evenly([.. points.OrderBy(point => point.X)], MostListed).Select(Member)],
            AllMembers = family is not null && FamilyCondition(family) is { } condition ? new(Quantity.Of(rows.Count + (own?.Left ?? 0), "member"), links.Where(condition)) : null,
        };

        string? Asked(string name) => query[name].ToString() is { Length: > 0 and <= 300 } text ? text : null;

        int Direction(string name, int otherwise) => int.TryParse(Asked(name), NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k >= 1 && k <= Math.Min(directions, MaxDirections) ? k - 1 : otherwise;

        string Axis(int k) => $"direction {k + 1}{(shares.Count > k ? $", {Amount.Percent(shares[k])}" : "")}";

        SortLink Choose(string label, bool chosen, params (string Name, string? Value)[] fields) =>
            new(PopulationWords.Short(label), chosen, links.Page("map", [.. ((string[])["by", "x", "y", "group", "family"]).Where(name => fields.All(field => field.Name != name)).Select(name => (name, Asked(name))), .. fields]));

        MapGroupLine Line(string name, IReadOnlyList<MapPoint> inside)
        {
            var zoom = family is null && by is null && families.Count > 1 && families.Exists(group => group.Key == name) ? links.Page("map", ("family", name), ("group", Asked("group"))) : (Href?)null;
            if (inside.Count == 0) return new(PopulationWords.Short(name), null, zoom, 0, "–", "–", "–");
            var (x, y) = (inside.Average(point => point.X), inside.Average(point => point.Y));
            var condition = by is not null ? PopulationLinks.Condition(by, name) : family is null ? FamilyCondition(name) : null;
            return new(PopulationWords.Short(name), condition is null ? null : links.Where(condition), zoom, inside.Count, Amount.Plain(x), Amount.Plain(y), Amount.Plain(Math.Sqrt(inside.Average(point => Math.Pow(point.X - x, 2) + Math.Pow(point.Y - y, 2)))));
        }

        MapMemberLine Member(MapPoint point) => new(PopulationWords.Short(point.Name), known.ContainsKey(point.Name) ? links.Member(point.Name) : null, point.Group < 0 ? "" : PopulationWords.Short(shown[point.Group]),
            Amount.Plain(point.X), Amount.Plain(point.Y), split is not null && known.TryGetValue(point.Name, out var member) ? PopulationWords.Score(PopulationWords.LastAccuracy(member, split)) : "–");
    }

    static string? FamilyCondition(string family) => PopulationLinks.Condition("parent", family) is { } parent && PopulationLinks.Condition("member", family) is { } self ? $"{parent} or {self}" : null;
}
