using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Cards;

/// <summary>One value of a metadata block, as YAML 1.2's core schema reads it. The exact text of a scalar is kept.</summary>
abstract record CardValue
{
    /// <summary>The text of a scalar as written (without quotes); null for null, lists and mappings.</summary>
    public string? Text => this is CardScalar { Kind: not ScalarKind.Null } scalar ? scalar.Raw : null;

    public CardValue? this[string key] => this is CardMap map ? map.Find(key) : null;

    public IReadOnlyList<CardValue> Items => this is CardList list ? list.Values : [];

    /// <summary>The number a scalar says; null when it is no finite number.</summary>
    public double? Number =>
        this is CardScalar { Kind: ScalarKind.Integer or ScalarKind.Real } scalar
        && double.TryParse(scalar.DecimalText, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : null;

    /// <summary>Null for a YAML null, as JSON has it.</summary>
    public abstract JsonNode? ToJson();
}

enum ScalarKind { Text, Integer, Real, Boolean, Null }

/// <param name="Raw">The text as written, quotes and escapes resolved.</param>
/// <param name="IsPlain">True when it was written without quotes.</param>
sealed record CardScalar(string Raw, ScalarKind Kind, bool IsPlain = true) : CardValue
{
    /// <summary>A number in decimal digits: 0x1f and 0o17 are converted, everything else is as written.</summary>
    public string DecimalText =>
        Kind == ScalarKind.Integer && Raw.Length is > 2 and <= 18 && Raw[0] == '0' && Raw[1] is 'x' or 'o'
            ? Convert.ToInt64(Raw[2..], Raw[1] == 'x' ? 16 : 8).ToString(CultureInfo.InvariantCulture)
            : Raw;

    public override JsonNode? ToJson() => Kind switch
    {
        ScalarKind.Null => null,
        ScalarKind.Boolean => JsonValue.Create(Raw[0] is 't' or 'T'),
        ScalarKind.Integer or ScalarKind.Real => NumberNode() ?? JsonValue.Create(Raw),
        _ => JsonValue.Create(Raw),
    };

    /// <summary>Keeps the digits as written where JSON's grammar allows it, so that 1.10 stays 1.10.</summary>
    JsonNode? NumberNode()
    {
        var text = DecimalText.TrimStart('+');
        var negative = text.StartsWith('-');
        if (negative) text = text[1..];
        text = text.TrimStart('0');
        if (text.Length == 0 || text[0] is '.' or 'e' or 'E') text = "0" + text;
        text = text.Replace(".e", ".0e", StringComparison.OrdinalIgnoreCase);
        if (text.EndsWith('.')) text += "0";
        foreach (var c in text)
            if (!char.IsAsciiDigit(c) && c is not ('.' or 'e' or 'E' or '+' or '-')) return null;   // .inf and .nan have no JSON number
        return JsonNode.Parse(negative ? "-" + text : text);
    }
}

sealed record CardList(IReadOnlyList<CardValue> Values) : CardValue
{
    public override JsonNode ToJson() => new JsonArray([.. Values.Select(value => value.ToJson())]);
}

/// <summary>A mapping in the order of the file; keys are unique.</summary>
sealed record CardMap : CardValue
{
    public static readonly CardMap Empty = new([]);

    readonly Dictionary<string, CardValue> _byKey;

    public CardMap(IReadOnlyList<KeyValuePair<string, CardValue>> entries)
    {
        Entries = entries;
        _byKey = new(entries, StringComparer.Ordinal);
    }

    public IReadOnlyList<KeyValuePair<string, CardValue>> Entries { get; }

    public CardValue? Find(string key) => _byKey.GetValueOrDefault(key);

    public override JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (key, value) in Entries) json[key] = value.ToJson();
        return json;
    }
}
