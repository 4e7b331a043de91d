using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Merging;

/// <summary>
/// A number that may depend on the tensor: one value, a gradient over the layers (interpolated from first to last), or a list of values with filters
/// on the tensor's name of which the first that matches counts.
/// </summary>
public sealed record TensorParameter(IReadOnlyList<(string? Filter, IReadOnlyList<double> Values)> Choices)
{
    public static implicit operator TensorParameter(double value) => new([(null, [value])]);

    /// <param name="layer">0 for the first layer's tensors, 1 for the last's; null for tensors of no layer, which take the first value.</param>
    public double Of(string tensor, double? layer)
    {
        foreach (var (filter, values) in Choices)
        {
            if (filter is not null && !tensor.Contains(filter, StringComparison.Ordinal)) continue;
            var at = (layer ?? 0) * (values.Count - 1);
            var low = (int)Math.Floor(at);
            return low + 1 < values.Count ? values[low] + (at - low) * (values[low + 1] - values[low]) : values[low];
        }
        throw new MergeException($"No value is given for tensor '{tensor}': the last entry of a list needs no filter.");
    }

    internal static TensorParameter Read(YamlNode node)
    {
        if (Numbers(node) is { } numbers) return new([(null, numbers)]);
        if (node is not YamlList { Items.Count: > 0 } list) throw node.Wrong("a number, a list of numbers, or a list of values with filters is expected.");
        return new([.. list.Items.Select(item =>
        {
            if (item is not YamlMap map) throw item.Wrong("a mapping with filter and value is expected.");
            map.AllowOnly("filter", "value");
            return (map.Find("filter") is YamlScalar { Value: string filter } && filter != "*" ? filter : null,
                Numbers(map.Find("value") ?? throw map.Wrong("'value' is missing.")) ?? throw map.Wrong("'value' must be a number or a list of numbers."));
        })]);
    }

    static IReadOnlyList<double>? Numbers(YamlNode node) => node switch
    {
        YamlScalar { Number: { } number } when double.IsFinite(number) => [number],
        YamlScalar { Value: bool flag } => [flag ? 1 : 0],
        YamlList { Items.Count: > 0 } list when list.Items.All(item => item is YamlScalar { Number: { } each } && double.IsFinite(each)) => [.. list.Items.Select(item => ((YamlScalar)item).Number!.Value)],
        _ => null,
    };
}
