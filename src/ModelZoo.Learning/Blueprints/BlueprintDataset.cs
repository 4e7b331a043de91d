using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

public enum DatasetOrigin { Builtin, Hub, Digest }

/// <summary>A data set that a blueprint names, with an identity that does not depend on the name.</summary>
/// <param name="Source">The builtin's name, <c>owner/dataset@revision</c>, or the SHA-256 of the content.</param>
/// <param name="Args">How a builtin is made, as nested maps; or how pictures of a repository are read: <c>side</c>, <c>channels</c>, <c>config</c>, and the columns <c>image</c> and <c>label</c>.</param>
public sealed record BlueprintDataset(string Name, DatasetOrigin Origin, string Source, IReadOnlyDictionary<string, object?> Args, YamlNode Place)
{
    /// <summary>Largest side of pictures that are read from a repository.</summary>
    public const int MaxSide = 512;

    /// <summary>What goes into the identity of members.</summary>
    public string Id => Origin switch
    {
        DatasetOrigin.Builtin => $"builtin:{Source}{(Args.Count > 0 ? CanonicalJson.Write(Args) : "")}",
        DatasetOrigin.Hub => $"hub:{Source}{(Args.Count > 0 ? CanonicalJson.Write(Args) : "")}",
        _ => $"sha256:{Source}",
    };

    /// <summary>What is known without opening it; null for data that lies elsewhere.</summary>
    public DatasetFacts? KnownFacts => Source switch
    {
        _ when Origin != DatasetOrigin.Builtin => null,
        "glyphs8" => new(Datasets.Glyphs8.Classes, Arg("n") ?? 4096, Arg("side") ?? 8, 1),
        "shapes8" => new(Datasets.Shapes8.Classes, Arg("n") ?? 4096, Arg("side") ?? 8, 1),
        _ => new(Datasets.Digits.Classes, Datasets.Digits.TrainCount, Datasets.Digits.Side, 1),
    };

    public int? Arg(string name) => Args.TryGetValue(name, out var value) && value is long whole ? (int)whole : null;

    public string? ArgText(string name) => Args.GetValueOrDefault(name) as string;

    internal static BlueprintDataset Read(YamlEntry entry)
    {
        if (entry.Value is not YamlMap map) throw entry.Value.Wrong("a data set is a mapping with builtin, hub or sha256.");
        map.AllowOnly("builtin", "args", "hub", "sha256");
        if (map.Entries.Count(each => each.Name != "args") != 1) throw map.Wrong("exactly one of builtin, hub and sha256 says where the data comes from.");
        if (map.TryFind("builtin", out var builtin))
        {
            var name = Text(builtin);
            if (name is not ("glyphs8" or "shapes8" or "digits")) throw builtin.Wrong($"'{name}' is no builtin data set; there are glyphs8, shapes8 and digits.");
            var args = map.Find("args") is { } given ? given as YamlMap ?? throw given.Wrong("args is a mapping.") : new YamlMap(map.Line, map.Key, []);
            if (name == "digits") args.AllowOnly();
            else args.AllowOnly("n", "seed", "side", "val", "test");
            return new(entry.Name, DatasetOrigin.Builtin, name, ReadArgs(args, nested: false), map);
        }
        if (map.TryFind("hub", out var hub)) return new(entry.Name, DatasetOrigin.Hub, Text(hub), ReadHubArgs(map), map);
        if (map.Find("args") is { } unused) throw unused.Wrong("data that is named by its digest takes no arguments.");
        var digest = Text(map.Find("sha256")!);
        if (digest.Length != 64 || !digest.All(char.IsAsciiHexDigitLower)) throw map.Wrong("a SHA-256 has 64 lowercase hexadecimal digits.");
        return new(entry.Name, DatasetOrigin.Digest, digest, new Dictionary<string, object?>(), map);
    }

    static SortedDictionary<string, object?> ReadHubArgs(YamlMap map)
    {
        var args = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        if (map.Find("args") is not { } given) return args;
        if (given is not YamlMap named) throw given.Wrong("args is a mapping.");
        named.AllowOnly("side", "channels", "config", "image", "label");
        foreach (var (_, name, value) in named.Entries)
            args[name] = name switch
            {
                "side" => value is YamlScalar { Value: long and >= 1 and <= MaxSide and var side } ? side : throw value.Wrong($"side lies between 1 and {MaxSide}."),
                "channels" => value is YamlScalar { Value: 1L or 3L } channels ? channels.Value : throw value.Wrong("channels is 1 (grey) or 3 (red, green, blue)."),
                _ => Text(value),
            };
        return args;
    }

    static SortedDictionary<string, object?> ReadArgs(YamlMap map, bool nested)
    {
        var args = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (_, name, value) in map.Entries)
            args[name] = name is "val" or "test" && !nested
                ? value is YamlMap inner ? ReadArgs(Only(inner), nested: true) : throw value.Wrong($"'{name}' is a mapping with n and seed.")
                : value is YamlScalar { Value: long and >= 0 and <= 10_000_000 and var whole } ? whole : throw value.Wrong($"'{name}' must be a whole number from 0 to 10,000,000.");
        if (args.TryGetValue("n", out var n) && n is 0L) throw map.Wrong("a data set needs at least one sample.");
        if (args.TryGetValue("side", out var side) && side is 0L or > 128L) throw map.Wrong("side lies between 1 and 128.");
        return args;

        static YamlMap Only(YamlMap inner)
        {
            inner.AllowOnly("n", "seed");
            return inner;
        }
    }

    static string Text(YamlNode node) => node is YamlScalar { Text.Length: > 0 and <= 300 } scalar ? scalar.Text : throw node.Wrong("a text of at most 300 characters is expected.");
}

/// <summary>What planning needs to know of a data set.</summary>
/// <param name="Image">Side of its square images; null when it has none.</param>
public sealed record DatasetFacts(int Classes, int TrainCount, int? Image, int? Channels);
