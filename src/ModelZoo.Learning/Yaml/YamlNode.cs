using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ModelZoo.Learning.Yaml;

/// <summary>A value of a recipe, with its place in the text.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Key">Dotted path from the root.</param>
public abstract record YamlNode(int Line, string Key)
{
    /// <summary>How a message shows it.</summary>
    public abstract string Shown { get; }

    public RecipeException Wrong(string problem) => new(Line, Key, problem);
}

/// <summary>A single value. <see cref="Value"/> is null, bool, long, double or string, as the core schema of YAML 1.2 says.</summary>
public sealed record YamlScalar(int Line, string Key, string Text, object? Value) : YamlNode(Line, Key)
{
    public override string Shown => Value is null ? "null" : Text;

    public double? Number => Value switch { long whole => whole, double real => real, _ => null };

    internal static object? Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        ".inf" or ".Inf" or ".INF" or "+.inf" => double.PositiveInfinity,
        "-.inf" or "-.Inf" or "-.INF" => double.NegativeInfinity,
        ".nan" or ".NaN" or ".NAN" => double.NaN,
        _ => ResolveNumber(text),
    };

    static object ResolveNumber(string text)
    {
        if (!(char.IsAsciiDigit(text[^1]) || text[^1] == '.') || !text.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E')) return text;
        if (!text.AsSpan().ContainsAny(".eE") && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : text;
    }
}

public sealed record YamlList(int Line, string Key, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Key)
{
    public override string Shown => $"[{string.Join(", ", Items.Select(item => item.Shown))}]";
}

public sealed record YamlMap(int Line, string Key, IReadOnlyList<YamlEntry> Entries) : YamlNode(Line, Key)
{
    public override string Shown => $"{{{string.Join(", ", Entries.Select(entry => $"{entry.Name}: {entry.Value.Shown}"))}}}";

    public YamlNode? Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name)?.Value;

    public bool TryFind(string name, [NotNullWhen(true)] out YamlNode? value) => (value = Find(name)) is not null;

    /// <exception cref="RecipeException">A key is none of the known ones.</exception>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (var entry in Entries)
            if (!names.Contains(entry.Name))
                throw new RecipeException(entry.Line, entry.Value.Key, $"unknown key '{entry.Name}'; known here: {string.Join(", ", names.ToArray())}.");
    }
}

public sealed record YamlEntry(int Line, string Name, YamlNode Value);
