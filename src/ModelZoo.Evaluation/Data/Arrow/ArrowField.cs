namespace ModelZoo.Evaluation.Data.Arrow;

/// <summary>Kinds of columns, by their numbers in Arrow's Schema.fbs.</summary>
enum ArrowKind
{
    None, Null, Int, Float, Binary, Utf8, Bool, Decimal, Date, Time, Timestamp, Interval, List, Struct, Union, FixedBinary, FixedList, Map, Duration, LargeBinary, LargeUtf8, LargeList,
}

/// <summary>A column's description.</summary>
/// <param name="Width">Bits of an integer or decimal, 16, 32 or 64 of a float, bytes of a fixed binary, elements of a fixed list.</param>
/// <param name="Unit">Of dates: 0 days, 1 milliseconds; of times: 0 seconds … 3 nanoseconds; of decimals: the scale.</param>
/// <param name="Dictionary">Number of the dictionary that the values index, whose own kind is <paramref name="Values"/>.</param>
sealed record ArrowField(string Name, ArrowKind Kind, int Width, bool IsSigned, int Unit, IReadOnlyList<ArrowField> Children, long? Dictionary, ArrowField? Values)
{
    const int MaxDepth = 32, MaxFields = 10_000;

    public static IReadOnlyList<ArrowField> ReadAll(FlatTable schema)
    {
        if (schema.Short(0) != 0) throw new EvaluationException("The Arrow file was written on a big-endian machine, which is not read.");
        var count = 0;
        return [.. schema.Tables(1).Select(field => Read(field, 0, ref count))];
    }

    static ArrowField Read(FlatTable field, int depth, ref int count)
    {
        if (depth > MaxDepth || ++count > MaxFields) throw new EvaluationException($"The Arrow file has more than {MaxFields} columns, or columns nested deeper than {MaxDepth}.");
        var children = new List<ArrowField>();
        foreach (var child in field.Tables(5)) children.Add(Read(child, depth + 1, ref count));
        var own = Of(field.Text(0), (ArrowKind)field.Byte(2), field.Table(3), children);
        return field.Table(4) is not { } dictionary ? own
            : Of(own.Name, ArrowKind.Int, dictionary.Table(1), []) with { Dictionary = dictionary.Long(0), Values = own };
    }

    static ArrowField Of(string name, ArrowKind kind, FlatTable? type, List<ArrowField> children)
    {
        var (width, isSigned, unit) = kind switch
        {
            ArrowKind.Int => (type?.Int(0) ?? 32, type is null || type.Value.Byte(1) != 0, 0),
            ArrowKind.Float => ((type?.Short(0) ?? 0) switch { 0 => 16, 1 => 32, _ => 64 }, true, 0),
            ArrowKind.Decimal => (type?.Int(2, 128) ?? 128, true, type?.Int(1) ?? 0),
            ArrowKind.Date => ((type?.Short(0, 1) ?? 1) == 0 ? 32 : 64, true, type?.Short(0, 1) ?? 1),
            ArrowKind.Time => (type?.Int(1, 32) ?? 32, true, type?.Short(0, 1) ?? 1),
            ArrowKind.Timestamp or ArrowKind.Duration => (64, true, type?.Short(0) ?? 0),
            ArrowKind.FixedBinary or ArrowKind.FixedList => (type?.Int(0) ?? 0, true, 0),
            ArrowKind.Null or ArrowKind.Binary or ArrowKind.Utf8 or ArrowKind.Bool or ArrowKind.List or ArrowKind.Struct or ArrowKind.Map or ArrowKind.LargeBinary or ArrowKind.LargeUtf8
                or ArrowKind.LargeList => (0, true, 0),
            _ => throw new EvaluationException($"The column '{name}' of the Arrow file is of a kind (number {(int)kind}) that is not read."),
        };
        var isSound = kind switch
        {
            ArrowKind.Int => width is 8 or 16 or 32 or 64,
            ArrowKind.Time => width is 32 or 64,
            ArrowKind.Decimal => width is 32 or 64 or 128 or 256 && unit is >= -400 and <= 400,
            ArrowKind.FixedBinary or ArrowKind.FixedList => width is >= 0 and <= 1 << 24,
            _ => true,
        };
        if (!isSound || children.Count != 1 && kind is ArrowKind.List or ArrowKind.LargeList or ArrowKind.FixedList or ArrowKind.Map)
            throw new EvaluationException($"The column '{name}' of the Arrow file is described in a way that makes no sense.");
        return new(name, kind, width, isSigned, unit, children, null, null);
    }
}
