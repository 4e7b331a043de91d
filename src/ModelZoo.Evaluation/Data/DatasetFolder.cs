using System.Text.RegularExpressions;

namespace ModelZoo.Evaluation.Data;

/// <summary>
/// A dataset's files in a local folder. Splits are found as Hugging Face's library finds them: by folders and words in file names
/// (<c>test.jsonl</c>, <c>data/test-00000-of-00003.parquet</c>, <c>anatomy/dev.csv</c>); a configuration is a folder, or a part of the file's name.
/// </summary>
public sealed partial class DatasetFolder
{
    static readonly string[][] s_aliases = [["train", "training"], ["validation", "valid", "val", "dev"], ["test", "testing", "eval", "evaluation", "t10k"]];

    readonly DataLimits _limits;
    readonly List<DataFile> _files;

    public DatasetFolder(string folder, DataLimits? limits = null)
    {
        _limits = limits ?? DataLimits.Default;
        if (!Directory.Exists(folder)) throw new EvaluationException($"There is no folder '{folder}'.");
        var root = Path.GetFullPath(folder);
        _files = [.. Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 16 }).Take(_limits.MaxFiles + 1)
            .Select(path => new DataFile(Path.GetRelativePath(root, path).Replace('\\', '/'), path))
            .Where(file => !file.Path.Split('/').Any(part => part[0] == '.')).OrderBy(file => file.Path, StringComparer.Ordinal)];
        if (_files.Count > _limits.MaxFiles) throw new EvaluationException($"The dataset has more than {_limits.MaxFiles} files.");
    }

    /// <exception cref="EvaluationException">The folder has no such split; the message says what it has.</exception>
    public DatasetSplit Get(SplitRequest request)
    {
        var files = request.Files is { Count: > 0 } patterns ? [.. patterns.SelectMany(Match).Distinct()] : FindByName(request);
        if (files.Count == 0) throw new EvaluationException($"The dataset has no split '{request.Split}'{(request.Config is { } config ? $" of '{config}'" : "")}; its files are {Names()}.");
        return new(request, files, request.Format ?? FormatOf(files), _limits);
    }

    string Names() => _files.Count == 0 ? "none" : string.Join(", ", _files.Take(8).Select(file => file.Path)) + (_files.Count > 8 ? $" and {_files.Count - 8} more" : "");

    /// <summary>A path, or a pattern with * (within a folder), ** and ?. A file may also lie here compressed, or unpacked.</summary>
    List<DataFile> Match(string pattern)
    {
        pattern = pattern.Replace('\\', '/');
        if (pattern.AsSpan().IndexOfAny('*', '?') < 0)
        {
            var other = pattern.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? pattern[..^3] : pattern + ".gz";
            var file = _files.Find(file => file.Path == pattern) ?? _files.Find(file => file.Path == other);
            if (file is not null) return [file];
            var inFolder = _files.FindAll(file => file.Path.StartsWith(pattern.TrimEnd('/') + "/", StringComparison.Ordinal));
            return inFolder.Count > 0 ? inFolder : throw new EvaluationException($"The dataset has no file '{pattern}'; it has {Names()}.");
        }
        var expression = new Regex($"^{Regex.Escape(pattern).Replace(@"\*\*/", "(.*/)?").Replace(@"\*\*", ".*").Replace(@"\*", "[^/]*").Replace(@"\?", "[^/]")}$", RegexOptions.NonBacktracking);
        var found = _files.FindAll(file => expression.IsMatch(file.Path));
        return found.Count > 0 ? found : throw new EvaluationException($"No file of the dataset matches '{pattern}'; it has {Names()}.");
    }

    List<DataFile> FindByName(SplitRequest request)
    {
        var files = _files.FindAll(file => DataFormats.Find(file.Path) is { } format && (request.Format is null || Fits(format, request.Format.Value)) && Path.GetFileName(file.Path) is not ("README.md" or "LICENSE.txt" or "requirements.txt"));
        if (request.Config is { Length: > 0 } config)
        {
            var own = files.FindAll(file => InFolder(file, config));
            if (own.Count == 0) own = files.FindAll(file => HasWord(Stem(file), config));
            if (own.Count > 0) files = own;
            else if (config != "default") return [];
        }
        var names = s_aliases.FirstOrDefault(group => group.Contains(request.Split)) ?? [request.Split];
        // The most certain sign first: the file's name, its folder, a word of its name.
        Func<DataFile, string, bool>[] signs = [(file, name) => Stem(file) == name, (file, name) => InFolder(file, name), (file, name) => HasWord(Stem(file), name)];
        foreach (var sign in signs)
            foreach (var name in names)
                if (files.FindAll(file => sign(file, name)) is { Count: > 0 } found) return found;
        // Files that name no split are the training data: the only split there is.
        return request.Split == "train" && !files.Exists(file => s_aliases.SelectMany(group => group).Any(name => HasWord(Stem(file), name) || file.Path.Split('/').Contains(name))) ? files : [];
    }

    static bool Fits(DataFormat found, DataFormat wanted) => found == wanted || (wanted == DataFormat.Images && found is DataFormat.Jsonl or DataFormat.Csv);

    /// <summary>The name without its end and the number of the shard.</summary>
    static string Stem(DataFile file)
    {
        var name = Path.GetFileName(file.Path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) name = name[..^3];
        return Shard().Replace(Path.GetFileNameWithoutExtension(name), "");
    }

    static bool InFolder(DataFile file, string name) => file.Path.StartsWith(name + "/", StringComparison.Ordinal) || file.Path.Contains($"/{name}/", StringComparison.Ordinal);

    static bool HasWord(string stem, string word)
    {
        for (var at = stem.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = stem.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
            if (IsEdge(at - 1) && IsEdge(at + word.Length)) return true;
        return false;

        bool IsEdge(int at) => at < 0 || at >= stem.Length || stem[at] is '-' or '_' or '.' or ' ';
    }

    static DataFormat FormatOf(IReadOnlyList<DataFile> files)
    {
        var formats = files.Select(file => DataFormats.Find(file.Path)).OfType<DataFormat>().Distinct().ToList();
        if (formats.Contains(DataFormat.Images)) return DataFormat.Images;
        return formats is [var only] ? only
            : throw new EvaluationException($"The split's files are {(formats.Count == 0 ? "of no known format" : $"of several formats ({string.Join(", ", formats)})")}: {string.Join(", ", files.Take(5).Select(file => file.Path))}. Name the loader in the task.");
    }

    [GeneratedRegex("-[0-9]{5}-of-[0-9]{5}$", RegexOptions.NonBacktracking)]
    private static partial Regex Shard();
}
