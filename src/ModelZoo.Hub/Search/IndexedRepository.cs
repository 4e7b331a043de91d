using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Search;

/// <summary>All that a list shows of a repository, and all it is found by. Texts that many share are one object.</summary>
sealed record IndexedRepository
{
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
        yield return new(IndexField.Kind, Repository.Kind.Word());
        yield return new(IndexField.Author, Repository.Owner.ToLowerInvariant());
        if (PipelineTag is not null) yield return new(IndexField.Task, PipelineTag);
        if (LibraryName is not null) yield return new(IndexField.Library, LibraryName);
        if (Licence is not null) yield return new(IndexField.Licence, Licence);
        foreach (var language in Languages) yield return new(IndexField.Language, language);
        foreach (var tag in Tags)
        {
            yield return new(IndexField.Tag, tag);
            if (WeightFormats.Find(tag) is { } format) yield return new(IndexField.Format, format);
            if (tag.StartsWith("size_categories:", StringComparison.Ordinal)) yield return new(IndexField.Size, tag["size_categories:".Length..]);
        }
        if (Parameters is { } parameters) yield return new(IndexField.Size, SizeBucket.Of(parameters));
        foreach (var model in LinkedModels) yield return new(IndexField.LinkedModel, model.ToLowerInvariant());
        foreach (var dataset in LinkedDatasets) yield return new(IndexField.LinkedDataset, dataset.ToLowerInvariant());
        if (LinkedModels.Count + LinkedDatasets.Count > 0) yield return new(IndexField.Linked, "any");
    }
}
