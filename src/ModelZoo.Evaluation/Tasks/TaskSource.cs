using System.Reflection;
using System.Text;

namespace ModelZoo.Evaluation.Tasks;

/// <summary>Where task files come from: a folder, the shipped suites, files of a commit. Paths have <c>/</c> between folders.</summary>
public interface ITaskSource
{
    /// <summary>All files, in any order.</summary>
    IEnumerable<string> Paths { get; }

    /// <summary>The text of a file; null when there is none.</summary>
    /// <exception cref="EvaluationException">It is too large or no UTF-8.</exception>
    string? Find(string path);
}

/// <summary>Task files in a folder of this machine.</summary>
public sealed class TaskFolder(string folder) : ITaskSource
{
    readonly string _folder = Path.GetFullPath(folder);

    public IEnumerable<string> Paths => Directory.EnumerateFiles(_folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Select(path => Path.GetRelativePath(_folder, path).Replace('\\', '/'));

    public string? Find(string path)
    {
        var file = new FileInfo(Path.Combine(_folder, path));
        if (!file.Exists) return null;
        if (file.Length > TaskYaml.MaxCharacters) throw new EvaluationException($"{path}: it has {file.Length} bytes; at most {TaskYaml.MaxCharacters} are read.");
        return TaskTexts.Decode(path, File.ReadAllBytes(file.FullName));
    }
}

/// <summary>Task files given as texts.</summary>
public sealed class TaskTexts(IReadOnlyDictionary<string, string> texts) : ITaskSource
{
    public IEnumerable<string> Paths => texts.Keys;

    public string? Find(string path) => texts.GetValueOrDefault(path);

    /// <summary>The files that are compiled into an assembly under a prefix of their names.</summary>
    public static TaskTexts Embedded(Assembly assembly, string prefix)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            found[name[prefix.Length..]] = reader.ReadToEnd();
        }
        return new(found);
    }

    internal static string Decode(string path, byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new EvaluationException($"{path}: it is no UTF-8 text.");
        }
    }
}
