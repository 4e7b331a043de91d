namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Parquet's physical types, under their numbers in the format.</summary>
enum ParquetType { Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedBytes }

/// <summary>A node of a file's schema.</summary>
sealed class ParquetNode
{
    public required string Name { get; init; }

    /// <summary>0: required, 1: optional, 2: repeated.</summary>
    public int Repetition { get; init; }

    public ParquetType? Type { get; init; }

    public int TypeLength { get; init; }

    public bool IsText { get; init; }

    public bool IsList { get; init; }

    public bool IsMap { get; init; }

    public bool IsHalf { get; init; }

    public bool IsUnsigned { get; init; }

    public int? DecimalScale { get; init; }

    public List<ParquetNode> Children { get; } = [];

    public int MaxDefinition { get; set; }

    public int MaxRepetition { get; set; }

    /// <summary>Place among the leaves; −1 for groups.</summary>
    public int Leaf { get; set; } = -1;

    /// <summary>All leaves below, or itself.</summary>
    public List<int> Leaves { get; } = [];

    public static ParquetNode Read(IReadOnlyList<object> elements, int maxColumns)
    {
        var at = 0;
        var root = Read(elements, ref at, 0);
        var leaves = 0;
        foreach (var child in root.Children) child.Place(0, 0, ref leaves);
        return leaves <= maxColumns ? root : throw new InvalidDataException($"more than {maxColumns} columns");
    }

    static ParquetNode Read(IReadOnlyList<object> elements, ref int at, int depth)
    {
        if (at >= elements.Count || depth > 32 || elements[at++] is not ThriftStruct element) throw ThriftReader.Broken();
        var (converted, logical) = (element.Find(6), element.FindStruct(10));
        bool Is(int oldNumber, int newNumber) => converted == oldNumber || logical?.Fields.Contains(newNumber) == true;
        var node = new ParquetNode
        {
            Name = element.FindText(4) ?? throw ThriftReader.Broken(), Repetition = (int)(element.Find(3) ?? 0), Type = element.Find(1) is >= 0 and <= 7 and var type ? (ParquetType)type : null,
            TypeLength = (int)Math.Clamp(element.Find(2) ?? 0, 0, 1 << 20), IsText = Is(0, 1) || Is(4, 4) || Is(19, 12), IsList = Is(3, 3), IsMap = Is(1, 2) || converted == 2, IsHalf = logical?.Fields.Contains(15) == true,
            IsUnsigned = converted is >= 11 and <= 14 || logical?.FindStruct(10)?.FindBool(2) == false, DecimalScale = Is(5, 5) ? (int)Math.Clamp(element.Find(7) ?? 0, 0, 100) : null,
        };
        for (var i = element.Find(5) ?? 0; i > 0; i--) node.Children.Add(Read(elements, ref at, depth + 1));
        return node;
    }

    void Place(int definition, int repetition, ref int leaves)
    {
        (MaxDefinition, MaxRepetition) = (definition + (Repetition > 0 ? 1 : 0), repetition + (Repetition == 2 ? 1 : 0));
        if (Children.Count == 0)
        {
            Leaf = leaves++;
            Leaves.Add(Leaf);
            return;
        }
        foreach (var child in Children)
        {
            child.Place(MaxDefinition, MaxRepetition, ref leaves);
            Leaves.AddRange(child.Leaves);
        }
    }

    /// <summary>The leaves in order, which is the order of a row group's columns.</summary>
    public IEnumerable<ParquetNode> AllLeaves() => Children.Count == 0 ? [this] : Children.SelectMany(child => child.AllLeaves());
}
