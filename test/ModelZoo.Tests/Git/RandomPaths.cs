namespace ModelZoo.Tests.Git;

/// <summary>Seeded paths that are unkind to sorting: prefixes of one another, bytes around '/', several planes of Unicode.</summary>
static class RandomPaths
{
    static readonly string[] Names =
        ["a", "a.b", "a-b", "a0", "ab", "A", "a b", "a!", "é", "e\u0301", "日本", "\uE000", "\uFFFD", "😀", "😀a", "z~", "[x]", "x\"y", "#", "~", "a.", "_"];

    public static string Next(Random random) => string.Join('/', Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Names[random.Next(Names.Length)]));

    /// <summary>Paths of which none is a folder of another.</summary>
    public static List<string> Files(Random random, int count)
    {
        var files = new HashSet<string>();
        var folders = new HashSet<string>();
        for (var i = 0; i < count; i++)
        {
            var path = Next(random);
            var parents = Parents(path).ToArray();
            if (folders.Contains(path) || parents.Any(files.Contains)) continue;
            files.Add(path);
            folders.UnionWith(parents);
        }
        return [.. files];
    }

    public static IEnumerable<string> Parents(string path)
    {
        for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1)) yield return path[..slash];
    }
}
