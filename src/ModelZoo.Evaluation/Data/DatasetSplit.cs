using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Evaluation.Data.Arrow;
using ModelZoo.Evaluation.Data.Parquet;

namespace ModelZoo.Evaluation.Data;

/// <summary>Which rows of a dataset are wanted.</summary>
/// <param name="Split">As a task names it: test, validation, train, validation_matched.</param>
/// <param name="Config">Configuration, where the dataset has several.</param>
/// <param name="Files">Paths or patterns for this split, where the task says them; null: found by their names.</param>
/// <param name="Format">Null: by the names of the files.</param>
public sealed record SplitRequest(string Split, string? Config = null, IReadOnlyList<string>? Files = null, DataFormat? Format = null)
{
    /// <summary>Read each text file as one row instead of its lines.</summary>
    public bool WholeTexts { get; init; }
}

/// <summary>The rows of a split: found, not yet read. Reading is lazy, in the order of the files' names, and may be done again.</summary>
public sealed class DatasetSplit
{
    readonly SplitRequest _request;
    readonly DataLimits _limits;

    internal DatasetSplit(SplitRequest request, IReadOnlyList<DataFile> files, DataFormat format, DataLimits limits) => (_request, Files, Format, _limits) = (request, files, format, limits);

    public string Name => _request.Split;

    public IReadOnlyList<DataFile> Files { get; }

    public DataFormat Format { get; }

    /// <summary>One row after the other.</summary>
    /// <exception cref="EvaluationException">A file is broken; the message names file and line.</exception>
    public IEnumerable<Document> Read(CancellationToken stop)
    {
        var index = 0;
        foreach (var row in Rows())
        {
            stop.ThrowIfCancellationRequested();
            if (index >= _limits.MaxRows) throw new EvaluationException($"The split '{Name}' has more than {_limits.MaxRows} rows.");
            var id = row.GetValueOrDefault("id") switch
            {
                string { Length: > 0 } text => text,
                long number => number.ToString(CultureInfo.InvariantCulture),
                _ => index.ToString(CultureInfo.InvariantCulture),
            };
            yield return new(index++, id, row);
        }
    }

    IEnumerable<IReadOnlyDictionary<string, object?>> Rows() => Format switch
    {
        DataFormat.Idx => IdxRows.Read(Files, _limits),
        DataFormat.Images => ImageRows.Read(Files, _limits),
        _ => Files.SelectMany(file => Format switch
        {
            DataFormat.Jsonl => JsonRows.Read(file, _limits),
            DataFormat.Csv => TableRows.Read(file, ',', _limits),
            DataFormat.Tsv => TableRows.Read(file, '\t', _limits),
            DataFormat.Npz => NpzRows.Read(file, _limits),
            DataFormat.Parquet => ReadTable(file, ParquetFile.Open, table => table.ReadRows()),
            DataFormat.Arrow => ReadTable(file, ArrowFile.Open, table => table.ReadRows()),
            DataFormat.Text when _request.WholeTexts => TextRows.ReadWhole(file, _limits),
            DataFormat.Text => TextRows.ReadLines(file, _limits),
            _ => throw file.Bad($"'{Format}' is no format of single files."),
        }),
    };

    static IEnumerable<IReadOnlyDictionary<string, object?>> ReadTable<T>(DataFile file, Func<string, T> open, Func<T, IEnumerable<IReadOnlyDictionary<string, object?>>> read) where T : IDisposable
    {
        using var table = Named(file, () => open(file.FullPath));
        using var rows = read(table).GetEnumerator();
        while (Named(file, rows.MoveNext)) yield return Plain(rows.Current);
    }

    /// <summary>Pictures and sounds lie in such files as Hugging Face writes them: bytes beside the path that they had.</summary>
    static IReadOnlyDictionary<string, object?> Plain(IReadOnlyDictionary<string, object?> row) => !row.Values.Any(IsFile) ? row
        : row.ToDictionary(field => field.Key, field => IsFile(field.Value) ? ((IReadOnlyDictionary<string, object?>)field.Value!)["bytes"] : field.Value, StringComparer.Ordinal);

    static bool IsFile(object? value) => value is IReadOnlyDictionary<string, object?> { Count: 2 } map && map.ContainsKey("path") && map.TryGetValue("bytes", out var bytes) && bytes is ReadOnlyMemory<byte>;

    static T Named<T>(DataFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EvaluationException e)
        {
            throw new EvaluationException($"{file.Path}: {e.Message}", e);
        }
    }

    /// <summary>SHA-256 over the lines <c>{sha256}  {path}\n</c> of the split's files, sorted by path.</summary>
    public async Task<string> DigestAsync(CancellationToken stop) => await FileDigests.OfAsync(Files.Select(file => (file.Path, file.FullPath)), stop);
}

/// <summary>The identity of a set of files.</summary>
public static class FileDigests
{
    /// <summary>SHA-256 over the lines <c>{sha256}  {path}\n</c>, sorted by path.</summary>
    public static async Task<string> OfAsync(IEnumerable<(string Path, string FullPath)> files, CancellationToken stop)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, fullPath) in files.DistinctBy(file => file.Path).OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            whole.AppendData(Encoding.UTF8.GetBytes($"{await OfFileAsync(fullPath, stop)}  {path}\n"));
        }
        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    /// <summary>SHA-256 of one file.</summary>
    public static async Task<string> OfFileAsync(string fullPath, CancellationToken stop)
    {
        await using var content = new FileStream(fullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop));
    }
}
