using System.Text.Json;

namespace ModelZoo.Tests.Cards;

/// <summary>Where the test cards lie: the project's own beside the tests, those of third parties in a folder that may be absent.</summary>
static class CardFiles
{
    public static string Made => Path.Combine(AppContext.BaseDirectory, "Cards", "made");

    /// <summary>MODELZOO_SHARED, or a folder "shared" beside one of the folders above.</summary>
    public static string? FindReference()
    {
        var roots = new List<string>();
        if (Environment.GetEnvironmentVariable("MODELZOO_SHARED") is { Length: > 0 } named) roots.Add(named);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent) roots.Add(Path.Combine(folder.FullName, "shared"));
        return roots.Select(root => Path.Combine(root, "data", "cards")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "expected-scores.json")));
    }

    public static JsonElement Expected(string path) => JsonDocument.Parse(File.ReadAllText(path)).RootElement;
}
