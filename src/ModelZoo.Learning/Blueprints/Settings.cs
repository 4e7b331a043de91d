using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>The settings of a stage or member by dotted path, each with the place where it was asked for.</summary>
public sealed class Settings
{
    readonly Dictionary<string, (object Value, YamlNode? Place)> _values = new(StringComparer.Ordinal);

    public Settings() { }

    public Settings(Settings other) => _values = new(other._values, StringComparer.Ordinal);

    public IEnumerable<string> Paths => _values.Keys.Order(StringComparer.Ordinal);

    /// <summary>What was asked for, or the default; null when there is neither.</summary>
    public object? this[string path] => _values.TryGetValue(path, out var set) ? set.Value : SettingSchema.Rules[path].Default;

    public bool IsSet(string path) => _values.ContainsKey(path);

    public void Set(string path, object value, YamlNode? place = null) => _values[path] = (value, place);

    public void Remove(string path) => _values.Remove(path);

    public int Whole(string path) => checked((int)(long)this[path]!);

    public double Real(string path) => (double)this[path]!;

    public string Word(string path) => (string)this[path]!;

    public bool Flag(string path) => (bool)this[path]!;

    public IReadOnlyList<int> Wholes(string path) => [.. ((object[])this[path]!).Select(value => checked((int)(long)value))];

    public IReadOnlyList<string> Texts(string path) => [.. ((object[])this[path]!).Cast<string>()];

    /// <summary>A refusal that names the line where this was set, or the stage when it was not.</summary>
    public RecipeException Wrong(string path, YamlNode stage, string problem)
    {
        var place = _values.GetValueOrDefault(path).Place ?? stage;
        return new(place.Line, place.Key.EndsWith(path, StringComparison.Ordinal) || place != stage ? place.Key : $"{place.Key}.{path}", problem);
    }

    /// <summary>Everything set, as nested maps. Where a section is named and parts of it are set besides, the name is its <c>name</c>.</summary>
    public SortedDictionary<string, object?> ToMap(Func<string, bool>? which = null)
    {
        var map = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (path, (value, _)) in _values)
        {
            if (which is not null && !which(path)) continue;
            var at = path.IndexOf('.');
            var name = at < 0 ? path : path[..at];
            var there = map.GetValueOrDefault(name);
            if (at < 0 && there is null) map[name] = value;
            else if (at < 0) ((SortedDictionary<string, object?>)there!)["name"] = value;
            else if (there is SortedDictionary<string, object?> section) section[path[(at + 1)..]] = value;
            else
            {
                map[name] = section = new(StringComparer.Ordinal) { [path[(at + 1)..]] = value };
                if (there is not null) section["name"] = there;
            }
        }
        return map;
    }

    /// <summary>Whether a setting has its default value, so that it need not be said.</summary>
    public bool IsDefault(string path) => CanonicalJson.Write(this[path]) == CanonicalJson.Write(SettingSchema.Rules[path].Default);
}
