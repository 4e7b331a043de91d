namespace ModelZoo.Evaluation.Tasks;

/// <summary>Reads task files with what they include.</summary>
sealed class TaskFiles(ITaskSource source)
{
    const int MaxIncludes = 64;

    readonly Dictionary<string, TaskMap> _parsed = new(StringComparer.Ordinal);

    /// <summary>A file with its includes under it; what a file says itself wins.</summary>
    /// <exception cref="EvaluationException">A file is missing, no task file, or includes itself.</exception>
    public TaskMap Read(string path) => Read(path, new HashSet<string>(StringComparer.Ordinal));

    TaskMap Read(string path, HashSet<string> seen)
    {
        if (!seen.Add(path)) throw new EvaluationException($"{path}: it includes itself, or is included twice.");
        if (seen.Count > MaxIncludes) throw new EvaluationException($"{path}: more than {MaxIncludes} files include each other.");
        var own = Parse(path);
        if (!own.Has("include")) return own;
        var merged = new TaskMap(path, own.Line, []);
        foreach (var item in own.FindItems("include"))
        {
            var name = item is TaskScalar { Value: string text } ? text : throw item.Wrong("'include' must name a file.");
            var included = Resolve(path, name) ?? throw item.Wrong($"'{name}' leads out of the folder of the tasks.");
            if (source.Find(included) is null) throw item.Wrong($"there is no file '{name}' to include.");
            merged = merged.Under(Read(included, seen).Without("task_list").Entries);
        }
        return merged.Under(own.Without("include").Entries);
    }

    TaskMap Parse(string path)
    {
        if (_parsed.TryGetValue(path, out var known)) return known;
        return _parsed[path] = TaskYaml.Parse(source.Find(path) ?? throw new EvaluationException($"There is no file '{path}'."), path);
    }

    /// <summary>A path as seen from a file; null where it would leave the root.</summary>
    static string? Resolve(string from, string name)
    {
        if (name.Length == 0 || name.StartsWith('/') || name.Contains('\\') || name.Contains('\0')) return null;
        var parts = from.Split('/').SkipLast(1).ToList();
        foreach (var part in name.Split('/'))
        {
            if (part is "." or "") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) return null;
            else parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }
}
