using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages;

/// <summary>A way to narrow a list that lies in memory.</summary>
sealed record ListFilter<T>(string Key, string Title, Func<T, string?> Value)
{
    /// <summary>The order of the values; by count when it is not given.</summary>
    public IReadOnlyList<string>? Order { get; init; }
}

sealed record ListSort<T>(string Key, string Label, Func<IEnumerable<T>, IEnumerable<T>> Apply);

/// <summary>The state of a list that lies in memory, read from its address: words, filters, order, page.</summary>
sealed class ListAddress<T>(string path, IQueryCollection query, IReadOnlyList<ListFilter<T>> filters, IReadOnlyList<ListSort<T>> sorts, Func<T, string> words, int pageSize)
{
    const int MaxValueLength = 100;

    string? this[string key] => query[key].ToString().Trim() is { Length: > 0 and <= MaxValueLength } text ? text : null;

    public string? Query => this["q"];

    ListSort<T> Sort => sorts.FirstOrDefault(sort => sort.Key == this["sort"]) ?? sorts[0];

    int Page => int.TryParse(this["page"], out var page) ? Math.Clamp(page, 1, 10_000) : 1;

    public (IReadOnlyList<T> Shown, int Total) Take(IReadOnlyList<T> all)
    {
        var found = Narrow(all, except: null).ToList();
        return ([.. Sort.Apply(found).Skip((Page - 1) * pageSize).Take(pageSize)], found.Count);
    }

    public IReadOnlyList<Facet> Facets(IReadOnlyList<T> all) => [.. filters.Select(filter =>
    {
        var counts = Narrow(all, filter.Key).Select(filter.Value).OfType<string>().GroupBy(value => value).Select(group => (group.Key, Count: group.Count())).ToList();
        var ordered = filter.Order is { } order ? counts.OrderBy(pair => order.ToList().IndexOf(pair.Key)) : counts.OrderByDescending(pair => pair.Count).ThenBy(pair => pair.Key, StringComparer.Ordinal);
        return new Facet(filter.Title, [.. ordered.Take(20).Select(pair => new FacetValue(pair.Key, pair.Count, pair.Key == this[filter.Key], With(filter.Key, pair.Key == this[filter.Key] ? null : pair.Key)))]);
    })];

    public IReadOnlyList<ChosenFilter> Chosen =>
        [.. filters.Where(filter => this[filter.Key] is not null).Select(filter => new ChosenFilter($"{filter.Title.ToLowerInvariant()}: {this[filter.Key]}", With(filter.Key, null))),
         .. Query is { } text ? [new ChosenFilter($"name: {text}", With("q", null))] : Array.Empty<ChosenFilter>()];

    public IReadOnlyList<SortLink> Sorts => [.. sorts.Select(sort => new SortLink(sort.Label, sort == Sort, With("sort", sort == sorts[0] ? null : sort.Key)))];

    public IReadOnlyList<KeyValuePair<string, string>> Carried => [.. Fields().Where(pair => pair.Key is not ("q" or "page"))];

    public Href? FirstPage => Page > 1 ? With("page", null) : null;

    public Href? NextPage(int total) => Page * pageSize < total ? With("page", (Page + 1).ToString()) : null;

    IEnumerable<T> Narrow(IEnumerable<T> all, string? except)
    {
        var found = all;
        foreach (var filter in filters)
            if (filter.Key != except && this[filter.Key] is { } wanted) found = found.Where(item => filter.Value(item) == wanted);
        foreach (var word in (Query ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)) found = found.Where(item => words(item).Contains(word, StringComparison.OrdinalIgnoreCase));
        return found;
    }

    Href With(string key, string? value)
    {
        var fields = Fields().Where(field => field.Key != key && field.Key != "page").ToList();
        if (value is not null) fields.Add(new(key, value));
        return Href.Local(path + (fields.Count == 0 ? "" : "?" + string.Join('&', fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"))));
    }

    IEnumerable<KeyValuePair<string, string>> Fields()
    {
        foreach (var key in (string[])[.. filters.Select(filter => filter.Key), "q", "sort"])
            if (this[key] is { } value) yield return new(key, value);
    }
}
