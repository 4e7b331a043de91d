namespace ModelZoo.Evaluation.Data;

/// <summary>Pictures in folders named after their classes, or beside a <c>metadata.csv</c> or <c>metadata.jsonl</c> whose <c>file_name</c> names them.</summary>
static class ImageRows
{
    public static IEnumerable<IReadOnlyDictionary<string, object?>> Read(IReadOnlyList<DataFile> files, DataLimits limits)
    {
        var metadata = files.Where(file => Path.GetFileName(file.Path) is "metadata.csv" or "metadata.jsonl").ToList();
        if (metadata.Count > 0) return metadata.SelectMany(table => Described(table, files, limits));
        var pictures = files.Where(file => DataFormats.IsPicture(file.Path)).ToList();
        // Hugging Face numbers the classes in the order of their names.
        var classes = pictures.Select(Parent).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return pictures.Select(picture => new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["image"] = Content(picture, limits), ["label"] = (long)classes.IndexOf(Parent(picture)), ["label_name"] = Parent(picture), ["file_name"] = picture.Path,
        });
    }

    static IEnumerable<IReadOnlyDictionary<string, object?>> Described(DataFile table, IReadOnlyList<DataFile> files, DataLimits limits)
    {
        var byPath = files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var folder = table.Path[..^Path.GetFileName(table.Path).Length];
        foreach (var row in table.Path.EndsWith(".csv", StringComparison.Ordinal) ? TableRows.Read(table, ',', limits) : JsonRows.Read(table, limits))
        {
            if (row.GetValueOrDefault("file_name") is not string name) throw table.Bad("a row has no 'file_name'.");
            if (!byPath.TryGetValue(folder + name, out var picture)) throw table.Bad($"'{name}' is not in the split.");
            yield return new Dictionary<string, object?>(row, StringComparer.Ordinal) { ["image"] = Content(picture, limits) };
        }
    }

    static string Parent(DataFile picture) => Path.GetFileName(Path.GetDirectoryName(picture.Path)) ?? "";

    static ReadOnlyMemory<byte> Content(DataFile picture, DataLimits limits) => picture.ReadAll(limits with { MaxWholeBytes = limits.MaxRowBytes });
}
