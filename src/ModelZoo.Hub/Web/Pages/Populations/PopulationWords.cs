using System.Globalization;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Numbers and names of populations as pages say them.</summary>
static class PopulationWords
{
    const int MostCharacters = 60;

    /// <summary>Three decimals, as the field prints accuracies; powers of ten where zeros would be counted.</summary>
    public static string Score(double? value) => value is not { } number || !double.IsFinite(number) ? "–"
        : Math.Abs(number) switch { 0 => "0", < 0.0005 or >= 1e5 => number.ToString("0.##e0", CultureInfo.InvariantCulture), >= 10 => number.ToString("0.0", CultureInfo.InvariantCulture), _ => number.ToString("0.000", CultureInfo.InvariantCulture) };

    /// <summary>A change, with its sign.</summary>
    public static string Change(double? value) => value is not { } number || !double.IsFinite(number) ? "–" : number < 0 ? "−" + Score(-number) : "+" + Score(number);

    /// <summary>What a factor or a fact says, shortened.</summary>
    public static string Value(object? value) => value switch
    {
        null => "",
        string text => Short(text),
        bool flag => flag ? "true" : "false",
        double real => double.IsFinite(real) ? Real(real) : "",
        IFormattable whole => whole.ToString(null, CultureInfo.InvariantCulture),
        _ => Short(value.ToString() ?? ""),
    };

    static string Real(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Short(string text) => text.Length <= MostCharacters ? text : text[..MostCharacters] + "…";

    /// <summary>Names of members without the tail of their hash, where the beginning is enough to tell them apart.</summary>
    public static string Id(string id) => Short(id);

    /// <summary>min, quartiles and max of what is finite; empty where nothing is. By linear interpolation, as analyses do it.</summary>
    public static IReadOnlyList<double> Quartiles(IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0 ? [] : [.. new[] { 0, 0.25, 0.5, 0.75, 1 }.Select(share => At(sorted, share))];
    }

    public static double At(double[] sorted, double share)
    {
        var rank = share * (sorted.Length - 1);
        var low = (int)rank;
        return low + 1 < sorted.Length ? sorted[low] + (rank - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
    }

    /// <summary>A member's last epoch that was measured.</summary>
    public static int LastEpoch(PopulationMember member) => member.Records.Count > 0 ? member.Records[^1].Epoch : member.LastEpoch ?? 0;

    /// <summary>The split that says most about a member: test, else val, else what there is.</summary>
    public static string? Split(IEnumerable<PopulationMember> members)
    {
        var names = MemberTable.SplitNames(members);
        return names.Contains("test") ? "test" : names.Contains("val") ? "val" : names.Count > 0 ? names[0] : null;
    }

    public static double? LastAccuracy(PopulationMember member, string split) => member.Accuracy(LastEpoch(member), split) is { } value && double.IsFinite(value) ? value : null;

    /// <summary>Who shares a parent is a family; a member from nothing founds its own.</summary>
    public static string Family(PopulationMember member) => member.Card.ParentId ?? member.Id;

    /// <summary>Takes evenly when there are too many to draw.</summary>
    public static IReadOnlyList<T> Evenly<T>(IReadOnlyList<T> all, int most) => all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)])];

    /// <summary>Values of a fact in their order: numbers by size, words by letters.</summary>
    public static IReadOnlyList<string> Levels(IEnumerable<object?> values) =>
        [.. values.Select(value => (Number: value is string or bool or null ? double.NaN : Convert.ToDouble(value, CultureInfo.InvariantCulture), Text: Value(value))).DistinctBy(pair => pair.Text)
            .OrderBy(pair => double.IsNaN(pair.Number)).ThenBy(pair => pair.Number).ThenBy(pair => pair.Text, StringComparer.Ordinal).Select(pair => pair.Text)];
}
