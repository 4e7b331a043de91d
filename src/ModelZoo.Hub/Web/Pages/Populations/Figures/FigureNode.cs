using System.Text.Json;

namespace ModelZoo.Hub.Web.Pages.Populations.Figures;

/// <summary>A place in a file of figures that anybody may have written: what is missing or of another kind reads as nothing, and lists have an end.</summary>
readonly struct FigureNode(JsonElement? element)
{
    /// <summary>Entries of a list or object that are looked at.</summary>
    const int MostEntries = 2_000;

    const int MostCharacters = 300;

    public static readonly FigureNode Nothing = new(null);

    public bool Exists => element is not null;

    public FigureNode this[string name] => element is { ValueKind: JsonValueKind.Object } at && at.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? new(value) : Nothing;

    /// <summary>A finite number.</summary>
    public double? Number => element is { ValueKind: JsonValueKind.Number } at && at.TryGetDouble(out var value) && double.IsFinite(value) ? value : null;

    /// <summary>A number of things.</summary>
    public long? Count => element is { ValueKind: JsonValueKind.Number } at && at.TryGetInt64(out var value) && value >= 0 ? value : null;

    public string? Text => element is { ValueKind: JsonValueKind.String } at && at.GetString() is { } text ? text.Length > MostCharacters ? text[..MostCharacters] + "…" : text : null;

    public IEnumerable<FigureNode> Items => element is { ValueKind: JsonValueKind.Array } at ? at.EnumerateArray().Take(MostEntries).Select(item => new FigureNode(item)) : [];

    public IEnumerable<(string Name, FigureNode Value)> Fields => element is { ValueKind: JsonValueKind.Object } at
        ? at.EnumerateObject().Take(MostEntries).Select(entry => (entry.Name.Length > MostCharacters ? entry.Name[..MostCharacters] + "…" : entry.Name, new FigureNode(entry.Value))) : [];

    /// <summary>Numbers of a list, when all of them are finite.</summary>
    public IReadOnlyList<double> Numbers => Items.Select(item => item.Number).ToList() is var all && all.TrueForAll(value => value is not null) ? [.. all.Select(value => value!.Value)] : [];

    public static FigureNode Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            return new(document.RootElement.Clone());
        }
        catch (JsonException)
        {
            return Nothing;
        }
    }

    public static FigureNode Parse(string json) => Parse(System.Text.Encoding.UTF8.GetBytes(json));
}
