using System.Globalization;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>What a task file says beside a metric's name (<c>k: 5</c>, <c>average: macro</c>). Everything must be asked for: an option that no one knows is refused.</summary>
sealed class MetricOptions(string metric, IReadOnlyDictionary<string, object?>? options)
{
    readonly HashSet<string> _asked = [];

    public string Metric => metric;

    public int Whole(string name, int otherwise, int least, int most)
    {
        if (Find(name) is not { } value) return otherwise;
        var number = value switch { long whole => whole, int whole => whole, double real when real == Math.Floor(real) && Math.Abs(real) < 1e15 => (long)real, _ => throw Wrong(name, "a whole number") };
        return number >= least && number <= most ? (int)number : throw Wrong(name, $"a number from {least} to {most}");
    }

    public double Number(string name, double otherwise, double least, double most)
    {
        if (Find(name) is not { } value) return otherwise;
        var number = value switch { long whole => whole, int whole => whole, double real => real, _ => throw Wrong(name, "a number") };
        return number >= least && number <= most ? number : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
    }

    public bool Flag(string name, bool otherwise = false) => Find(name) switch { null => otherwise, bool flag => flag, _ => throw Wrong(name, "true or false") };

    public string Word(string name, string otherwise, params ReadOnlySpan<string> known)
    {
        if (Find(name) is not { } value) return otherwise;
        if (value is string word && known.Contains(word)) return word;
        throw Wrong(name, string.Join(", ", known.ToArray()));
    }

    public IReadOnlyList<string> Texts(string name) => Find(name) switch
    {
        null => [],
        string one => [one],
        IReadOnlyList<object?> many => [.. many.Select(item => item as string ?? throw Wrong(name, "a list of texts"))],
        _ => throw Wrong(name, "a list of texts"),
    };

    /// <exception cref="EvaluationException">An option was given that nothing asked for.</exception>
    public void Close()
    {
        if (options?.Keys.FirstOrDefault(key => !_asked.Contains(key)) is { } unknown)
            throw new EvaluationException($"The metric '{metric}' has no option '{unknown}'{(_asked.Count == 0 ? "" : $"; it has {string.Join(", ", _asked.Order())}")}.");
    }

    object? Find(string name)
    {
        _asked.Add(name);
        return options is not null && options.TryGetValue(name, out var value) ? value : null;
    }

    EvaluationException Wrong(string name, string wanted) => new($"The option '{name}' of the metric '{metric}' must be {wanted}.");
}
