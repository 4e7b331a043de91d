namespace ModelZoo.Hub.Cards;

/// <summary>What the hub knows around a card. What is null is unknown, and the checks that need it are left out.</summary>
sealed record CardFacts
{
    public static readonly CardFacts None = new();

    /// <summary>"owner/name" of the card's own repository.</summary>
    public string? RepositoryId { get; init; }

    /// <summary>All file paths of the revision.</summary>
    public IReadOnlySet<string>? Files { get; init; }

    /// <summary>The models on this hub among those reachable over <c>base_model</c> and <c>new_version</c>, by id.</summary>
    public IReadOnlyDictionary<string, KnownModel>? Models { get; init; }

    /// <summary>The data sets on this hub among those the card names (see <see cref="CardValidator.DatasetsOf"/>).</summary>
    public IReadOnlySet<string>? Datasets { get; init; }

    /// <summary>The data sets on this hub that have an eval.yaml.</summary>
    public IReadOnlySet<string>? Benchmarks { get; init; }

    /// <summary><c>architectures</c> and <c>model_type</c> of config.json.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];
    public string? ModelType { get; init; }
}

/// <summary>What another model's card says, as far as this one's checks need it.</summary>
sealed record KnownModel(IReadOnlyList<string> Licenses, IReadOnlyList<string> BaseModels, string? NewVersion);
