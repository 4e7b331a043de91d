using System.Text.Json;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Search;

/// <summary>Turns rows into index entries; texts that many repositories share become one object.</summary>
sealed class IndexReading(IndexSnapshot before)
{
    readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);

    public IndexedRepository Read(IndexRow row)
    {
        _ = RepositoryKinds.TryParse(row.KindWord, out var kind);
        var tags = Tags(row.TagsJson);
        var (languages, models, datasets) = kind == RepositoryKind.Dataset ? (TaggedLanguages(tags), [], []) : FromCard(row.CardJson, kind);
        var owner = Shared(row.Owner);
        return new()
        {
            Repository = new Repository
            {
                Id = row.Id, Kind = kind, OwnerId = row.OwnerId, Owner = owner, Name = row.Name, IsPrivate = row.Visibility == "private",
                DefaultBranch = Shared(row.DefaultBranch), Sdk = row.Sdk is null ? null : Shared(row.Sdk), SpaceId = row.SpaceId,
                CreatedAt = row.CreatedAt, UpdatedAt = row.UpdatedAt, DisabledAt = row.DisabledAt,
                Downloads = row.Downloads, DownloadsAllTime = row.DownloadsAllTime, Likes = row.Likes,
            },
            FullName = $"{owner}/{row.Name}",
            PipelineTag = row.PipelineTag is null ? null : Shared(row.PipelineTag),
            LibraryName = row.LibraryName is null ? null : Shared(row.LibraryName),
            Licence = row.Licence is null ? null : Shared(row.Licence),
            Tags = tags,
            Languages = languages,
            LinkedModels = models,
            LinkedDatasets = datasets,
            Parameters = row.Parameters,
            Footprint = row is { WeightBytes: { } weights, FootprintBytes: { } bytes } ? new(weights, bytes) : null,
            FileCount = row.FileCount ?? 0,
            SizeBytes = row.SizeBytes ?? 0,
            CardScore = row.Score ?? 0,
            CardGrade = row.Grade is null ? null : Shared(row.Grade),
            LikesOfWeek = row.LikesOfWeek,
            LikesOfMonth = row.LikesOfMonth,
        };
    }

    string[] Tags(string? json) =>
        json is null or "[]" ? [] : Array.ConvertAll(JsonSerializer.Deserialize<string[]>(json)!, Shared);

    string[] TaggedLanguages(string[] tags) =>
        [.. tags.Where(tag => tag.StartsWith("language:", StringComparison.Ordinal)).Select(tag => Shared(tag["language:".Length..]))];

    /// <summary>Only the card says which of a model's tags are languages, and what a space makes use of.</summary>
    (string[] Languages, string[] Models, string[] Datasets) FromCard(string? json, RepositoryKind kind)
    {
        if (json is null) return ([], [], []);
        using var document = JsonDocument.Parse(json);
        return kind == RepositoryKind.Model
            ? (Texts(document.RootElement, "language"), [], [])
            : ([], Texts(document.RootElement, "models"), Texts(document.RootElement, "datasets"));
    }

    string[] Texts(JsonElement card, string key) => card.ValueKind == JsonValueKind.Object && card.TryGetProperty(key, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.String => [Shared(value.GetString()!)],
            JsonValueKind.Array => [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Take(100).Select(item => Shared(item.GetString()!)).Distinct()],
            _ => [],
        }
        : [];

    string Shared(string text)
    {
        if (_shared.TryGetValue(text, out var known)) return known;
        foreach (var values in before.Terms)
            if (values.TryGetKey(text, out known)) return _shared[text] = known;
        return _shared[text] = text;
    }
}
