namespace ModelZoo.Inference.Runtime;

/// <summary>An input or output as the model declares it.</summary>
/// <param name="Type">Null when it is no tensor (a sequence or a map).</param>
/// <param name="Shape">Lengths of the axes; −1 where the model leaves them open.</param>
/// <param name="Symbols">Names of open axes, such as <c>batch</c>; empty where there is none.</param>
public sealed record Port(string Name, ElementType? Type, IReadOnlyList<long> Shape, IReadOnlyList<string> Symbols)
{
    public int Rank => Shape.Count;

    public override string ToString() => $"{Name}: {Type?.ToString() ?? "no tensor"} [{string.Join(", ", Shape.Zip(Symbols, (length, symbol) => length >= 0 ? $"{length}" : symbol.Length > 0 ? symbol : "?"))}]";
}

/// <summary>What a model file says of itself.</summary>
public sealed record ModelProperties(string Producer, string GraphName, string Domain, string Description, long Version, IReadOnlyDictionary<string, string> Custom);
