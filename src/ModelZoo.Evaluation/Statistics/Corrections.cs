namespace ModelZoo.Evaluation.Statistics;

/// <summary>p-values adjusted for several comparisons, in the order given; each at most 1.</summary>
public static class Corrections
{
    /// <summary>S. Holm's step-down procedure (1979): bounds the chance of any false difference. For decisions.</summary>
    public static double[] Holm(ReadOnlySpan<double> values)
    {
        var (order, adjusted) = (Order(values), new double[values.Length]);
        var largest = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            largest = Math.Max(largest, Math.Min(1, values[order[i]] * (order.Length - i)));
            adjusted[order[i]] = largest;
        }
        return adjusted;
    }

    /// <summary>Y. Benjamini and Y. Hochberg's procedure (1995): bounds the share of false differences. For screening tables.</summary>
    public static double[] BenjaminiHochberg(ReadOnlySpan<double> values)
    {
        var (order, adjusted) = (Order(values), new double[values.Length]);
        var smallest = 1.0;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            smallest = Math.Min(smallest, values[order[i]] * order.Length / (i + 1));
            adjusted[order[i]] = smallest;
        }
        return adjusted;
    }

    static int[] Order(ReadOnlySpan<double> values)
    {
        var keys = values.ToArray();
        foreach (var key in keys)
            if (!(key is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(values), key, "A p-value lies from 0 to 1.");
        var order = new int[keys.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(keys, order);
        return order;
    }
}
