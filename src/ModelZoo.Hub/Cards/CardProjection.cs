using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Cards;

/// <summary>Derives what a repository is found and described by: card, tags, task, library, words, completeness.</summary>
sealed class CardProjection(TreeReader trees) : IProjection
{
    /// <summary>Files that are listed at most; a repository with more is described by these.</summary>
    const int MaxFiles = 100_000;

    const int MaxReadmeBytes = 2 * 1024 * 1024;

    /// <summary>Keys of config.json that clients read from repository info.</summary>
    static readonly string[] s_configKeys = ["architectures", "model_type", "auto_map", "quantization_config", "tokenizer_config", "diffusers", "peft", "task_specific_params"];

    public async Task<IProjectedRows> PrepareAsync(ProjectionInput input, CancellationToken stop)
    {
        var space = input.Repository.SpaceId;
        var files = new List<FolderEntry>();
        await foreach (var entry in trees.WalkAsync(space, input.Tree, null, stop))
        {
            if (!entry.IsFolder) files.Add(entry);
            if (files.Count >= MaxFiles) break;
        }
        var card = Card.Parse(await TextAsync(space, files, "README.md", stop) ?? "");
        var config = ParseObject(await TextAsync(space, files, "config.json", stop));
        var kind = input.Repository.Kind switch
        {
            RepositoryKind.Model => CardKind.Model,
            RepositoryKind.Dataset => CardKind.Dataset,
            _ => CardKind.Space,
        };
        var paths = files.Select(file => file.Path.Value).ToHashSet();
        var tags = CardTags.Of(card, kind, paths, config);
        var names = tags.Tags.Select(JsonText.Storable).Distinct().ToList();
        var score = CardScore.Of(card);
        var findings = CardValidator.Check(card, new CardFacts { RepositoryId = input.Repository.FullName, Files = paths }, kind: kind);
        var row = new CardRow
        {
            RepositoryId = input.Repository.Id,
            CommitId = input.CommitId.Hex,
            PipelineTag = Storable(tags.PipelineTag),
            LibraryName = Storable(tags.LibraryName),
            Licence = card.Metadata.Licenses.Count > 0 ? Storable(card.Metadata.Licenses[0]) : null,
            CardJson = card.ToJson()?.ToJsonString(),
            ConfigJson = ReducedConfig(config)?.ToJsonString(),
            TagsJson = JsonSerializer.Serialize(names),
            Summary = JsonText.Storable(CardWords.Summary(card.Body)),
            Score = score.Total,
            Grade = score.Grade.ToString(),
            FindingsJson = JsonSerializer.Serialize(findings.Take(100).Select(f => new { f.Code, severity = f.IsError ? "error" : "warning", f.Place, f.Message })),
            PointsJson = JsonSerializer.Serialize(score.Points),
            FileCount = files.Count,
            SizeBytes = files.Sum(file => file.SizeBytes),
        };
        return new Rows(row, names, CardWords.Of(input.Repository, card, names));
    }

    async Task<string?> TextAsync(long space, List<FolderEntry> files, string path, CancellationToken stop) =>
        files.Find(file => file.Path.Value == path) is { Pointer: null, BlobBytes: <= MaxReadmeBytes } file
            ? Encoding.UTF8.GetString(await trees.GetContentAsync(space, file.Id, stop))
            : null;

    static string? Storable(string? text) => text is null ? null : JsonText.Storable(text);

    static JsonElement? ParseObject(string? text)
    {
        if (text is null) return null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64 });
            if (!JsonText.IsUnicode(Encoding.UTF8.GetBytes(text), maxDepth: 64)) return null;
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;        // a broken config.json is a file like any other; it just describes nothing
        }
    }

    static JsonObject? ReducedConfig(JsonElement? config)
    {
        if (config is not { } element) return null;
        var reduced = new JsonObject();
        foreach (var key in s_configKeys)
            if (element.TryGetProperty(key, out var value) && value.GetRawText() is { Length: < 20_000 } text) reduced[key] = JsonNode.Parse(text);
        return reduced;
    }

    sealed class Rows(CardRow row, IReadOnlyCollection<string> tags, IReadOnlyDictionary<string, long> words) : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => CardStore.ReplaceAsync(transaction, row, tags, words, stop);
    }
}
