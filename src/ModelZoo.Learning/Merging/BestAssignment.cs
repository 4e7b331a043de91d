namespace ModelZoo.Learning.Merging;

/// <summary>The permutation that gains most: which column each row is given.</summary>
/// <remarks>The Hungarian method with potentials, O(n³): Jonker and Volgenant 1987, doi:10.1007/BF02278710.</remarks>
static class BestAssignment
{
    public static int[] Solve(double[,] gain)
    {
        var n = gain.GetLength(0);
        var (u, v) = (new double[n + 1], new double[n + 1]);
        var (match, way) = (new int[n + 1], new int[n + 1]);
        for (var i = 1; i <= n; i++)
        {
            match[0] = i;
            var column = 0;
            var smallest = Enumerable.Repeat(double.PositiveInfinity, n + 1).ToArray();
            var used = new bool[n + 1];
            do
            {
                used[column] = true;
                var (row, next, delta) = (match[column], 0, double.PositiveInfinity);
                for (var j = 1; j <= n; j++)
                {
                    if (used[j]) continue;
                    var reduced = -gain[row - 1, j - 1] - u[row] - v[j];
                    if (reduced < smallest[j]) (smallest[j], way[j]) = (reduced, column);
                    if (smallest[j] < delta) (delta, next) = (smallest[j], j);
                }
                for (var j = 0; j <= n; j++)
                {
                    if (used[j])
                    {
                        u[match[j]] += delta;
                        v[j] -= delta;
                    }
                    else smallest[j] -= delta;
                }
                column = next;
            }
            while (match[column] != 0);
            for (; column != 0; column = way[column]) match[column] = match[way[column]];
        }
        var chosen = new int[n];
        for (var j = 1; j <= n; j++) chosen[match[j] - 1] = j - 1;
        return chosen;
    }
}
