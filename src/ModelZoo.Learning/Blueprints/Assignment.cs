using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Values given to the factors of one member.</summary>
static class Assignment
{
    /// <summary>Writes a factor's value into the settings it addresses.</summary>
    public static void Apply(string factor, YamlNode value, Settings into, IReadOnlyDictionary<string, BlueprintDataset> datasets, IReadOnlyDictionary<string, Settings> architectures)
    {
        if (value is YamlMap bundle)
        {
            if (bundle.Entries.Count == 0) throw bundle.Wrong("the bundle sets nothing.");
            foreach (var entry in bundle.Entries) Set(PathOf(entry.Name, factor, entry.Value), entry.Value);
        }
        else Set(PathOf(factor, null, value), value);

        void Set(string path, YamlNode node)
        {
            var read = SettingSchema.Rules[path].Read(node);
            if (path == "dataset" && !datasets.ContainsKey((string)read)) throw node.Wrong($"there is no data set '{read}'; known: {string.Join(", ", datasets.Keys)}.");
            if (path == "architecture" && !architectures.ContainsKey((string)read)) throw node.Wrong($"there is no architecture '{read}'; known: {string.Join(", ", architectures.Keys)}.");
            into.Set(path, read, node);
        }
    }

    /// <summary>The setting a key addresses.</summary>
    public static string PathOf(string key, string? factor, YamlNode place)
    {
        // `head: mlp` says the kind of the head, `objective: contrastive` that of the objective.
        if (factor is null && key is "head" or "objective") return $"{key}.kind";
        var found = SettingSchema.Find(key, factor);
        return found.Count switch
        {
            1 => found[0],
            0 => throw place.Wrong($"'{key}' is no setting."),
            _ => throw place.Wrong($"'{key}' is ambiguous: {string.Join(" or ", found)}."),
        };
    }
}
