namespace ModelZoo.Learning.Blueprints;

/// <summary>What a changed blueprint does to the members of the one before it.</summary>
/// <param name="Kept">In both: nothing is trained again.</param>
/// <param name="Added">New.</param>
/// <param name="Lost">Members of the old blueprint that the new one no longer makes.</param>
public sealed record BlueprintRevision(IReadOnlyList<Member> Kept, IReadOnlyList<Member> Added, IReadOnlyList<Member> Lost)
{
    /// <summary>Only adds: the population may grow by it.</summary>
    public bool IsExtension => Lost.Count == 0;

    public static BlueprintRevision Compare(IReadOnlyList<Member> old, IReadOnlyList<Member> changed)
    {
        var before = old.Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        var after = changed.Select(member => member.Id).ToHashSet(StringComparer.Ordinal);
        return new([.. changed.Where(member => before.Contains(member.Id))], [.. changed.Where(member => !before.Contains(member.Id))], [.. old.Where(member => !after.Contains(member.Id))]);
    }

    /// <exception cref="RecipeException">Members would be lost; says which and what usually causes it.</exception>
    public void RequireExtension()
    {
        if (IsExtension) return;
        throw new RecipeException(0, "stages", $"the change gives up {Lost.Count} existing member{(Lost.Count == 1 ? "" : "s")}, such as {Lost[0].Label}: only added factor values and seeds extend a population. "
            + "A changed default changes every member of its stage; with fresh seeds, values can be added only at the end of the first factor, because seeds follow the number of the cell.");
    }
}
