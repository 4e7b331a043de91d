namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Physical types, by their numbers in the format.</summary>
enum PhysicalType
{
    Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedBytes,
}

/// <summary>What the stored numbers or bytes mean, as far as it changes how they are shown.</summary>
enum Meaning
{
    Plain, Text, Decimal, Date, Milliseconds, Microseconds, Nanoseconds, Unsigned, Half, List, Map,
}

enum Repetition
{
    Required, Optional, Repeated,
}

/// <summary>
/// A node of the schema. Levels are Dremel's: <see cref="Definition"/> is the definition level at which the node exists, <see cref="Repeat"/> the repetition level
/// at which another element of it begins.
/// </summary>
sealed class ParquetNode
{
    public required string Name { get; init; }
    public required Repetition Repetition { get; init; }
    public required Meaning Meaning { get; init; }
    public required PhysicalType? Type { get; init; }

    /// <summary>Bytes of a <see cref="PhysicalType.FixedBytes"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Decimal places of a <see cref="Meaning.Decimal"/>.</summary>
    public required int Scale { get; init; }

    public int Definition { get; init; }
    public int Repeat { get; init; }
    public IReadOnlyList<ParquetNode> Children { get; set; } = [];

    /// <summary>Place among the leaves, for a leaf; of the first leaf below, for a group.</summary>
    public int FirstLeaf { get; set; }
    public int LeafCount { get; set; } = 1;

    public bool IsLeaf => Type is not null;
}

/// <summary>Turns the flat list of schema elements into a tree, within limits.</summary>
static class ParquetSchema
{
    public const int MaxNodes = 10_000, MaxDepth = 32;

    public readonly record struct Element(string Name, PhysicalType? Type, int Width, Repetition Repetition, int Children, Meaning Meaning, int Scale);

    public static (ParquetNode Root, IReadOnlyList<ParquetNode> Leaves) Build(List<Element> elements)
    {
        if (elements.Count == 0) throw new EvaluationException("The Parquet file has no schema.");
        var leaves = new List<ParquetNode>();
        var next = 0;
        var root = Take(0, 0, 0);
        if (next != elements.Count) throw new EvaluationException("The schema of the Parquet file does not add up.");
        if (leaves.Count == 0) throw new EvaluationException("The Parquet file has no columns.");
        return (root, leaves);

        ParquetNode Take(int definition, int repeat, int depth)
        {
            if (depth > MaxDepth) throw new EvaluationException($"The schema of the Parquet file is nested deeper than {MaxDepth}.");
            if (next >= elements.Count) throw new EvaluationException("The schema of the Parquet file does not add up.");
            var element = elements[next++];
            if (depth > 0 && element.Repetition != Repetition.Required) definition++;
            if (depth > 0 && element.Repetition == Repetition.Repeated) repeat++;
            var node = new ParquetNode
            {
                Name = element.Name, Repetition = depth == 0 ? Repetition.Required : element.Repetition, Meaning = element.Meaning, Type = element.Children == 0 ? element.Type : null,
                Width = element.Width, Scale = element.Scale, Definition = definition, Repeat = repeat, FirstLeaf = leaves.Count,
            };
            if (element.Children == 0)
            {
                if (node.Type is null) throw new EvaluationException($"The column '{element.Name}' of the Parquet file has no type.");
                leaves.Add(node);
                return node;
            }
            node.Children = [.. Enumerable.Range(0, element.Children).Select(_ => Take(definition, repeat, depth + 1))];
            node.LeafCount = leaves.Count - node.FirstLeaf;
            return node;
        }
    }
}
