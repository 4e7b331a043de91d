using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A sample's record, and how it went.</summary>
/// <param name="IsWrong">An error, or 0 in the first metric that has a value for single samples.</param>
sealed record ShownSample(long Number, bool IsWrong, string Line);

/// <param name="Total">Lines that were looked at.</param>
/// <param name="IsCut">There are more than were looked at.</param>
sealed record SamplePage(IReadOnlyList<ShownSample> Samples, long Total, long Wrong, bool IsCut);

/// <summary>Pages through sample records: from the commit that holds them, else from what the hub keeps.</summary>
sealed class EvaluationSamples(EvaluationStore store, TreeReader trees, CommitStore commits, IBlobStore blobs)
{
    /// <summary>Lines looked at for one page: wrong ones are to come first, so all must be seen.</summary>
    const int MaxLines = 100_000;

    /// <summary>Longest line that is shown whole.</summary>
    const int MaxLine = 64 * 1024;

    /// <param name="wrongFirst">Errors and wrong answers before the others; else in the order of the data.</param>
    /// <exception cref="Refusal">There are no samples of that task.</exception>
    public async Task<SamplePage> ReadAsync(SeenEvaluation seen, string? task, bool wrongFirst, int skip, int limit, CancellationToken stop)
    {
        await using var content = await OpenAsync(seen, task, stop) ?? throw Refusal.NotFound("There are no samples of this task, or not yet.");
        using var reader = new StreamReader(content, Encoding.UTF8);
        var (wrong, right, number, isCut) = (new List<ShownSample>(), new List<ShownSample>(), 0L, false);
        var all = new List<ShownSample>();
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            if (number == MaxLines)
            {
                isCut = true;
                break;
            }
            var sample = new ShownSample(number++, IsWrong(line), "");
            // Only what can be on this page is kept.
            var list = wrongFirst ? sample.IsWrong ? wrong : right : all;
            list.Add(list.Count < skip + limit ? sample with { Line = line.Length <= MaxLine ? line : line[..MaxLine] } : sample);
        }
        if (wrongFirst) all = [.. wrong, .. right];
        return new([.. all.Skip(skip).Take(limit)], number, wrongFirst ? wrong.Count : all.Count(sample => sample.IsWrong), isCut);
    }

    /// <summary>The tasks whose samples can be read.</summary>
    public async Task<IReadOnlyList<string>> TasksAsync(EvaluationRow row, CancellationToken stop) => row.SampleFiles.Count > 0 ? [.. row.SampleFiles.Keys.Order(StringComparer.Ordinal)]
        : [.. (await store.ListPartsAsync(row.Id, stop)).Select(part => part.File).Where(IsLines).Select(TaskOf).Distinct().Order(StringComparer.Ordinal)];

    async Task<Stream?> OpenAsync(SeenEvaluation seen, string? task, CancellationToken stop)
    {
        var (row, space) = (seen.Row, seen.Model.Repository.SpaceId);
        if (row is { ResultCommit: { } commitId } && (task is null ? row.SampleFiles.Values.FirstOrDefault() : row.SampleFiles.GetValueOrDefault(task)) is { } path)
        {
            if (await commits.FindAsync(space, ObjectId.Parse(commitId), stop) is not { } commit || await trees.FindAsync(space, commit.Tree, RepoPath.Parse(path), stop) is not { IsFolder: false } file) return null;
            Stream packed = file.Pointer is { } pointer ? await blobs.OpenReadAsync(pointer.Digest, 0, pointer.SizeBytes, stop) : new MemoryStream(await trees.GetContentAsync(space, file.Id, stop));
            return new GZipStream(packed, CompressionMode.Decompress);
        }
        var parts = (await store.ListPartsAsync(row.Id, stop)).Where(part => IsLines(part.File) && (task is null || TaskOf(part.File) == ResultNames.Safe(task))).ToList();
        return parts.Count == 0 ? null : new PartStream(store, row.Id, [.. parts.Where(part => part.File == parts[0].File)]);
    }

    static bool IsLines(string file) => file.EndsWith(".jsonl", StringComparison.Ordinal) || file.EndsWith(".part", StringComparison.Ordinal);

    static string TaskOf(string file) => Path.GetFileNameWithoutExtension(file)["samples_".Length..];

    /// <summary>Errors say so; others name their metrics, and the first with a number decides.</summary>
    static bool IsWrong(string line)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(line), new JsonReaderOptions { MaxDepth = 64 });
            var metrics = new List<string>();
            var values = new Dictionary<string, double>(StringComparer.Ordinal);
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
                var name = reader.GetString()!;
                reader.Read();
                if (name == "error") return true;
                if (name == "metrics" && reader.TokenType == JsonTokenType.StartArray)
                    while (reader.Read() && reader.TokenType == JsonTokenType.String) metrics.Add(reader.GetString()!);
                else if (reader.TokenType == JsonTokenType.Number) values[name] = reader.GetDouble();
                else reader.Skip();
            }
            return metrics.FirstOrDefault(values.ContainsKey) is { } first && values[first] == 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return true;
        }
    }
}
