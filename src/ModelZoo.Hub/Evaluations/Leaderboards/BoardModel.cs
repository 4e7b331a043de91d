using System.Text.Json;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>What boards show of a model and filter by.</summary>
sealed record BoardModel
{
    /// <summary>Its own row, as far as the rule of access needs it.</summary>
    public required Repository Repository { get; init; }
    public required string FullName { get; init; }
    public string? Licence { get; init; }

    /// <summary>The design, as config.json names it.</summary>
    public string? Architecture { get; init; }
    public long? Parameters { get; init; }

    /// <summary>Of its profile; null where it has none.</summary>
    public string? ProfileDigest { get; init; }

    /// <summary>The card names a model that this one was made from.</summary>
    public bool IsDerived { get; init; }

    public static BoardModel Read(BoardModelRow row)
    {
        return new()
        {
            Repository = new Repository
            {
                Id = row.Id, Kind = RepositoryKind.Model, OwnerId = row.OwnerId, Owner = row.Owner, Name = row.Name, IsPrivate = row.Visibility == "private", SpaceId = row.SpaceId,
                DefaultBranch = row.DefaultBranch, CreatedAt = row.CreatedAt, DisabledAt = row.DisabledAt,
            },
            FullName = $"{row.Owner}/{row.Name}", Licence = row.Licence, Parameters = row.Parameters, ProfileDigest = row.Digest,
            Architecture = Text(row.ConfigJson, "model_type"), IsDerived = row.CardJson?.Contains("\"base_model\"", StringComparison.Ordinal) == true && HasBase(row.CardJson),
        };
    }

    static string? Text(string? json, string key)
    {
        if (json is null) return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 and < 100 } text ? text : null;
    }

    static bool HasBase(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("base_model", out var value)
            && (value is { ValueKind: JsonValueKind.String } && value.GetString()!.Length > 0 || value is { ValueKind: JsonValueKind.Array } && value.GetArrayLength() > 0);
    }
}

/// <summary>A model that has or had scores, with what other rooms derived of it.</summary>
sealed record BoardModelRow
{
    public long Id { get; init; }
    public long OwnerId { get; init; }
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
    public string Visibility { get; init; } = "";
    public string DefaultBranch { get; init; } = "";
    public long SpaceId { get; init; }
    public long CreatedAt { get; init; }
    public long? DisabledAt { get; init; }
    public long ChangeNumber { get; init; }
    public string? Licence { get; init; }
    public string? ConfigJson { get; init; }
    public string? CardJson { get; init; }
    public long? Parameters { get; init; }
    public string? Digest { get; init; }
}
