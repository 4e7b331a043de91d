namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Where the pages of one column of one row group lie.</summary>
sealed record ColumnChunk(PhysicalType Type, int Codec, long Values, long Offset, long Length);

sealed record RowGroup(long Rows, IReadOnlyList<ColumnChunk> Columns);

/// <summary>The footer of a Parquet file: schema, row groups. Field numbers are those of parquet.thrift, version 2.11.</summary>
sealed record ParquetFooter(ParquetNode Root, IReadOnlyList<ParquetNode> Leaves, IReadOnlyList<RowGroup> Groups, long Rows)
{
    const int MaxGroups = 1_000_000;

    public static ParquetFooter Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ThriftReader(bytes);
        var elements = new List<ParquetSchema.Element>();
        var groups = new List<RowGroup>();
        long rows = 0;
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id, type)
            {
                case (2, ThriftType.List):
                    var count = reader.ReadList(out _);
                    if (count > ParquetSchema.MaxNodes) throw new EvaluationException($"The Parquet file has {count} columns; {ParquetSchema.MaxNodes} are read.");
                    while (elements.Count < count) elements.Add(ReadElement(ref reader));
                    break;
                case (3, ThriftType.Int64): rows = reader.ReadLong(); break;
                case (4, ThriftType.List):
                    for (var left = reader.ReadList(out _); left > 0; left--)
                    {
                        if (groups.Count == MaxGroups) throw new EvaluationException($"The Parquet file has more than {MaxGroups} row groups.");
                        groups.Add(ReadGroup(ref reader));
                    }
                    break;
                default: reader.Skip(type); break;
            }
        }
        var (root, leaves) = ParquetSchema.Build(elements);
        foreach (var group in groups)
        {
            if (group.Columns.Count != leaves.Count) throw new EvaluationException("A row group of the Parquet file has other columns than the schema.");
            for (var i = 0; i < leaves.Count; i++)
                if (group.Columns[i].Type != leaves[i].Type) throw new EvaluationException($"The column '{leaves[i].Name}' of the Parquet file has another type than its schema says.");
        }
        if (rows < 0 || groups.Any(group => group.Rows < 0)) throw new EvaluationException("The Parquet file has fewer than no rows.");
        return new(root, leaves, groups, rows);
    }

    static ParquetSchema.Element ReadElement(ref ThriftReader reader)
    {
        var (name, physical, width, repetition, children, meaning, scale) = ("", (PhysicalType?)null, 0, Repetition.Required, 0, Meaning.Plain, 0);
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: physical = (PhysicalType)reader.ReadCount((int)PhysicalType.FixedBytes); break;
                case 2: width = reader.ReadCount(1 << 20); break;
                case 3: repetition = (Repetition)reader.ReadCount((int)Repetition.Repeated); break;
                case 4: name = reader.ReadText(); break;
                case 5: children = reader.ReadCount(ParquetSchema.MaxNodes); break;
                case 6:
                    var old = Converted(reader.ReadInt());
                    if (meaning == Meaning.Plain) meaning = old;
                    break;
                case 7: scale = reader.ReadCount(1000); break;
                case 10 when type == ThriftType.Struct:
                    if (ReadLogical(ref reader) is var logical and not Meaning.Plain) meaning = logical;
                    break;
                default: reader.Skip(type); break;
            }
        }
        return new(name, physical, width, repetition, children, meaning, scale);
    }

    /// <summary>ConvertedType, which older writers use.</summary>
    static Meaning Converted(int number) => number switch
    {
        0 or 4 or 19 or 20 => Meaning.Text,
        1 or 2 => Meaning.Map,
        3 => Meaning.List,
        5 => Meaning.Decimal,
        6 => Meaning.Date,
        9 => Meaning.Milliseconds,
        10 => Meaning.Microseconds,
        >= 11 and <= 14 => Meaning.Unsigned,
        _ => Meaning.Plain,
    };

    /// <summary>LogicalType, a union of structs.</summary>
    static Meaning ReadLogical(ref ThriftReader reader)
    {
        var meaning = Meaning.Plain;
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            meaning = id switch { 1 or 4 or 12 => Meaning.Text, 2 => Meaning.Map, 3 => Meaning.List, 5 => Meaning.Decimal, 6 => Meaning.Date, 15 => Meaning.Half, _ => Meaning.Plain };
            if (id == 8 && type == ThriftType.Struct) meaning = ReadTimestamp(ref reader);
            else if (id == 10 && type == ThriftType.Struct) meaning = ReadInteger(ref reader);
            else reader.Skip(type);
        }
        return meaning;
    }

    static Meaning ReadTimestamp(ref ThriftReader reader)
    {
        var meaning = Meaning.Microseconds;
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            if (id != 2 || type != ThriftType.Struct)
            {
                reader.Skip(type);
                continue;
            }
            for (var unit = 0; reader.NextField(ref unit, out var kind);)
            {
                meaning = unit switch { 1 => Meaning.Milliseconds, 3 => Meaning.Nanoseconds, _ => Meaning.Microseconds };
                reader.Skip(kind);
            }
        }
        return meaning;
    }

    static Meaning ReadInteger(ref ThriftReader reader)
    {
        var meaning = Meaning.Plain;
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            if (id == 2 && type == ThriftType.False) meaning = Meaning.Unsigned;
            reader.Skip(type);
        }
        return meaning;
    }

    static RowGroup ReadGroup(ref ThriftReader reader)
    {
        var columns = new List<ColumnChunk>();
        long rows = 0;
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            if (id == 1 && type == ThriftType.List)
                for (var left = reader.ReadList(out _); left > 0; left--) columns.Add(ReadChunk(ref reader));
            else if (id == 3 && type == ThriftType.Int64) rows = reader.ReadLong();
            else reader.Skip(type);
        }
        return new(rows, columns);
    }

    static ColumnChunk ReadChunk(ref ThriftReader reader)
    {
        ColumnChunk? chunk = null;
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            if (id == 1) throw new EvaluationException("The Parquet file keeps columns in other files; that is not read.");
            if (id == 3 && type == ThriftType.Struct) chunk = ReadColumn(ref reader);
            else reader.Skip(type);
        }
        return chunk ?? throw new EvaluationException("A column of the Parquet file has no description (encrypted files are not read).");
    }

    static ColumnChunk ReadColumn(ref ThriftReader reader)
    {
        var (physical, codec, values, length, data, dictionary) = (PhysicalType.Boolean, 0, 0L, 0L, -1L, -1L);
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: physical = (PhysicalType)reader.ReadCount((int)PhysicalType.FixedBytes); break;
                case 4: codec = reader.ReadInt(); break;
                case 5: values = reader.ReadLong(); break;
                case 7: length = reader.ReadLong(); break;
                case 9: data = reader.ReadLong(); break;
                case 11: dictionary = reader.ReadLong(); break;
                default: reader.Skip(type); break;
            }
        }
        // Some writers say 0 where there is no dictionary.
        return new(physical, codec, values, dictionary > 0 && dictionary < data ? dictionary : data, length);
    }
}
