using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Datasets;

namespace ModelZoo.Learning.Populations;

/// <summary>What is analysed.</summary>
/// <param name="Members">Those that keep a state.</param>
/// <param name="Data">The data a member was trained on; null where it is not at hand, and then nothing about behaviour is said.</param>
public sealed record AnalysisInput(Population Population, IReadOnlyList<PopulationMember> Members, Func<PopulationMember, ImageSplits?> Data)
{
    /// <summary>Members whose every pair is looked at; of more, so many are taken evenly, and the summary says so.</summary>
    public const int MostPaired = 500;

    /// <summary>Who shares a parent is a family; a member from nothing founds its own.</summary>
    public static string FamilyOf(PopulationMember member) => member.Card.ParentId ?? member.Id;

    /// <summary>The stage in which the member's ancestor was trained.</summary>
    public string OriginOf(PopulationMember member) => Population.Find(member.Card.RootId)?.Card.Stage ?? member.Card.Stage;

    public static IReadOnlyList<T> Evenly<T>(IReadOnlyList<T> all, int most) => all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)])];

    /// <summary>The epoch a child began from.</summary>
    public static int? StartOf(PopulationMember child, PopulationMember parent) => child.Card.ParentEpoch ?? BestOf(parent);

    /// <summary>The epoch of best validation accuracy, the earliest of equals; the last where nothing was validated.</summary>
    public static int? BestOf(PopulationMember member) =>
        member.Records.Where(record => record.Find("val") is not null).OrderByDescending(record => record.Find("val")!.Correct).ThenBy(record => record.Epoch).Select(record => (int?)record.Epoch).FirstOrDefault() ?? member.LastEpoch;
}

/// <summary>One analysis: its headline figures and its tables.</summary>
public sealed record AnalysisPart(string Name, JsonObject Summary, IReadOnlyList<PopulationFile> Files)
{
    public static PopulationFile Table(string name, IEnumerable<IReadOnlyList<string>> rows) => new($"{PopulationLayout.Analyses}/{name}.csv", Encoding.UTF8.GetBytes(CsvText.Write(rows)));

    public static JsonNode? Number(double? value) => JsonText.Of(value);

    /// <summary>min, quartiles and max, by linear interpolation.</summary>
    public static JsonArray Quartiles(IEnumerable<double> values)
    {
        var sorted = values.Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0 ? [] : [.. new[] { 0, 0.25, 0.5, 0.75, 1 }.Select(q =>
        {
            var rank = q * (sorted.Length - 1);
            var low = (int)rank;
            return (JsonNode)(low + 1 < sorted.Length ? sorted[low] + (rank - low) * (sorted[low + 1] - sorted[low]) : sorted[low]);
        })];
    }

    public static double? Mean(IReadOnlyCollection<double> values) => values.Count > 0 ? values.Average() : null;

    public static double Deviation(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }
}
