using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>A source as a recipe names it.</summary>
/// <param name="Repository">"owner/name"; null for what lay on somebody's machine.</param>
/// <param name="Member">Of the population that the repository holds; null for a model of its own.</param>
sealed record RecipeSource(string Name, string? Repository, string? Commit, string? Member, int? Epoch, double? Weight);

/// <summary>What a soup or merge says of itself in merge.json. Anybody may have written it.</summary>
/// <param name="Kind">soup or merge.</param>
/// <param name="Accuracies">Of the result, by split.</param>
/// <param name="Left">Sources beyond those that are looked at.</param>
sealed record ReadRecipe(string Kind, string Method, RecipeSource? Base, IReadOnlyList<RecipeSource> Inputs, int Left, IReadOnlyDictionary<string, double> Accuracies);

/// <summary>Reads what models were made of from the recipes in their commits, within bounds; kept by tree.</summary>
sealed class RecipeReader(TreeReader trees) : IDisposable
{
    const long MaxBytes = 4 << 20;
    const int MostSources = 200;
    const int MostSplits = 20;
    const int MaxText = 300;

    static readonly RepoPath s_path = RepoPath.Parse(MergeRecipe.FileName);

    readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    /// <summary>Null where the commit has no recipe that can be read.</summary>
    public async Task<ReadRecipe?> FindAsync(ReadableRepository repository, CommitRow commit, CancellationToken stop)
    {
        var key = (repository.Repository.SpaceId, commit.TreeId);
        if (_kept.TryGetValue(key, out ReadRecipe? known)) return known;
        if (await trees.FindAsync(key.SpaceId, commit.Tree, s_path, stop) is not { Mode: EntryMode.File or EntryMode.Executable, Pointer: null, BlobBytes: <= MaxBytes } file) return null;
        var read = Parse(await trees.GetContentAsync(key.SpaceId, file.Id, stop));
        return _kept.Set(key, read, new MemoryCacheEntryOptions { Size = 1 + (read?.Inputs.Count ?? 0) });
    }

    public static ReadRecipe? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            var root = document.RootElement;
            if (Find(root, "inputs") is not { ValueKind: JsonValueKind.Array } inputs || Text(root, "method") is not { Length: > 0 } method) return null;
            var accuracies = new Dictionary<string, double>(StringComparer.Ordinal);
            if (Find(root, "scores") is { ValueKind: JsonValueKind.Object } scores)
                foreach (var split in scores.EnumerateObject().Take(MostSplits))
                    if (Find(split.Value, "soup") is { } own && Number(own, "accuracy") is >= 0 and <= 1 and var accuracy) accuracies[Short(split.Name)] = accuracy;
            return new(Text(root, "kind") == "soup" ? "soup" : "merge", method, Find(root, "base") is { } origin ? Source(origin) : null,
                [.. inputs.EnumerateArray().Take(MostSources).Select(Source).OfType<RecipeSource>()], Math.Max(0, inputs.GetArrayLength() - MostSources), accuracies);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As the hub writes a source, as an object with all of it; or as the command writes it, by name: <c>owner/name[@revision][#member[@epoch]]</c>.</summary>
    static RecipeSource? Source(JsonElement element)
    {
        var name = element.ValueKind == JsonValueKind.String ? Short(element.GetString()!) : Text(element, "model");
        if (name is not { Length: > 0 }) return null;
        if (Text(element, "repository") is { Length: > 0 } repository)
            return new(name, repository, Text(element, "commit"), Plain(Text(element, "member")), Number(element, "epoch") is { } told && told is >= 0 and <= int.MaxValue ? (int)told : null, Number(element, "weight"));
        var (place, who) = name.Split('#', 2) is [var left, var right] ? (left, right) : (name, null);
        var (member, at) = who?.Split('@', 2) is [var only, var epoch] ? (only, epoch) : (who, null);
        var id = place.Split('@', 2)[0];
        return new(name, id.Split('/') is [{ Length: > 0 } owner, { Length: > 0 }] && owner is not ("." or "..") ? id : null, null, Plain(member), int.TryParse(at, System.Globalization.NumberStyles.None, null, out var number) ? number : null, Number(element, "weight"));
    }

    /// <summary>Ids are names of folders.</summary>
    static string? Plain(string? member) => member is null or "" or "." or ".." ? null : member;

    static JsonElement? Find(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    static string? Text(JsonElement element, string name) => Find(element, name) is { ValueKind: JsonValueKind.String } value ? Short(value.GetString()!) : null;

    static double? Number(JsonElement element, string name) => Find(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    static string Short(string text) => text.Length <= MaxText ? text : text[..MaxText] + "…";

    public void Dispose() => _kept.Dispose();
}
