namespace ModelZoo.Inference.Templates;

/// <summary>What a name, attribute or item that is not there gives.</summary>
/// <param name="isLenient">Empty even where names must be defined: an inline if without its else.</param>
sealed class Undefined(string what, bool isLenient = false)
{
    public bool IsLenient { get; } = isLenient;

    public string What { get; } = what;
}

/// <summary>Values in round brackets: a list that cannot change and shows itself otherwise.</summary>
sealed class TemplateTuple(IReadOnlyList<object?> items) : IReadOnlyList<object?>
{
    public int Count => items.Count;

    public object? this[int index] => items[index];

    public IEnumerator<object?> GetEnumerator() => items.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => items.GetEnumerator();
}

/// <summary>A mapping that a template wrote; keys are texts, numbers or flags, and stay in order.</summary>
sealed class TemplateMap
{
    readonly List<KeyValuePair<object, object?>> _pairs = [];
    readonly Dictionary<object, int> _places = new(KeyComparer.Instance);

    public int Count => _pairs.Count;

    public IReadOnlyList<KeyValuePair<object, object?>> Pairs => _pairs;

    public void Set(object key, object? value)
    {
        if (_places.TryGetValue(key, out var place)) _pairs[place] = new(_pairs[place].Key, value);
        else
        {
            _places.Add(key, _pairs.Count);
            _pairs.Add(new(key, value));
        }
    }

    public bool TryGet(object key, out object? value)
    {
        var found = _places.TryGetValue(key, out var place);
        value = found ? _pairs[place].Value : null;
        return found;
    }

    /// <summary>Python's: 1, 1.0 and True are one key.</summary>
    sealed class KeyComparer : IEqualityComparer<object>
    {
        public static KeyComparer Instance { get; } = new();

        public new bool Equals(object? x, object? y) => object.Equals(Plain(x), Plain(y));

        public int GetHashCode(object value) => Plain(value)!.GetHashCode();

        static object? Plain(object? key) => key switch
        {
            bool flag => flag ? 1L : 0L,
            double number when Math.Floor(number) == number && Math.Abs(number) < 9e15 => (long)number,
            _ => key,
        };
    }
}

/// <summary>What <c>namespace()</c> makes: the one thing that a loop may change for what stands outside.</summary>
sealed class TemplateNamespace
{
    public Dictionary<string, object?> Fields { get; } = new(StringComparer.Ordinal);
}

/// <summary>What a filter such as <c>select</c> gives: it can be gone through once, is always true and has no length.</summary>
sealed class TemplateGenerator(List<object?> items)
{
    List<object?>? _items = items;

    public List<object?> Take()
    {
        var items = _items ?? [];
        _items = null;
        return items;
    }
}

/// <summary>What <c>items()</c>, <c>keys()</c> and <c>values()</c> give.</summary>
sealed class TemplateView(string name, IReadOnlyList<object?> items)
{
    public string Name { get; } = name;

    public IReadOnlyList<object?> Items { get; } = items;
}

/// <summary>Something that can be called: a macro, a method of a value, a function.</summary>
delegate object? TemplateFunction(TemplateRun run, TemplateCall call);

/// <summary>The arguments of a call, by place and by name.</summary>
sealed class TemplateCall(int line, string name, IReadOnlyList<object?> arguments, IReadOnlyList<KeyValuePair<string, object?>> named)
{
    public int Line { get; } = line;

    public string Name { get; } = name;

    public IReadOnlyList<object?> Arguments { get; } = arguments;

    public IReadOnlyList<KeyValuePair<string, object?>> Named { get; } = named;

    public TemplateException Wrong(string reason) => new(TemplateFault.Value, Line, Name, reason);

    public TemplateException Unsupported(string reason) => new(TemplateFault.Unsupported, Line, Name, reason);

    /// <summary>Refuses arguments beyond those that are known.</summary>
    public TemplateCall Takes(params ReadOnlySpan<string> names)
    {
        if (Arguments.Count > names.Length) throw Wrong($"it takes at most {names.Length} arguments.");
        foreach (var pair in Named)
        {
            var at = names.IndexOf(pair.Key);
            if (at < 0) throw Wrong($"it has no argument '{pair.Key}'.");
            if (at < Arguments.Count) throw Wrong($"the argument '{pair.Key}' is given twice.");
        }
        return this;
    }

    public bool TryFind(int place, string name, out object? value)
    {
        value = null;
        if (place >= 0 && place < Arguments.Count)
        {
            value = Arguments[place];
            return true;
        }
        foreach (var pair in Named)
        {
            if (pair.Key != name) continue;
            value = pair.Value;
            return true;
        }
        return false;
    }

    public object? Get(int place, string name) => TryFind(place, name, out var value) ? value : throw Wrong($"the argument '{name}' is missing.");

    public string Text(int place, string name, string otherwise) => FindText(place, name) ?? otherwise;

    public string GetText(int place, string name) => Get(place, name) as string ?? throw Wrong($"'{name}' must be a text.");

    public string? FindText(int place, string name) => !TryFind(place, name, out var value) || value is null ? null : value as string ?? throw Wrong($"'{name}' must be a text.");

    public long Whole(int place, string name, long otherwise) => !TryFind(place, name, out var value) || value is null ? otherwise
        : value switch
        {
            long number => number,
            bool flag => flag ? 1 : 0,
            _ => throw Wrong($"'{name}' must be a whole number."),
        };

    public bool Flag(TemplateRun run, int place, string name, bool otherwise) => TryFind(place, name, out var value) ? run.IsTrue(value, Line) : otherwise;
}
