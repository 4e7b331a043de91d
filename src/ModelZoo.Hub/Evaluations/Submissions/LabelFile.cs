using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelZoo.Evaluation.Submissions;
using ModelZoo.Git;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <param name="IsHidden">Not everybody who may see the benchmark may see them.</param>
sealed record FoundLabels(IReadOnlyList<PredictionLabel> Labels, bool IsHidden, string Digest);

/// <summary>
/// Reads the labels of a task: JSON lines {id, label, subgroup, choices} or CSV with a header <c>id,label</c>, in the benchmark or in another dataset of the
/// same owner. Nothing of them ever appears in a message.
/// </summary>
sealed class LabelFile(RepositoryStore repositories, ReferenceStore references, CommitStore commits, TreeReader trees, ScoreFiles files)
{
    const long MaxBytes = 64L << 20;
    const int MaxLabels = 1_000_000;

    static readonly Refusal s_broken = new(RefusalKind.Unprocessable, "The labels of this benchmark cannot be read; its owner has to mend them.");

    public async Task<FoundLabels> GetAsync(Repository benchmark, string labels, CancellationToken stop)
    {
        var (repository, path) = (benchmark, labels);
        var parts = labels.Split('/', 3);
        if (parts.Length == 3 && string.Equals(parts[0], benchmark.Owner, StringComparison.OrdinalIgnoreCase)
            && await repositories.FindAsync(RepositoryKind.Dataset, parts[0], parts[1], null, stop) is var (other, _) && other.OwnerId == benchmark.OwnerId) (repository, path) = (other, parts[2]);
        if (!RepoPath.TryParse(path, out var at) || await references.FindAsync(repository.Id, repository.DefaultReference, stop) is not { } head
            || await commits.FindAsync(repository.SpaceId, ObjectId.Parse(head.CommitId), stop) is not { } commit
            || await trees.FindAsync(repository.SpaceId, commit.Tree, at, stop) is not { Mode: EntryMode.File or EntryMode.Executable } file
            || await files.FindContentAsync(repository.SpaceId, file, MaxBytes, stop) is not { } content) throw s_broken;
        var read = Read(content);
        return new(read, repository.IsPrivate && (repository.Id != benchmark.Id || !benchmark.IsPrivate), file.ContentId);
    }

    static List<PredictionLabel> Read(byte[] content)
    {
        var labels = new List<PredictionLabel>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using var reader = new StreamReader(new MemoryStream(content), Encoding.UTF8);
            var isJson = content.AsSpan().TrimStart("\uFEFF \r\n\t"u8) is [(byte)'{', ..];
            string[]? header = null;
            while (reader.ReadLine() is { } line)
            {
                if (line.Trim().Length == 0) continue;
                if (!isJson && header is null)
                {
                    header = [.. line.TrimStart('\uFEFF').Split(',').Select(name => name.Trim())];
                    continue;
                }
                var label = isJson ? OfJson(line) : OfRow(line.Split(','), header!);
                if (labels.Count >= MaxLabels || !seen.Add(label.Id)) throw s_broken;
                labels.Add(label);
            }
        }
        catch (Exception broken) when (broken is JsonException or IndexOutOfRangeException or InvalidOperationException)
        {
            throw s_broken;
        }
        return labels.Count > 0 ? labels : throw s_broken;
    }

    static PredictionLabel OfJson(string line)
    {
        using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
        var root = document.RootElement;
        return new(Text(root, "id") ?? throw s_broken, root.TryGetProperty("label", out var label) ? Value(label) : throw s_broken, Text(root, "subgroup"),
            root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array ? [.. choices.EnumerateArray().Select(choice => choice.ToString())] : null);
    }

    static PredictionLabel OfRow(string[] cells, string[] header)
    {
        var (id, label, subgroup) = (Array.IndexOf(header, "id"), Array.FindIndex(header, name => name is "label" or "target"), Array.IndexOf(header, "subgroup"));
        return id < 0 || label < 0 ? throw s_broken : new(cells[id].Trim(), Plain(cells[label].Trim()), subgroup < 0 ? null : cells[subgroup].Trim());
    }

    static object Plain(string text) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : text;

    static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null : null;

    static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
        JsonValueKind.Array => value.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.True => 1L,
        JsonValueKind.False => 0L,
        _ => throw s_broken,
    };
}
