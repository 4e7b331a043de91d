namespace ModelZoo.Git;

/// <summary>Changed lines that stand close together, with the unchanged lines around them.</summary>
/// <param name="BeforeStart">Number of the first line before the change, from 1; the line before the hunk when it has none.</param>
/// <param name="Section">The nearest line above the hunk that looks like a heading: it begins with a letter, '_' or '$'. Empty for none.</param>
public sealed record DiffHunk(int BeforeStart, int BeforeCount, int AfterStart, int AfterCount, string Section, IReadOnlyList<DiffLine> Lines)
{
    /// <summary>"@@ -1,3 +1,4 @@ section"; a count of one is left out.</summary>
    public string Header => $"@@ -{Range(BeforeStart, BeforeCount)} +{Range(AfterStart, AfterCount)} @@{(Section.Length > 0 ? " " : "")}{Section}";

    static string Range(int start, int count) => count == 1 ? $"{start}" : $"{start},{count}";
}
