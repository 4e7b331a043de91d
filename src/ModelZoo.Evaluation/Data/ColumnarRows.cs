using ModelZoo.Evaluation.Data.Arrow;
using ModelZoo.Evaluation.Data.Parquet;

namespace ModelZoo.Evaluation.Data;

/// <summary>Files that keep tables by columns. What is broken in them is said with the file's name.</summary>
static class ColumnarRows
{
    public static IEnumerable<IReadOnlyDictionary<string, object?>> ReadParquet(DataFile file) => Read(file, () => ParquetFile.Open(file.FullPath), parquet => parquet.ReadRows());

    public static IEnumerable<IReadOnlyDictionary<string, object?>> ReadArrow(DataFile file) => Read(file, () => ArrowFile.Open(file.FullPath), arrow => arrow.ReadRows());

    static IEnumerable<IReadOnlyDictionary<string, object?>> Read<T>(DataFile file, Func<T> open, Func<T, IEnumerable<IReadOnlyDictionary<string, object?>>> read) where T : IDisposable
    {
        using var table = Guard(file, open);
        using var rows = read(table).GetEnumerator();
        while (Guard(file, rows.MoveNext)) yield return rows.Current;
    }

    static T Guard<T>(DataFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EvaluationException error)
        {
            throw new EvaluationException($"{file.Path}: {error.Message}", error);
        }
    }
}
