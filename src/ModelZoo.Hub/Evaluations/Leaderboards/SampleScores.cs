using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>The value of every sample under one metric, by the sample's id.</summary>
sealed record SampleValues(IReadOnlyDictionary<string, double> ById);

/// <summary>
/// Reads stored sample files when somebody compares two scores: JSON lines with an id, a filter and a number under the metric's name, plain or gzip.
/// What was read stays in memory, bounded, under the content's digest.
/// </summary>
sealed class SampleScores(TreeReader trees, CommitStore commits, IBlobStore blobs, ReferenceStore references) : IDisposable
{
    const long MaxFileBytes = 256L << 20;

    /// <summary>Of one file, unpacked.</summary>
    const long MaxTextBytes = 2L << 30;

    const int MaxSamples = 500_000;
    const int MaxLine = 16 << 20;

    /// <summary>Numbers kept in memory; each costs some 100 bytes with its id.</summary>
    const long MostKept = 2_000_000;

    readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = MostKept });

    /// <summary>Null where there is no such file, or it does not have the metric sample by sample.</summary>
    public async Task<SampleValues?> FindAsync(Repository repository, BoardScore score, string metric, CancellationToken stop)
    {
        if (score.Samples is not { } path || !RepoPath.TryParse(path, out var at) || !path.StartsWith(ResultsLayout.Folder + "/", StringComparison.Ordinal)) return null;
        if (await references.FindAsync(repository.Id, repository.DefaultReference, stop) is not { } head || await commits.FindAsync(repository.SpaceId, ObjectId.Parse(head.CommitId), stop) is not { } commit) return null;
        if (await trees.FindAsync(repository.SpaceId, commit.Tree, at, stop) is not { Mode: EntryMode.File or EntryMode.Executable } file || file.SizeBytes > MaxFileBytes) return null;
        var key = (file.ContentId, metric, score.Filter, score.TaskId);
        if (_kept.TryGetValue(key, out SampleValues? known)) return known;
        await using var content = file.Pointer is { } pointer ? await blobs.OpenReadAsync(pointer.Digest, 0, pointer.SizeBytes, stop) : new MemoryStream(await trees.GetContentAsync(repository.SpaceId, file.Id, stop));
        await using var text = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(content, CompressionMode.Decompress) : content;
        var values = await ReadAsync(text, metric, score.Filter, stop);
        return _kept.Set(key, values, new MemoryCacheEntryOptions { Size = values?.ById.Count + 1 ?? 1 });
    }

    static async Task<SampleValues?> ReadAsync(Stream content, string metric, string filter, CancellationToken stop)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        try
        {
            using var reader = new StreamReader(content, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16);
            for (long read = 0; await reader.ReadLineAsync(stop) is { } line;)
            {
                if ((read += line.Length) > MaxTextBytes || line.Length > MaxLine || values.Count >= MaxSamples) return null;
                if (line.Length == 0) continue;
                using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 64 });
                if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
                var root = document.RootElement;
                if (root.TryGetProperty("filter", out var stated) && stated.ValueKind == JsonValueKind.String && stated.GetString() != filter) continue;
                if (IdOf(root) is not { } id) return null;
                // A sample that failed counts as wrong.
                values[id] = root.TryGetProperty(metric, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : root.TryGetProperty(metric, out value) && value.ValueKind == JsonValueKind.True ? 1
                    : root.TryGetProperty("error", out _) || value.ValueKind == JsonValueKind.False ? 0 : double.NaN;
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException or InvalidOperationException)
        {
            return null;
        }
        return values.Count == 0 || values.Values.Any(double.IsNaN) ? null : new(values);
    }

    static string? IdOf(JsonElement sample)
    {
        foreach (var name in (string[])["id", "doc_id"])
            if (sample.TryGetProperty(name, out var id))
                if (id.ValueKind == JsonValueKind.String) return id.GetString();
                else if (id.ValueKind == JsonValueKind.Number) return id.TryGetInt64(out var number) ? number.ToString(CultureInfo.InvariantCulture) : id.GetRawText();
        return null;
    }

    public void Dispose() => _kept.Dispose();
}
