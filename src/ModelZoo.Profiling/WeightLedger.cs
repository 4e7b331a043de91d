namespace ModelZoo.Profiling;

/// <summary>
/// The weights of an architecture, written down group by group. Counts, active counts, matrix products and components are sums over it, so
/// they cannot contradict each other. All arithmetic is checked: a forged dimension overflows loudly.
/// </summary>
public sealed class WeightLedger
{
    readonly List<WeightGroup> _groups = [];

    public IReadOnlyList<WeightGroup> Groups => _groups;

    /// <summary>Multiply-accumulates per unit that involve no weights, such as attention scores of a fixed number of tokens.</summary>
    public long FreeMacs { get; private set; }

    /// <summary>Numbers written by the layers for one unit, where the architecture fixes them (images).</summary>
    public long ActivationElements { get; private set; }

    /// <summary>The largest single output and input that live together.</summary>
    public long LargestActivationElements { get; private set; }

    public void Matrix(Component component, long inputs, long outputs, long copies = 1, long? used = null, long uses = 1) =>
        _groups.Add(new(component, WeightRole.Matrix, Sized(inputs), Sized(outputs), Sized(copies), Sized(used ?? copies), Sized(uses)));

    public void Vector(Component component, long length, long copies = 1, long? used = null) =>
        _groups.Add(new(component, WeightRole.Vector, 1, Sized(length), Sized(copies), Sized(used ?? copies), 1));

    public void LookUp(long rows, long width, long copies = 1) =>
        _groups.Add(new(Component.Embedding, WeightRole.LookUp, Sized(rows), Sized(width), Sized(copies), Sized(copies), 1));

    public void AddMacs(long macs) => FreeMacs = checked(FreeMacs + macs);

    public void AddActivations(long elements)
    {
        ActivationElements = checked(ActivationElements + elements);
        LargestActivationElements = Math.Max(LargestActivationElements, elements);
    }

    /// <summary>Takes over all groups of another ledger, named as one component when given.</summary>
    public void Add(WeightLedger other, Component? component = null)
    {
        foreach (var group in other.Groups) _groups.Add(component is { } named ? group with { Component = named } : group);
        AddMacs(other.FreeMacs);
        ActivationElements = checked(ActivationElements + other.ActivationElements);
        LargestActivationElements = Math.Max(LargestActivationElements, other.LargestActivationElements);
    }

    public long Parameters => Sum(group => group.Parameters);

    /// <summary>Parameters that one unit uses: experts that are not chosen are left out.</summary>
    public long ActiveParameters => Sum(group => group.Copies == 0 ? 0 : checked(group.Inputs * group.Outputs * Math.Min(group.UsedCopies, group.Copies)));

    public long MatrixWeights => Sum(group => group.MatrixWeights);

    public long Macs => checked(Sum(group => group.Macs) + FreeMacs);

    public IReadOnlyDictionary<Component, long> ByComponent()
    {
        var sums = new SortedDictionary<Component, long>();
        foreach (var group in _groups.Where(group => group.Copies > 0))
            sums[group.Component] = checked(sums.GetValueOrDefault(group.Component) + group.Parameters);
        return sums;
    }

    public long Of(Component component) => Sum(group => group.Component == component ? group.Parameters : 0);

    long Sum(Func<WeightGroup, long> of)
    {
        long sum = 0;
        foreach (var group in _groups) sum = checked(sum + of(group));
        return sum;
    }

    static long Sized(long value) => value is >= 0 and <= ProfileLimits.MaxDimension ? value
        : throw new ProfileException($"A dimension of {value} is negative or beyond {ProfileLimits.MaxDimension}.");
}
