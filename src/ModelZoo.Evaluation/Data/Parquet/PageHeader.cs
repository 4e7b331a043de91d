namespace ModelZoo.Evaluation.Data.Parquet;

enum PageKind
{
    Data, Index, Dictionary, DataV2,
}

/// <summary>What stands before a page.</summary>
sealed record PageHeader(PageKind Kind, int Size, int CompressedSize, int Values, int Encoding, int DefinitionEncoding, int RepetitionEncoding, int DefinitionBytes, int RepetitionBytes, bool IsCompressed, int HeaderBytes)
{
    /// <summary>Pages are about a megabyte; a picture or a book in one value can make them larger.</summary>
    const int MaxPage = 1 << 28;

    /// <summary>A run of a few bytes can stand for any number of values: this bounds what their levels take.</summary>
    const int MaxValues = 1 << 24;

    public static PageHeader Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ThriftReader(bytes);
        var (kind, size, compressed, values, encoding, definitions, repetitions, definitionBytes, repetitionBytes, isCompressed) = (PageKind.Index, 0, 0, 0, 0, 3, 3, 0, 0, true);
        for (var id = 0; reader.NextField(ref id, out var type);)
        {
            switch (id)
            {
                case 1: kind = (PageKind)reader.ReadCount((int)PageKind.DataV2); break;
                case 2: size = reader.ReadCount(MaxPage); break;
                case 3: compressed = reader.ReadCount(MaxPage); break;
                case 5 or 7 when type == ThriftType.Struct:
                    for (var field = 0; reader.NextField(ref field, out var inner);)
                    {
                        if (field == 1) values = reader.ReadCount(MaxValues);
                        else if (field == 2) encoding = reader.ReadInt();
                        else if (field == 3 && id == 5) definitions = reader.ReadInt();
                        else if (field == 4 && id == 5) repetitions = reader.ReadInt();
                        else reader.Skip(inner);
                    }
                    break;
                case 8 when type == ThriftType.Struct:
                    for (var field = 0; reader.NextField(ref field, out var inner);)
                    {
                        if (field == 1) values = reader.ReadCount(MaxValues);
                        else if (field == 4) encoding = reader.ReadInt();
                        else if (field == 5) definitionBytes = reader.ReadCount(MaxPage);
                        else if (field == 6) repetitionBytes = reader.ReadCount(MaxPage);
                        else if (field == 7) isCompressed = inner == ThriftType.True;
                        else reader.Skip(inner);
                    }
                    break;
                default: reader.Skip(type); break;
            }
        }
        return new(kind, size, compressed, values, encoding, definitions, repetitions, definitionBytes, repetitionBytes, isCompressed, reader.Position);
    }
}
