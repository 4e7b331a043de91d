using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Pages.Catalogue;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A group on the map in numbers.</summary>
public sealed record MapGroupLine(string Name, Href? Members, int Count, string Across, string Up, string Spread);

/// <summary>Members by the principal directions of their last states.</summary>
public sealed record MapView(MapPlot Map, ScreePlot? Scree, IReadOnlyList<MapGroupLine> Groups, IReadOnlyList<LinkChoice> Choices, string? Remark)
{
    const int MostPoints = 400;
    const int MostGroups = 18;

    internal static MapView? Of(PopulationLinks links, IReadOnlyList<PopulationMember> members, ComponentTable? table, FigureNode weights, IQueryCollection query)
    {
        if (table is null || table.Rows.Count == 0) return null;
        var shapes = table.Rows.GroupBy(row => row.Group).OrderByDescending(group => group.Count()).Take(8).ToList();
        var shape = shapes.FirstOrDefault(group => group.Key == Asked("group")) ?? shapes[0];
        var rows = PopulationWords.Evenly([.. shape.Where(row => row.Coordinates.Count > 0)], MostPoints);
        var directions = Math.Max(1, rows.Min(row => row.Coordinates.Count));
        var across = Direction("x", 0);
        var up = Direction("y", Math.Min(1, directions - 1));
        var known = members.ToDictionary(member => member.Id, StringComparer.Ordinal);
        var facts = PivotView.FactsOf(members).Where(fact => fact != "parent").Take(10).ToList();
        var by = facts.FirstOrDefault(fact => fact == Asked("by"));
        var named = rows.Select(row => (Row: row, Group: by is null ? row.Family : known.TryGetValue(row.Member, out var member) ? MemberListView.Find(member, by) : null)).ToList();
        var levels = by is null ? [.. named.Select(each => (string)each.Group!).Distinct()] : PopulationWords.Levels(named.Select(each => each.Group).Where(value => value is not null));
        var shown = levels.Take(MostGroups).ToList();
        var points = named.Select(each => new MapPoint(each.Row.Member, each.Row.Coordinates[across], each.Row.Coordinates[up], shown.IndexOf(by is null ? (string)each.Group! : PopulationWords.Value(each.Group)))).ToList();
        var figures = weights["groups"].Items.FirstOrDefault(item => $"{item["group"].Count}" == shape.Key);
        var shares = figures["explained"].Numbers;
        var finding = $"{Quantity.Of(points.Count, "member")} by directions {across + 1} and {up + 1} of their last weights{(shares.Count > Math.Max(across, up) ? $", which explain {Amount.Percent(shares[across])} and {Amount.Percent(shares[up])} of the variance" : "")}; marks tell {(by is null ? Quantity.Of(levels.Count, "family", "families") : by)} apart.";
        return new(
            new(finding, Axis(across), Axis(up), [.. shown.Select(PopulationWords.Short)], points),
            shares.Count == 0 ? null : new($"The first {Quantity.Of(shares.Count, "direction")} explain {Amount.Percent(shares.Sum())} of the variance, in per cent each{(figures["participation_ratio"].Number is { } ratio ? $"; the participation ratio is {Amount.Plain(ratio)}" : "")}.", shares),
            [.. shown.Select((name, i) => Line(name, [.. points.Where(point => point.Group == i)]))],
            [
                new("Colour by", [Choose("family", by is null, ("by", null)), .. facts.Select(fact => Choose(fact, fact == by, ("by", fact)))]),
                new("Across", [.. Enumerable.Range(1, Math.Min(directions, 6)).Select(k => Choose($"{k}", k == across + 1, ("x", $"{k}")))]),
                new("Up", [.. Enumerable.Range(1, Math.Min(directions, 6)).Select(k => Choose($"{k}", k == up + 1, ("y", $"{k}")))]),
                new("Shapes", [.. shapes.Select(group => Choose($"group {PopulationWords.Short(group.Key)}, {Quantity.Of(group.Count(), "member")}", group.Key == shape.Key, ("group", group.Key)))]),
            ],
            levels.Count > MostGroups ? $"{levels.Count - MostGroups} further groups are drawn faint." : shape.Count() > rows.Count ? $"{rows.Count} of {shape.Count()} members are drawn, taken evenly." : null);

        string? Asked(string name) => query[name].ToString() is { Length: > 0 and <= 300 } text ? text : null;

        int Direction(string name, int otherwise) => int.TryParse(Asked(name), NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k >= 1 && k <= directions ? k - 1 : otherwise;

        string Axis(int k) => $"direction {k + 1}{(shares.Count > k ? $", {Amount.Percent(shares[k])}" : "")}";

        SortLink Choose(string label, bool chosen, (string Name, string? Value) field) =>
            new(label, chosen, links.Page("map", [.. ((string[])["by", "x", "y", "group"]).Where(name => name != field.Name).Select(name => (name, Asked(name))), field]));

        MapGroupLine Line(string name, IReadOnlyList<MapPoint> inside)
        {
            if (inside.Count == 0) return new(PopulationWords.Short(name), null, 0, "–", "–", "–");
            var (x, y) = (inside.Average(point => point.X), inside.Average(point => point.Y));
            var condition = by is null ? PopulationLinks.Condition("parent", name) is { } parent && PopulationLinks.Condition("member", name) is { } self ? $"{parent} or {self}" : null : PopulationLinks.Condition(by, name);
            return new(PopulationWords.Short(name), condition is null ? null : links.Where(condition), inside.Count, Amount.Plain(x), Amount.Plain(y), Amount.Plain(Math.Sqrt(inside.Average(point => Math.Pow(point.X - x, 2) + Math.Pow(point.Y - y, 2)))));
        }
    }
}
