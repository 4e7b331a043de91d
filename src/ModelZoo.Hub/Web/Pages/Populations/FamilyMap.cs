using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Analyses;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>
/// One family by its own principal directions. They follow from the distances between its members, which the analysis of weights left in the commit:
/// what the page draws is what principal components of these members' weights alone would give, and no weight is read for it.
/// </summary>
/// <param name="Rows">Its members with their coordinates along the directions of the family.</param>
/// <param name="Left">Members that are not drawn.</param>
sealed record FamilyMap(IReadOnlyList<ComponentRow> Rows, IReadOnlyList<double> Explained, double ParticipationRatio, int Left)
{
    const int Directions = 10;

    /// <summary>More would take long: the time grows with the cube.</summary>
    const int MostMembers = 120;

    /// <summary>Beyond it a square is no number any more. The tables may be anybody's.</summary>
    const double MaxDistance = 1e100;

    static readonly ConditionalWeakTable<PairTable, ConcurrentDictionary<(string, string, int), FamilyMap?>> s_known = [];

    /// <summary>Null where distances between its members are missing, or there are too few for a direction.</summary>
    public static FamilyMap? Of(string family, IReadOnlyList<ComponentRow> rows, PairTable? distances) =>
        distances is null || rows.Count < 3 ? null : s_known.GetOrCreateValue(distances).GetOrAdd((family, rows[0].Group, rows.Count), _ => Make(rows, distances));

    static FamilyMap? Make(IReadOnlyList<ComponentRow> all, PairTable distances)
    {
        var known = all.Where(row => distances.PlaceOf(row.Member) is not null).DistinctBy(row => row.Member).ToList();
        var rows = PopulationWords.Evenly(known, MostMembers);
        if (rows.Count < 3) return null;
        var square = new double[rows.Count, rows.Count];
        for (var i = 0; i < rows.Count; i++)
            for (var j = 0; j < i; j++)
            {
                var distance = distances.Find(distances.PlaceOf(rows[i].Member)!.Value, distances.PlaceOf(rows[j].Member)!.Value);
                if (!(distance is >= 0 and <= MaxDistance)) return null;
                square[i, j] = square[j, i] = distance;
            }
        var components = PrincipalComponents.OfDistances(square, Math.Min(Directions, rows.Count - 1));
        if (components.Coordinates.Any(row => row.Any(value => !double.IsFinite(value)))) return null;
        return new([.. rows.Select((row, i) => row with { Coordinates = components.Coordinates[i] })], [.. components.Explained.Take(Math.Min(Directions, rows.Count - 1))], components.ParticipationRatio, all.Count - rows.Count);
    }
}
