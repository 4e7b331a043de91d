namespace ModelZoo.Hub.Web;

/// <summary>What was typed into a form and what was wrong with it. A refused form comes back with both.</summary>
public sealed record FormState
{
    static readonly IReadOnlyDictionary<string, string> s_none = new Dictionary<string, string>();

    public static readonly FormState Empty = new();

    /// <summary>Typed values by field name. Passwords are never among them.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = s_none;

    /// <summary>One sentence per field, shown at the field.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; init; } = s_none;

    /// <summary>What is wrong with the whole, shown above the form.</summary>
    public string? Problem { get; init; }

    public string? Value(string name) => Values.GetValueOrDefault(name);

    public string? Error(string name) => Errors.GetValueOrDefault(name);
}
