namespace ModelZoo.Tests.Xet;

/// <summary>Vectors that other projects publish, one a line.</summary>
static class Published
{
    public static IEnumerable<string[]> Rows(string name) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Xet", "published", name)).Where(line => line[0] != '#').Select(line => line.Split(' '));
}
