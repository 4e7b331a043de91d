using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Means of pairs within and between families, which say in numbers what the matrix shows.</summary>
/// <param name="Means">[family, family]; null where no pair was measured.</param>
public sealed record FamilyTable(IReadOnlyList<string> Names, double?[,] Means, int Left);

/// <summary>A matrix of pairs ordered by lineage.</summary>
public sealed record MatrixView(MatrixPlot Plot, FamilyTable Families, int Members, bool IsCondensed)
{
    /// <summary>Rows that are drawn: of more members, neighbours of one family share a row.</summary>
    public const int MostRows = 48;

    const int MostFamilies = 12;

    /// <param name="family">Only this family, member by member; null for all.</param>
    internal static MatrixView? Of(IReadOnlyList<PopulationMember> members, PairTable? pairs, string measure, string? family)
    {
        if (pairs is null || pairs.Ids.Count < 2) return null;
        var known = members.Select((member, i) => (member, i)).ToDictionary(pair => pair.member.Id, StringComparer.Ordinal);
        string FamilyOf(string id) => known.TryGetValue(id, out var found) ? PopulationWords.Family(found.member) : "unknown members";
        var all = pairs.Ids.Select((id, at) => (Id: id, At: at, Family: FamilyOf(id), Place: known.TryGetValue(id, out var found) ? found.i : int.MaxValue)).ToList();
        // Families in the order of their first member; in each the base first, then its children as the blueprint has them.
        var families = all.GroupBy(each => each.Family).OrderBy(group => group.Min(each => each.Place)).Select(group => (Name: group.Key, Places: group.OrderBy(each => each.Id != group.Key).ThenBy(each => each.Place).Select(each => each.At).ToList()))
            .Where(group => family is null || group.Name == family).ToList();
        if (families.Count == 0) return null;
        var count = families.Sum(group => group.Places.Count);
        var rows = new List<IReadOnlyList<int>>();
        var blocks = new List<MatrixBlock>();
        foreach (var group in families)
        {
            var share = count <= MostRows ? group.Places.Count : Math.Clamp((int)Math.Round((double)MostRows * group.Places.Count / count), 1, group.Places.Count);
            for (var i = 0; i < share; i++) rows.Add(group.Places.GetRange(i * group.Places.Count / share, (i + 1) * group.Places.Count / share - i * group.Places.Count / share));
            blocks.Add(new(PopulationWords.Short(group.Name), share));
        }
        if (rows.Count > 2 * MostRows) (rows, blocks) = Merge(rows);
        var cells = new double[rows.Count, rows.Count];
        for (var i = 0; i < rows.Count; i++)
            for (var j = 0; j <= i; j++) cells[i, j] = cells[j, i] = Mean(pairs, rows[i], rows[j]);
        var finite = cells.Cast<double>().Where(double.IsFinite).ToList();
        if (finite.Count == 0) return null;
        var told = families.Take(MostFamilies).ToList();
        var means = new double?[told.Count, told.Count];
        for (var i = 0; i < told.Count; i++)
            for (var j = 0; j <= i; j++) means[i, j] = means[j, i] = Mean(pairs, told[i].Places, told[j].Places) is var mean && double.IsFinite(mean) ? mean : null;
        var (within, across) = Split(pairs, families);
        var finding = $"{char.ToUpperInvariant(measure[0])}{measure[1..]} of {Quantity.Of(count, "member")} in {Quantity.Of(families.Count, "family", "families")}, ordered by lineage{(within is { } inner ? $": {PopulationWords.Score(inner)} within" : "")}{(across is { } outer ? $", {PopulationWords.Score(outer)} across families" : "")}.";
        return new(new(finding, measure, cells, blocks) { Low = finite.Min(), High = finite.Max() }, new([.. told.Select(group => PopulationWords.Short(group.Name))], means, families.Count - told.Count), count, rows.Exists(row => row.Count > 1));
    }

    /// <summary>More families than rows: neighbours are put together whatever they are.</summary>
    static (List<IReadOnlyList<int>> Rows, List<MatrixBlock> Blocks) Merge(List<IReadOnlyList<int>> rows)
    {
        var merged = Enumerable.Range(0, MostRows).Select(i => (IReadOnlyList<int>)[.. rows.Skip(i * rows.Count / MostRows).Take((i + 1) * rows.Count / MostRows - i * rows.Count / MostRows).SelectMany(row => row)]).ToList();
        return (merged, [new("all", MostRows)]);
    }

    static double Mean(PairTable pairs, IReadOnlyList<int> some, IReadOnlyList<int> others)
    {
        var (sum, count) = (0.0, 0);
        foreach (var a in some)
            foreach (var b in others)
                if (pairs.Find(a, b) is var value && double.IsFinite(value)) (sum, count) = (sum + value, count + 1);
        return count > 0 ? sum / count : double.NaN;
    }

    static (double? Within, double? Across) Split(PairTable pairs, List<(string Name, List<int> Places)> families)
    {
        var familyOf = new int[pairs.Ids.Count];
        Array.Fill(familyOf, -1);
        for (var i = 0; i < families.Count; i++)
            foreach (var at in families[i].Places) familyOf[at] = i;
        var (within, across) = ((Sum: 0.0, Count: 0L), (Sum: 0.0, Count: 0L));
        for (var a = 0; a < familyOf.Length; a++)
            for (var b = 0; b < a; b++)
                if (familyOf[a] >= 0 && familyOf[b] >= 0 && pairs.Find(a, b) is var value && double.IsFinite(value))
                    if (familyOf[a] == familyOf[b]) within = (within.Sum + value, within.Count + 1);
                    else across = (across.Sum + value, across.Count + 1);
        return (within.Count > 0 ? within.Sum / within.Count : null, across.Count > 0 ? across.Sum / across.Count : null);
    }
}
