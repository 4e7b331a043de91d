namespace ModelZoo.Learning;

/// <summary>A recipe (blueprint or merge configuration) cannot be followed. The message names line and key and may be shown to anybody.</summary>
public sealed class RecipeException : Exception
{
    public RecipeException(int line, string key, string problem)
        : base(line > 0 ? $"line {line}, {(key.Length > 0 ? key : "document")}: {problem}" : key.Length > 0 ? $"{key}: {problem}" : problem)
    {
        Line = line;
        Key = key;
    }

    /// <summary>Line of the text, from 1; 0 when the problem has no place.</summary>
    public int Line { get; }

    /// <summary>Dotted path of the key, such as <c>stages[0].train.lr</c>.</summary>
    public string Key { get; }
}
