namespace ModelZoo.Learning.Blueprints;

/// <summary>The blueprints that come with the program (data/blueprints).</summary>
public static class BlueprintTemplates
{
    const string Folder = "data/blueprints/";
    const string Ending = ".yaml";

    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(BlueprintTemplates).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Select(name => name[Folder.Length..^Ending.Length]).Order(StringComparer.Ordinal)];

    /// <summary>The template's YAML; null when there is none of that name.</summary>
    public static string? Find(string name)
    {
        using var stream = typeof(BlueprintTemplates).Assembly.GetManifestResourceStream($"{Folder}{name}{Ending}");
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }
}
