namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>Best and worst among subgroups large enough to say anything.</summary>
public sealed record SubgroupGap(string Best, string Worst, double Gap)
{
    /// <summary>Fewest samples of a group that counts.</summary>
    public const int Fewest = 30;

    /// <returns>Null when fewer than two groups are large enough.</returns>
    public static SubgroupGap? Of(IEnumerable<(string Name, double Value, int N)> groups, bool higherIsBetter)
    {
        var counted = groups.Where(group => group.N >= Fewest && double.IsFinite(group.Value)).OrderBy(group => higherIsBetter ? -group.Value : group.Value).ThenBy(group => group.Name, StringComparer.Ordinal).ToList();
        return counted.Count < 2 ? null : new(counted[0].Name, counted[^1].Name, Math.Abs(counted[0].Value - counted[^1].Value));
    }
}
