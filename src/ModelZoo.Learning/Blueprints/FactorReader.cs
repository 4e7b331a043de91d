using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Reads the factors of a stage.</summary>
static class FactorReader
{
    const int MaxValues = 100_000;

    public static IReadOnlyList<Factor> Read(YamlMap stage)
    {
        if (!stage.TryFind("factors", out var node)) return [];
        if (node is not YamlMap map) throw node.Wrong("factors must be a mapping of names to values.");
        var factors = new List<Factor>();
        foreach (var entry in map.Entries)
        {
            if (entry.Name == "seed") throw entry.Value.Wrong("seeds are given by the stage's 'seeds', not as a factor.");
            factors.Add(Read(entry));
        }
        foreach (var zip in factors.OfType<ZipFactor>())
        {
            var along = factors.Find(factor => factor.Name == zip.Along) as ListFactor ?? throw zip.Place.Wrong($"'{zip.Along}', along which it runs, is no listed factor of this stage.");
            if (along.Values.Count != zip.Values.Count)
                throw zip.Place.Wrong($"it has {zip.Values.Count} values and runs along '{zip.Along}', which has {along.Values.Count}; both need the same number.");
        }
        return factors;
    }

    static Factor Read(YamlEntry entry)
    {
        if (entry.Value is YamlList list) return new ListFactor(entry.Name, list, Values(list));
        if (entry.Value is not YamlMap map) throw entry.Value.Wrong("a factor is a list of values, or a mapping with zip, random or when.");
        if (map.TryFind("zip", out var along))
        {
            map.AllowOnly("zip", "values");
            return new ZipFactor(entry.Name, map, Word(along), Values(Required(map, "values")));
        }
        if (map.TryFind("when", out var when))
        {
            map.AllowOnly("when", "values", "else");
            return new ConditionalFactor(entry.Name, map, when as YamlMap ?? throw when.Wrong("'when' is a mapping of a factor to a value."), Values(Required(map, "values")), map.Find("else"));
        }
        if (map.TryFind("random", out var kind)) return ReadRandom(entry.Name, map, kind);
        throw map.Wrong("a factor is a list of values, or a mapping with zip, random or when.");
    }

    static RandomFactor ReadRandom(string name, YamlMap map, YamlNode kind)
    {
        switch (Word(kind))
        {
            case "uniform": return Range(RandomKind.Uniform);
            case "loguniform":
                var range = Range(RandomKind.LogUniform);
                return range.First > 0 ? range : throw map.Wrong("a logarithmic range begins above 0.");
            case "randint":
                var whole = Range(RandomKind.RandInt);
                return whole.First == Math.Floor(whole.First) && whole.Second == Math.Floor(whole.Second) && whole.Second - whole.First < int.MaxValue - 1
                    ? whole : throw map.Wrong("low and high must be whole numbers less than 2^31 apart.");
            case "normal": return Spread(RandomKind.Normal);
            case "lognormal": return Spread(RandomKind.LogNormal);
            case "choice":
                map.AllowOnly("random", "values");
                return new(name, map, RandomKind.Choice, 0, 0, Values(Required(map, "values")));
            default: throw kind.Wrong("random is one of: uniform, loguniform, normal, lognormal, randint, choice.");
        }

        RandomFactor Range(RandomKind of)
        {
            map.AllowOnly("random", "low", "high");
            var (low, high) = (Number(map, "low"), Number(map, "high"));
            return low <= high ? new(name, map, of, low, high, []) : throw map.Wrong("low lies above high.");
        }

        RandomFactor Spread(RandomKind of)
        {
            map.AllowOnly("random", "mean", "std");
            var (mean, deviation) = (Number(map, "mean"), Number(map, "std"));
            return deviation >= 0 ? new(name, map, of, mean, deviation, []) : throw map.Wrong("std is negative.");
        }
    }

    static double Number(YamlMap map, string name) => Required(map, name) is YamlScalar { Number: { } number } && double.IsFinite(number) ? number : throw map.Wrong($"'{name}' must be a finite number.");

    static YamlNode Required(YamlMap map, string name) => map.Find(name) ?? throw map.Wrong($"'{name}' is missing.");

    static string Word(YamlNode node) => node is YamlScalar { Value: string word } ? word : throw node.Wrong("a word is expected.");

    static IReadOnlyList<YamlNode> Values(YamlNode node)
    {
        if (node is not YamlList list) throw node.Wrong("a list of values is expected.");
        if (list.Items.Count == 0) throw node.Wrong("the list is empty: no member would come of it.");
        if (list.Items.Count > MaxValues) throw node.Wrong($"at most {MaxValues} values are taken.");
        return list.Items;
    }
}
