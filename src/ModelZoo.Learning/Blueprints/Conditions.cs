using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Pairs of factor and value that an assignment may match: in <c>exclude</c>, <c>when</c> and <c>where</c>.</summary>
static class Conditions
{
    /// <summary>Refuses names that are no factor of the stage, and values that no member could have.</summary>
    public static YamlMap Check(YamlMap conditions, IReadOnlyList<Factor> factors)
    {
        if (conditions.Entries.Count == 0) throw conditions.Wrong("an empty condition would match every member.");
        foreach (var (_, name, wanted) in conditions.Entries)
        {
            if (name == "seed") continue;
            var (factor, entry) = Split(name, factors.Select(each => each.Name));
            if (factors.FirstOrDefault(each => each.Name == factor) is not { } found) throw wanted.Wrong($"'{name}' is no factor of this stage; there are {string.Join(", ", factors.Select(each => each.Name))}.");
            var values = found switch { ListFactor list => list.Values, ZipFactor zip => zip.Values, ConditionalFactor c => [.. c.Values, .. c.Else is null ? [] : new[] { c.Else }], _ => null };
            if (values is not null && !values.Any(value => Matches(value, entry, wanted))) throw wanted.Wrong($"no value of the factor '{factor}' is {wanted.Shown}, so nothing would match.");
        }
        return conditions;
    }

    /// <summary>True when every pair holds.</summary>
    public static bool Hold(YamlMap conditions, IReadOnlyList<(string Factor, YamlNode Value)> assigned, ulong? seed, Settings settings) =>
        conditions.Entries.All(pair => Holds(pair.Name, pair.Value, assigned, seed, settings));

    static bool Holds(string name, YamlNode wanted, IReadOnlyList<(string Factor, YamlNode Value)> assigned, ulong? seed, Settings settings)
    {
        if (name == "seed" && seed is not null) return wanted is YamlScalar { Value: long whole } && (ulong)whole == seed;
        var (factor, entry) = Split(name, assigned.Select(each => each.Factor));
        foreach (var (assignedFactor, value) in assigned)
            if (assignedFactor == factor) return Matches(value, entry, wanted);
        // A setting that does not vary.
        var path = Assignment.PathOf(name, null, wanted);
        return CanonicalJson.Write(settings[path]) == CanonicalJson.Write(SettingSchema.Rules[path].Read(wanted));
    }

    /// <summary><c>size.architecture.dim</c> is the entry <c>architecture.dim</c> of the factor <c>size</c>.</summary>
    static (string Factor, string? Entry) Split(string name, IEnumerable<string> factors) =>
        factors.Contains(name) ? (name, null)
        : factors.FirstOrDefault(factor => name.StartsWith(factor + ".", StringComparison.Ordinal)) is { } prefix ? (prefix, name[(prefix.Length + 1)..])
        : (name, null);

    static bool Matches(YamlNode value, string? entry, YamlNode wanted)
    {
        if (wanted is YamlList several) return several.Items.Any(item => Matches(value, entry, item));
        if (entry is not null) return value is YamlMap whole && whole.TryFind(entry, out var part) && Same(part, wanted);
        if (value is YamlMap bundle)
        {
            if (wanted is YamlMap part) return part.Entries.All(pair => bundle.TryFind(pair.Name, out var inner) && Same(inner, pair.Value));
            // A bundle goes by its first entry: `head: mlp` means {kind: mlp, hidden: 64}.
            return bundle.Entries.Count > 0 && Same(bundle.Entries[0].Value, wanted);
        }
        return Same(value, wanted);
    }

    static bool Same(YamlNode one, YamlNode other) => one is YamlScalar a && other is YamlScalar b
        ? a.Number is { } x && b.Number is { } y ? x == y : Equals(a.Value, b.Value)
        : one.Shown == other.Shown;
}
