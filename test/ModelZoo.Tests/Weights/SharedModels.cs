using System.Runtime.CompilerServices;

namespace ModelZoo.Tests.Weights;

/// <summary>Model files of others and larger files of our own, which lie outside the repository and are read where they are present.</summary>
static class SharedModels
{
    static readonly string? Root = Find();

    /// <summary>The path of a shared model file; skips the test when this machine does not have it.</summary>
    public static string Require(string relativePath)
    {
        var path = Root is null ? null : Path.Combine(Root, relativePath);
        if (path is null || !File.Exists(path)) Assert.Skip($"'{relativePath}' is not here: set MODELZOO_SHARED to a folder that has data/models.");
        return path!;
    }

    static string? Find([CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("MODELZOO_SHARED") is { Length: > 0 } set) return Path.Combine(set, "data", "models");
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var candidate = Path.Combine(folder, "shared", "data", "models");
            if (Directory.Exists(candidate)) return candidate;
        }
        return null;
    }
}
