namespace ModelZoo.Evaluation.Models;

/// <summary>From a model's order of classes to the task's.</summary>
static class LabelOrder
{
    /// <summary>Numbers of classes that names may be.</summary>
    const int MostClasses = 100_000;

    /// <summary>
    /// For each class of the task its place in the model, −1 where the model does not know it; null: the orders agree, or the names of one do not speak of the other. A model
    /// that was tuned on some of the classes has these only, by their names or, where its data had numbers, by their numbers.
    /// </summary>
    public static int[]? Find(IReadOnlyList<string>? wanted, IReadOnlyList<string> given)
    {
        if (given.Count == 0 || (wanted is { Count: > 0 } && given.Count > wanted.Count)) return null;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < given.Count; i++)
            if (!places.TryAdd(Plain(given[i]), i)) return null;
        var order = wanted is { Count: > 0 } ? ByName(wanted, places) ?? ByNumber(wanted.Count, places) : HasGaps(places) ? ByNumber(MostClasses, places) : null;
        return order is null || (order.Length == given.Count && order.Index().All(pair => pair.Index == pair.Item)) ? null : order;
    }

    /// <param name="scores">Probabilities: a class that the model does not know has none.</param>
    public static float[] Apply(int[]? order, float[] scores) => order is null || order.Max() >= scores.Length ? scores : [.. order.Select(from => from < 0 ? 0 : scores[from])];

    /// <summary>Null where the model has a class that the task does not name.</summary>
    static int[]? ByName(IReadOnlyList<string> wanted, Dictionary<string, int> places)
    {
        var order = wanted.Select(name => places.GetValueOrDefault(Plain(name), -1)).ToArray();
        return order.Where(place => place >= 0).Distinct().Count() == places.Count ? order : null;
    }

    /// <summary>Null where a name is no number of a class.</summary>
    static int[]? ByNumber(int count, Dictionary<string, int> places)
    {
        var numbers = places.Select(pair => (Number: NumberOf(pair.Key), Place: pair.Value)).ToList();
        if (numbers.Exists(pair => pair.Number is not { } number || number >= count)) return null;
        var order = new int[count == MostClasses ? numbers.Max(pair => pair.Number!.Value) + 1 : count];
        Array.Fill(order, -1);
        foreach (var (number, place) in numbers) order[number!.Value] = place;
        return order;
    }

    /// <summary>Numbers that follow one another may be names of classes 0, 1 …, whatever they begin with; others are the classes' own.</summary>
    static bool HasGaps(Dictionary<string, int> places) => places.Keys.Select(NumberOf).ToList() is var numbers && numbers.TrueForAll(number => number is not null) && numbers.Max() - numbers.Min() >= numbers.Count;

    static int? NumberOf(string name) => name.Length is > 0 and < 6 && name.All(char.IsAsciiDigit) && (name.Length == 1 || name[0] != '0') ? int.Parse(name, System.Globalization.CultureInfo.InvariantCulture) : null;

    static string Plain(string label) => label.ToLowerInvariant().Replace('_', ' ').Trim();
}

/// <summary>Floats seen as doubles, at half the memory.</summary>
sealed class FloatList(float[] values) : IReadOnlyList<double>
{
    public int Count => values.Length;

    public ReadOnlySpan<float> Values => values;

    public double this[int index] => values[index];

    public IEnumerator<double> GetEnumerator()
    {
        foreach (var value in values) yield return value;
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
