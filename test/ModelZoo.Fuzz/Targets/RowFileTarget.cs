using System.Text.Json;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data.Arrow;
using ModelZoo.Evaluation.Data.Parquet;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Tables of datasets, Parquet or Arrow. They are read from disk, so each input goes through a file; the seeds are the tables of the unit tests.</summary>
sealed class RowFileTarget(string extension) : FuzzTarget
{
    readonly string _path = Path.Combine(Path.GetTempPath(), $"fuzz-{Environment.ProcessId}.{extension}");

    public override string Name => extension;

    /// <summary>Pages say how large they are and may be large: a few of them at a time are within the limits.</summary>
    public override long MaxAllocated => 2L << 30;

    public override IEnumerable<byte[]> Seeds(Random random) =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "tables"), $"*.{extension}").Order().Select(File.ReadAllBytes);

    public override string Run(ReadOnlyMemory<byte> input)
    {
        File.WriteAllBytes(_path, input.Span);
        try
        {
            using var parquet = extension == "parquet" ? ParquetFile.Open(_path) : null;
            using var arrow = extension == "arrow" ? ArrowFile.Open(_path) : null;
            var rows = (parquet?.ReadRows() ?? arrow!.ReadRows()).Take(500).ToList();
            return $"{rows.Count} {rows.FirstOrDefault()?.Count} {JsonSerializer.Serialize(rows.FirstOrDefault()).Length / 100}";
        }
        finally
        {
            File.Delete(_path);
        }
    }

    public override bool IsRefusal(Exception error) => error is EvaluationException;
}
