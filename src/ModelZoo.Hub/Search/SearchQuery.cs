using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Search;

/// <summary>What a list asks for. Everything that is set must hold.</summary>
sealed record SearchQuery
{
    public RepositoryKind? Kind { get; init; }

    /// <summary>Words that "owner/name" must contain, each somewhere, whatever their case.</summary>
    public string Text { get; init; } = "";

    /// <summary>Exact tags; all are needed.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? Author { get; init; }
    public string? Task { get; init; }
    public string? Library { get; init; }
    public string? Licence { get; init; }
    public string? Language { get; init; }
    public string? Format { get; init; }

    /// <summary>One of <see cref="SizeBucket.All"/>, or a data set's size category.</summary>
    public string? Size { get; init; }

    public long? MinParameters { get; init; }
    public long? MaxParameters { get; init; }

    /// <summary>Models that fit this much memory in the standard scenario, as an estimate would say.</summary>
    public MemoryRoom? Fits { get; init; }

    /// <summary>Spaces that make use of these.</summary>
    public IReadOnlyList<string> LinkedModels { get; init; } = [];
    public IReadOnlyList<string> LinkedDatasets { get; init; } = [];

    /// <summary>Spaces that make use of any model or data set.</summary>
    public bool Linked { get; init; }

    public SearchOrder Sort { get; init; } = SearchOrder.Trending;
    public bool Ascending { get; init; }

    /// <summary>Where the page before ended: its <see cref="SearchPage.NextCursor"/>.</summary>
    public string? Cursor { get; init; }

    public int Limit { get; init; } = 30;

    /// <summary>Count the values by which the result could be narrowed further.</summary>
    public bool WithFacets { get; init; }

    /// <summary>Fetch the first words of each card.</summary>
    public bool WithSummaries { get; init; }

    public IEnumerable<IndexTerm> Terms()
    {
        if (Kind is { } kind) yield return new(IndexField.Kind, kind.Word());
        if (Author is { Length: > 0 }) yield return new(IndexField.Author, Author.ToLowerInvariant());
        if (Task is { Length: > 0 }) yield return new(IndexField.Task, Task);
        if (Library is { Length: > 0 }) yield return new(IndexField.Library, Library);
        if (Licence is { Length: > 0 }) yield return new(IndexField.Licence, Licence);
        if (Language is { Length: > 0 }) yield return new(IndexField.Language, Language);
        if (Format is { Length: > 0 }) yield return new(IndexField.Format, Format);
        if (Size is { Length: > 0 }) yield return new(IndexField.Size, Size);
        foreach (var tag in Tags) yield return new(IndexField.Tag, tag);
        foreach (var model in LinkedModels) yield return new(IndexField.LinkedModel, model.ToLowerInvariant());
        foreach (var dataset in LinkedDatasets) yield return new(IndexField.LinkedDataset, dataset.ToLowerInvariant());
        if (Linked) yield return new(IndexField.Linked, "any");
    }
}
