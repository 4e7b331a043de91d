namespace ModelZoo.Evaluation.Data;

/// <summary>How rows lie in files: what a task calls <c>zoo.loader</c>.</summary>
public enum DataFormat
{
    Jsonl,
    Csv,
    Tsv,
    Text,
    Idx,
    Images,
    Npz,
    Parquet,
    Arrow,
}

public static class DataFormats
{
    static readonly string[] s_pictures = [".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".bmp"];

    public static DataFormat Parse(string name) => Enum.TryParse<DataFormat>(name, ignoreCase: true, out var format) && Enum.IsDefined(format) && !char.IsDigit(name[0]) ? format
        : throw new EvaluationException($"There is no loader '{name}'; there are {string.Join(", ", Enum.GetNames<DataFormat>().Select(known => known.ToLowerInvariant()))}.");

    /// <summary>By the end of a file's name; null when it is no data.</summary>
    public static DataFormat? Find(string path)
    {
        var name = Path.GetFileName(path).ToLowerInvariant();
        if (name.EndsWith(".gz", StringComparison.Ordinal)) name = name[..^3];
        if (name is "dataset_infos.json" or "dataset_dict.json" or "dataset_info.json" or "state.json" or "config.json") return null;
        if (name.EndsWith("-ubyte", StringComparison.Ordinal) || name.EndsWith(".idx", StringComparison.Ordinal)) return DataFormat.Idx;
        return Path.GetExtension(name) switch
        {
            ".jsonl" or ".ndjson" or ".json" => DataFormat.Jsonl,
            ".csv" => DataFormat.Csv,
            ".tsv" => DataFormat.Tsv,
            ".txt" => DataFormat.Text,
            ".npz" => DataFormat.Npz,
            ".parquet" => DataFormat.Parquet,
            ".arrow" => DataFormat.Arrow,
            var end when s_pictures.Contains(end) => DataFormat.Images,
            _ => null,
        };
    }

    public static bool IsPicture(string path) => s_pictures.Contains(Path.GetExtension(path).ToLowerInvariant());
}
