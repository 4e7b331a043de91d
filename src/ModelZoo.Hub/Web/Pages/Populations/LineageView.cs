using ModelZoo.Hub.Web.Charts;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A member in the tree with those that began from it, or a soup.</summary>
/// <param name="ChildCount">Members that began from it.</param>
/// <param name="Children">Members, empty where they are only counted; and soups, each below the first of its sources.</param>
public sealed record TreeNode(string Id, Href? Link, string Says, int ChildCount, Href? AllChildren, IReadOnlyList<TreeNode> Children)
{
    /// <summary>What was made of members, in place of a member.</summary>
    public SoupLine? Soup { get; init; }
}

/// <summary>Who descends from whom, as the members record it; and what was made of them, as soups and merges record it.</summary>
/// <param name="Unplaced">Soups whose sources the tree does not name.</param>
public sealed record LineageView(FamilyPlot? Plot, IReadOnlyList<TreeNode> Roots, int Left, bool IsCollapsed, IReadOnlyList<SoupLine> Unplaced)
{
    /// <summary>Above so many members children are counted instead of named.</summary>
    const int MostNamed = 120;

    const int MostRoots = 60;
    const int MostNodes = 250;
    const int MostRows = 24;
    const int MostMarks = 420;
    const int MostSoups = 12;
    const int MaxDepth = 12;

    internal static LineageView Of(PopulationLinks links, IReadOnlyList<PopulationMember> members, IReadOnlyList<SoupLine> soups)
    {
        // A soup has many parents and is drawn once, below the first; it names the others, and they count it.
        var below = soups.Where(soup => soup.Members.Count > 0).ToLookup(soup => soup.Members[0], StringComparer.Ordinal);
        var partOf = soups.SelectMany(soup => soup.Members).CountBy(id => id).ToDictionary(StringComparer.Ordinal);
        var placed = new HashSet<SoupLine>();
        var known = members.Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        var children = members.Where(member => member.Card.ParentId is { } parent && parent != member.Id).ToLookup(member => member.Card.ParentId!, StringComparer.Ordinal);
        // Whose parent is not here begins a family all the same.
        var roots = members.Where(member => member.Card.ParentId is not { } parent || parent == member.Id || !known.Contains(parent)).ToList();
        var strangers = roots.Where(member => member.Card.ParentId is not null && member.Card.ParentId != member.Id).GroupBy(member => member.Card.ParentId!).ToList();
        var isCollapsed = members.Count > MostNamed;
        var split = PopulationWords.Split(members);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var nodes = roots.Where(member => member.Card.ParentId is null || member.Card.ParentId == member.Id).Take(MostRoots).Select(root => Node(root, 0))
            .Concat(strangers.Take(MostRoots).Select(group => new TreeNode(PopulationWords.Short(group.Key), null, "not in this population", group.Count(), Children(group.Key), isCollapsed ? [] : [.. group.Select(member => Node(member, 1))]))).ToList();
        return new(Draw(members, children, roots, split, below), nodes, Math.Max(0, roots.Count - strangers.Sum(group => group.Count()) - MostRoots), isCollapsed, [.. soups.Where(soup => !placed.Contains(soup))]);

        Href? Children(string id) => PopulationLinks.Condition("parent", id) is { } condition ? links.Where(condition) : null;

        TreeNode Node(PopulationMember member, int depth)
        {
            var own = children[member.Id].ToList();
            var first = seen.Add(member.Id);
            // Parents among children, and those that something was made of, are followed even where leaves are only counted.
            var followed = first && depth < MaxDepth && seen.Count < MostNodes ? own.Where(child => !isCollapsed || children.Contains(child.Id) || below.Contains(child.Id)).Take(MostNamed) : [];
            var made = first ? below[member.Id].Where(placed.Add).Select(soup => new TreeNode(soup.Id, soup.Link, soup.Says(split), 0, null, []) { Soup = soup }) : [];
            return new(PopulationWords.Short(member.Id), links.Member(member.Id), Says(member, own, split, partOf.GetValueOrDefault(member.Id)), own.Count, own.Count > 0 ? Children(member.Id) : null, [.. made, .. followed.Select(child => Node(child, depth + 1))]);
        }
    }

    static string Says(PopulationMember member, List<PopulationMember> children, string? split, int soups)
    {
        var words = new List<string> { PopulationWords.Short(member.Card.Stage) };
        if (member.Card.ParentEpoch is { } epoch) words.Add($"from epoch {epoch}");
        if (!member.IsDone) words.Add(PopulationWords.Short(member.Status));
        if (split is not null && PopulationWords.LastAccuracy(member, split) is { } own) words.Add($"{split.Replace('_', ' ')} accuracy {PopulationWords.Score(own)}");
        if (soups > 0) words.Add(Quantity.Of(soups, "model made of it", "models made of it"));
        if (children.Count == 0) return string.Join(", ", words);
        var (done, failed) = (children.Count(child => child.IsDone), children.Count(child => child is { Ending: not null, IsDone: false }));
        words.Add(Quantity.Of(children.Count, "child", "children") + (failed > 0 ? $" ({done} done, {failed} failed)" : done < children.Count ? $" ({done} done)" : ""));
        if (split is not null && PopulationWords.Quartiles(children.Select(child => PopulationWords.LastAccuracy(child, split))) is [var least, _, var median, _, var most]) words.Add($"theirs {PopulationWords.Score(least)} to {PopulationWords.Score(most)}, median {PopulationWords.Score(median)}");
        return string.Join(", ", words);
    }

    static FamilyPlot? Draw(IReadOnlyList<PopulationMember> members, ILookup<string, PopulationMember> children, IReadOnlyList<PopulationMember> roots, string? split, ILookup<string, SoupLine> below)
    {
        var rows = new List<FamilyRow>();
        var most = Math.Max(4, MostMarks / Math.Max(1, Math.Min(MostRows, members.Count(member => children.Contains(member.Id)))));
        var (seen, drawn) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<SoupLine>());
        foreach (var root in roots) Add(root, 0);
        var values = rows.SelectMany(row => row.Children).Select(child => child.Value).OfType<double>().ToList();
        if (rows.Count == 0) return null;
        var scale = LinearScale.Around(values, 0.04, 0, 100);
        var families = roots.Count(root => children.Contains(root.Id));
        return new($"{Quantity.Of(families, "family", "families")}: a square is a parent, a disc on its line a child by {(split ?? "no")} accuracy{(rows.Any(row => row.Children.Any(child => child.IsFailed)) ? ", a cross one that failed" : "")}{(rows.Any(row => row.Children.Any(child => child.IsSoup)) ? ", a diamond a soup" : "")}{(families > MostRows ? $"; the first {MostRows} are drawn" : "")}.", $"{(split ?? "").Replace('_', ' ')} accuracy of children", scale.Low, scale.High, rows);

        void Add(PopulationMember member, int depth)
        {
            if (rows.Count >= MostRows || depth > MaxDepth || !children.Contains(member.Id) || !seen.Add(member.Id)) return;
            var own = children[member.Id].ToList();
            rows.Add(new($"{PopulationWords.Short(member.Id)}, {Quantity.Of(own.Count, "child", "children")}", depth, rows.Count,
                [.. PopulationWords.Evenly(own, most).Select(child => new FamilyChild(PopulationWords.Short(child.Id), split is null ? null : PopulationWords.LastAccuracy(child, split), child is { Ending: not null, IsDone: false })),
                // On the family's line a soup stands beside the members it was made of.
                .. own.Append(member).SelectMany(each => below[each.Id]).Where(soup => soup.Score is not null && drawn.Add(soup)).Take(MostSoups).Select(soup => new FamilyChild($"{soup.Id}, {soup.Kind} of {Quantity.Of(soup.Members.Count, "member")}", soup.Score, false, true))]));
            foreach (var child in own) Add(child, depth + 1);
        }
    }
}
