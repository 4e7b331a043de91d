namespace ModelZoo.Weights.Deltas;

/// <summary>What a block needs of the base: runs that continue one another are read together.</summary>
static class BaseReads
{
    /// <returns>Where in the block, where in the base, how many bytes.</returns>
    public static IEnumerable<(int Target, long Offset, int Length)> Of(IReadOnlyList<DeltaRun> runs)
    {
        (int Target, long Offset, int Length) open = (0, 0, 0);
        foreach (var run in runs)
        {
            if (run.BaseOffset < 0) continue;
            if (open.Length > 0 && open.Target + open.Length == run.Offset && open.Offset + open.Length == run.BaseOffset) open.Length += run.Length;
            else
            {
                if (open.Length > 0) yield return open;
                open = (run.Offset, run.BaseOffset, run.Length);
            }
        }
        if (open.Length > 0) yield return open;
    }
}
