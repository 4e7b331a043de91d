namespace ModelZoo.Learning.Analyses;

/// <summary>Who descends from whom, guessed from distances alone.</summary>
public static class Lineage
{
    /// <summary>The nearest of some candidates, and how much farther the next one is.</summary>
    /// <param name="Margin">Distance of the runner-up over that of the nearest; null with one candidate or at no distance.</param>
    public sealed record Nearest(int Candidate, double Distance, double? Margin);

    public static Nearest FindNearest(int node, IReadOnlyList<int> candidates, Func<int, int, double> distance)
    {
        var ranked = candidates.Where(candidate => candidate != node).Select(candidate => (candidate, Distance: distance(node, candidate))).OrderBy(pair => pair.Distance).ThenBy(pair => pair.candidate).ToList();
        if (ranked.Count == 0) throw new ArgumentException("There is nobody to descend from.", nameof(candidates));
        return new(ranked[0].candidate, ranked[0].Distance, ranked.Count > 1 && ranked[0].Distance > 0 ? ranked[1].Distance / ranked[0].Distance : null);
    }

    /// <summary>The node with the smallest mean distance to the others: the likely base of a family.</summary>
    public static int Medoid(int count, Func<int, int, double> distance) =>
        Enumerable.Range(0, count).MinBy(i => Enumerable.Range(0, count).Where(j => j != i).Sum(j => distance(i, j)));

    /// <summary>The parent of each node in the cheapest tree that all edges lead away from the root; −1 for the root.</summary>
    /// <param name="cost">Of the edge from the first to the second.</param>
    /// <remarks>Chu and Liu 1965, Edmonds 1967; contraction of cycles, O(n³).</remarks>
    public static int[] Arborescence(int count, int root, Func<int, int, double> cost)
    {
        var edges = new List<(int From, int To, double Cost, int Id)>();
        var ends = new List<(int From, int To)>();
        for (var i = 0; i < count; i++)
            for (var j = 0; j < count; j++)
                if (i != j && j != root)
                {
                    edges.Add((i, j, cost(i, j), ends.Count));
                    ends.Add((i, j));
                }
        var parents = Enumerable.Repeat(-1, count).ToArray();
        foreach (var id in Solve(count, root, edges)) parents[ends[id].To] = ends[id].From;
        return parents;
    }

    static List<int> Solve(int nodes, int root, List<(int From, int To, double Cost, int Id)> edges)
    {
        var best = new int[nodes];
        Array.Fill(best, -1);
        for (var e = 0; e < edges.Count; e++)
            if (edges[e].To != root && edges[e].From != edges[e].To && (best[edges[e].To] < 0 || edges[e].Cost < edges[best[edges[e].To]].Cost)) best[edges[e].To] = e;
        var group = new int[nodes];
        var seen = new int[nodes];
        Array.Fill(group, -1);
        Array.Fill(seen, -1);
        var groups = 0;
        var onCycle = new bool[nodes];
        for (var start = 0; start < nodes; start++)
        {
            var v = start;
            while (v != root && seen[v] < 0)
            {
                seen[v] = start;
                v = edges[best[v]].From;
            }
            if (v == root || seen[v] != start || group[v] >= 0) continue;
            for (var u = v; group[u] < 0; u = edges[best[u]].From) (group[u], onCycle[u]) = (groups, true);
            groups++;
        }
        if (groups == 0) return [.. Enumerable.Range(0, nodes).Where(v => v != root).Select(v => edges[best[v]].Id)];
        for (var v = 0; v < nodes; v++)
            if (group[v] < 0) group[v] = groups++;
        var contracted = new List<(int From, int To, double Cost, int Id)>();
        for (var e = 0; e < edges.Count; e++)
        {
            var (from, to, weight, _) = edges[e];
            if (group[from] != group[to]) contracted.Add((group[from], group[to], onCycle[to] ? weight - edges[best[to]].Cost : weight, e));
        }
        var chosen = Solve(groups, group[root], contracted);
        var entered = chosen.Select(e => edges[e].To).ToHashSet();
        // The edge that enters a cycle replaces the one it had there.
        return [.. chosen.Select(e => edges[e].Id), .. Enumerable.Range(0, nodes).Where(v => onCycle[v] && !entered.Contains(v)).Select(v => edges[best[v]].Id)];
    }

    /// <summary>How well two groupings agree, corrected for chance: 1 when they are the same (Hubert and Arabie 1985).</summary>
    public static double AdjustedRand(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        static double Pairs(double n) => n * (n - 1) / 2;
        var both = one.Zip(other).GroupBy(pair => pair).Sum(group => Pairs(group.Count()));
        var (a, b) = (one.GroupBy(x => x).Sum(group => Pairs(group.Count())), other.GroupBy(x => x).Sum(group => Pairs(group.Count())));
        var expected = a * b / Math.Max(1, Pairs(one.Count));
        var top = 0.5 * (a + b);
        return top == expected ? 1 : (both - expected) / (top - expected);
    }
}
