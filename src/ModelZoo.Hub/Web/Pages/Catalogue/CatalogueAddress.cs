using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Catalogue;

/// <summary>The state of a list, which is all in its address: read from there, and written back with one thing changed.</summary>
sealed record CatalogueAddress(RepositoryKind Kind, IReadOnlyDictionary<string, string> Fields)
{
    const int MaxValueLength = 200;

    /// <summary>The filters in the order in which the page shows them: the key in the address, its word, and the field of the index.</summary>
    public static readonly IReadOnlyList<(string Key, string Title, IndexField Field)> Filters =
    [
        ("task", "Task", IndexField.Task), ("library", "Library", IndexField.Library), ("license", "Licence", IndexField.Licence),
        ("language", "Language", IndexField.Language), ("size", "Parameters", IndexField.Size), ("format", "Format", IndexField.Format), ("author", "Author", IndexField.Author),
    ];

    public static readonly IReadOnlyList<(string Key, string Label, SearchOrder Order)> Sorts =
    [
        ("trending", "Trending", SearchOrder.Trending), ("changed", "Changed", SearchOrder.LastModified), ("created", "Created", SearchOrder.CreatedAt),
        ("downloads", "Downloads", SearchOrder.Downloads), ("likes", "Likes", SearchOrder.Likes), ("size", "Parameters", SearchOrder.Parameters), ("name", "Name", SearchOrder.Name),
    ];

    static readonly HashSet<string> s_known = [.. Filters.Select(f => f.Key), "q", "tag", "fits", "sort", "after"];

    public static CatalogueAddress Read(RepositoryKind kind, IQueryCollection query) => new(kind, query
        .Where(pair => s_known.Contains(pair.Key) && pair.Value.ToString() is { Length: > 0 and <= MaxValueLength * 3 })
        .ToDictionary(pair => pair.Key, pair => pair.Value[^1]!.Trim()));

    public string? this[string key] => Fields.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    public (string Key, string Label, SearchOrder Order) Sort => Sorts.FirstOrDefault(s => s.Key == this["sort"]) is { Key: not null } sort ? sort : Sorts[0];

    /// <summary>This list with one field set, or taken off; it begins at its first page again.</summary>
    public Href With(string key, string? value)
    {
        var fields = Fields.Where(f => f.Key != key && f.Key != "after").ToList();
        if (value is not null) fields.Add(new(key, value));
        return Write(fields);
    }

    public Href NextPage(string cursor) => Write([.. Fields.Where(f => f.Key != "after"), new("after", cursor)]);

    public Href FirstPage => Write([.. Fields.Where(f => f.Key != "after")]);

    /// <param name="fits">The memory of the device that the models must fit.</param>
    public SearchQuery ToQuery(MemoryRoom? fits) => new()
    {
        Kind = Kind,
        Fits = fits,
        Text = this["q"] ?? "",
        Tags = this["tag"] is { } tag ? [tag] : [],
        Task = this["task"],
        Library = this["library"],
        Licence = this["license"],
        Language = this["language"],
        Size = this["size"],
        Format = this["format"],
        Author = this["author"],
        Sort = Sort.Order,
        Ascending = Sort.Order == SearchOrder.Name,
        Cursor = this["after"],
        WithFacets = true,
        WithSummaries = true,
    };

    Href Write(List<KeyValuePair<string, string>> fields) => Href.Local($"/{Kind.Plural()}" + (fields.Count == 0 ? "" : "?"
        + string.Join('&', fields.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"))));
}
