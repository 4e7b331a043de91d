using System.Runtime.CompilerServices;

namespace ModelZoo.Tests.Evaluation;

/// <summary>Evaluation data of others, which lie outside the repository and are read where they are present.</summary>
static class SharedEvaluation
{
    /// <summary>The path of a shared file; skips the test when this machine does not have it.</summary>
    public static string Require(string relativePath, [CallerFilePath] string here = "")
    {
        var roots = new List<string>();
        if (Environment.GetEnvironmentVariable("MODELZOO_SHARED") is { Length: > 0 } set) roots.Add(set);
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder)) roots.Add(Path.Combine(folder, "shared"));
        var path = roots.Select(root => Path.Combine(root, "data", "eval", relativePath)).FirstOrDefault(File.Exists);
        if (path is null) Assert.Skip($"'{relativePath}' is not here: set MODELZOO_SHARED to a folder that has data/eval.");
        return path!;
    }
}
