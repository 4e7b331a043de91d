using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Search;

/// <summary>All that a list shows of a repository, and all it is found by. Texts that many share are one object.</summary>
sealed record IndexedRepository
{
    const string SizeTag = "size_categories:";
    static readonly IndexField[] s_fields = Enum.GetValues<IndexField>();

    /// <summary>Its own row, without the description.</summary>
    public required Repository Repository { get; init; }
    public required string FullName { get; init; }
    public string? PipelineTag { get; init; }
    public string? LibraryName { get; init; }
    public string? Licence { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyList<string> Languages { get; init; } = [];
    /// <summary>Spaces: the models and data sets their card names.</summary>
    public IReadOnlyList<string> LinkedModels { get; init; } = [];
    public IReadOnlyList<string> LinkedDatasets { get; init; } = [];
    public long? Parameters { get; init; }

    /// <summary>What a model needs of memory in the standard scenario; null when that is not known.</summary>
    public Footprint? Footprint { get; init; }

    public long FileCount { get; init; }
    public long SizeBytes { get; init; }
    public long CardScore { get; init; }
    public string? CardGrade { get; init; }
    public long LikesOfWeek { get; init; }
    public long LikesOfMonth { get; init; }

    public long Id => Repository.Id;

    /// <summary>What it counts under in each field.</summary>
    public IEnumerable<IndexTerm> Terms()
    {
        foreach (var field in s_fields)
            foreach (var value in Values(field)) yield return new(field, value);
    }

    public IEnumerable<string> Values(IndexField field) => field switch
    {
        IndexField.Kind => [Repository.Kind.Word()],
        IndexField.Author => [Repository.Owner.ToLowerInvariant()],
        IndexField.Task => PipelineTag is null ? [] : [PipelineTag],
        IndexField.Library => LibraryName is null ? [] : [LibraryName],
        IndexField.Licence => Licence is null ? [] : [Licence],
        IndexField.Language => Languages,
        IndexField.Format => Tags.Select(WeightFormats.Find).OfType<string>().Distinct(),
        IndexField.Size => Parameters is { } parameters ? [SizeBucket.Of(parameters)] : Tags.Where(tag => tag.StartsWith(SizeTag, StringComparison.Ordinal)).Select(tag => tag[SizeTag.Length..]),
        IndexField.Tag => Tags,
        IndexField.LinkedModel => LinkedModels.Select(id => id.ToLowerInvariant()),
        IndexField.LinkedDataset => LinkedDatasets.Select(id => id.ToLowerInvariant()),
        IndexField.Linked => LinkedModels.Count + LinkedDatasets.Count > 0 ? ["any"] : [],
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, null),
    };
}
