namespace ModelZoo.Weights;

/// <summary>The outline of a computation graph.</summary>
/// <param name="Operators">How many nodes there are of each operator, subgraphs included; operators of other domains as <c>domain::name</c>.</param>
/// <param name="OperatorSets">Version per operator domain; the default domain is <c>""</c>.</param>
public sealed record GraphSummary(
    IReadOnlyList<GraphValue> Inputs, IReadOnlyList<GraphValue> Outputs,
    IReadOnlyDictionary<string, int> Operators, IReadOnlyDictionary<string, long> OperatorSets);

/// <summary>An input or output of a graph.</summary>
/// <param name="DType">Null when it is not a tensor or its type is not known.</param>
/// <param name="Shape">Null when not even the rank is known.</param>
public sealed record GraphValue(string Name, DType? DType, IReadOnlyList<GraphAxis>? Shape);

/// <summary>One axis of a graph's input or output: a length, a symbol such as <c>batch</c>, or neither.</summary>
public readonly record struct GraphAxis(long? Length, string? Symbol)
{
    public override string ToString() => Length?.ToString() ?? Symbol ?? "?";
}
