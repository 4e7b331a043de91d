namespace ModelZoo.Evaluation.Tasks;

/// <summary>A value of a task file with its place.</summary>
abstract record TaskNode(string File, int Line)
{
    /// <summary>As plain values; a function stands as <c>!function name</c>.</summary>
    public object? Plain() => this switch
    {
        TaskScalar scalar => scalar.Value,
        TaskFunction function => $"!function {function.Name}",
        TaskList list => list.Items.Select(item => item.Plain()).ToList(),
        TaskMap map => map.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Plain(), StringComparer.Ordinal),
        _ => null,
    };

    public EvaluationException Wrong(string reason) => new($"{File}, line {Line}: {reason}");
}

/// <param name="Value">A text, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/> or null.</param>
sealed record TaskScalar(string File, int Line, object? Value) : TaskNode(File, Line);

/// <summary>A reference to a Python function, which never runs here.</summary>
sealed record TaskFunction(string File, int Line, string Name) : TaskNode(File, Line);

sealed record TaskList(string File, int Line, IReadOnlyList<TaskNode> Items) : TaskNode(File, Line);

/// <param name="Value">What the key says.</param>
/// <param name="HasOtherKey">The key is a number, flag or nothing: <paramref name="Key"/> is its text.</param>
sealed record TaskEntry(string Key, TaskNode Value, bool HasOtherKey = false);

sealed record TaskMap(string File, int Line, IReadOnlyList<TaskEntry> Entries) : TaskNode(File, Line)
{
    /// <summary>Null where the key is missing or says nothing.</summary>
    public TaskNode? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key)?.Value is { } value && value is not TaskScalar { Value: null } ? value : null;

    public bool Has(string key) => Entries.Any(entry => entry.Key == key);

    public string? FindText(string key) => Find(key) switch
    {
        null => null,
        TaskScalar scalar => PlainValues.Word(scalar.Value),
        { } other => throw other.Wrong($"'{key}' must be a text."),
    };

    public string? FindName(string key) => FindText(key) is { } text ? text.Length is > 0 and <= 512 && !text.AsSpan().ContainsAny('\n', '\r', '\0') ? text : throw Find(key)!.Wrong($"'{key}' must be a name of one line.") : null;

    public long? FindWhole(string key) => Find(key) switch
    {
        null => null,
        TaskScalar { Value: long number } => number,
        { } other => throw other.Wrong($"'{key}' must be a whole number."),
    };

    public double? FindReal(string key) => Find(key) switch
    {
        null => null,
        TaskScalar { Value: long number } => number,
        TaskScalar { Value: double number } when double.IsFinite(number) => number,
        TaskScalar { Value: string text } when Inference.Templates.PythonNumber.TryReal(text, out var number) && double.IsFinite(number) => number,
        { } other => throw other.Wrong($"'{key}' must be a number."),
    };

    public bool? FindFlag(string key) => Find(key) switch
    {
        null => null,
        TaskScalar { Value: bool flag } => flag,
        { } other => throw other.Wrong($"'{key}' must be true or false."),
    };

    public TaskMap? FindMap(string key) => Find(key) switch
    {
        null => null,
        TaskMap map => map,
        { } other => throw other.Wrong($"'{key}' must be a mapping."),
    };

    /// <summary>A list, or one value for a list of one.</summary>
    public IReadOnlyList<TaskNode> FindItems(string key) => Find(key) switch
    {
        null => [],
        TaskList list => list.Items,
        { } one => [one],
    };

    public IReadOnlyList<string> FindTexts(string key) => [.. FindItems(key).Select(item => item is TaskScalar { Value: not null } scalar ? PlainValues.Word(scalar.Value) : throw item.Wrong($"'{key}' must be a list of texts."))];

    /// <summary>Where a key's value stands; the mapping's own line without it.</summary>
    public TaskNode At(string key) => Entries.FirstOrDefault(entry => entry.Key == key)?.Value ?? this;

    /// <summary>These entries, then those of this mapping that they do not have.</summary>
    public TaskMap Under(IEnumerable<TaskEntry> others)
    {
        var entries = Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
        foreach (var other in others) entries[other.Key] = other;
        return this with { Entries = [.. entries.Values] };
    }

    public TaskMap Without(params string[] keys) => this with { Entries = [.. Entries.Where(entry => Array.IndexOf(keys, entry.Key) < 0)] };
}
