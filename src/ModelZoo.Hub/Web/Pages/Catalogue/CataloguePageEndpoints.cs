using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Catalogue;

/// <summary>/models, /datasets and /spaces.</summary>
static class CataloguePageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
            app.MapPublicPage($"/{kind.Plural()}", (Actor actor, HttpContext http, PageFrames frames, RepositorySearch search, Registry registry, CancellationToken stop) =>
                ShowAsync(kind, actor, http, frames, search, registry, stop), "the list shows each viewer what he may see");
    }

    static async Task<IResult> ShowAsync(RepositoryKind kind, Actor actor, HttpContext http, PageFrames frames, RepositorySearch search, Registry registry, CancellationToken stop)
    {
        var address = CatalogueAddress.Read(kind, http.Request.Query);
        var reference = kind == RepositoryKind.Model ? await registry.GetAsync(actor, stop) : null;
        var device = address["fits"] is { } id ? reference?.FindDevice(id) : null;
        var found = await search.FindAsync(address.ToQuery(device is null ? null : MemoryRoom.Of(device)), actor, stop);
        return new PageResult<CataloguePage>(new CataloguePageModel(frames.For(http, kind.Plural()), kind.Word(), found.Total)
        {
            Query = address["q"], Devices = reference is null ? [] : EstimateForms.Groups(reference), Fits = device?.Id,
            FitsProblem = FitsProblem(address["fits"], device),
            Items = RepositorySummaries.Of(found.Items),
            Facets = [.. CatalogueAddress.Filters.Select(filter => Facet(address, filter, found.Facets))],
            Chosen = [.. Chosen(address, device)],
            Sorts = [.. CatalogueAddress.Sorts.Where(s => kind == RepositoryKind.Model || s.Key != "size")
                .Select(s => new SortLink(s.Label, s.Key == address.Sort.Key, address.With("sort", s.Key == CatalogueAddress.Sorts[0].Key ? null : s.Key)))],
            Carried = [.. address.Fields.Where(f => f.Key is not ("q" or "fits" or "after"))],
            FirstPage = address["after"] is null ? null : address.FirstPage,
            NextPage = found.NextCursor is { } cursor ? address.NextPage(cursor) : null,
        });
    }

    static Facet Facet(CatalogueAddress address, (string Key, string Title, IndexField Field) filter, IReadOnlyDictionary<IndexField, IReadOnlyList<FacetCount>> counts)
    {
        var chosen = address[filter.Key];
        var values = counts.TryGetValue(filter.Field, out var list) ? list : [];
        IEnumerable<FacetCount> ordered = filter.Field == IndexField.Size ? values.OrderBy(v => SizeBucket.All.ToList().IndexOf(v.Value)) : values;
        // A value that was chosen stays in the list even where nothing has it.
        if (chosen is not null && values.All(v => !Same(v.Value, chosen))) ordered = ordered.Prepend(new(chosen, 0));
        var title = filter.Field == IndexField.Size && address.Kind != RepositoryKind.Model ? "Size" : filter.Title;
        return new(title, [.. ordered.Select(v => new FacetValue(v.Value, v.Count, Same(v.Value, chosen), address.With(filter.Key, Same(v.Value, chosen) ? null : v.Value)))]);
    }

    static IEnumerable<ChosenFilter> Chosen(CatalogueAddress address, Device? device)
    {
        if (address["fits"] is { } id) yield return new($"fits: {device?.Name ?? id}", address.With("fits", null));
        if (address["q"] is { } text) yield return new($"name: {text}", address.With("q", null));
        if (address["tag"] is { } tag) yield return new($"tag: {tag}", address.With("tag", null));
        foreach (var (key, title, _) in CatalogueAddress.Filters)
            if (address[key] is { } value) yield return new($"{title.ToLowerInvariant()}: {value}", address.With(key, null));
    }

    static string? FitsProblem(string? id, Device? device) => id is null ? null : device is null ? $"There is no device '{id}', so nothing was left out."
        : MemoryRoom.Of(device) is null ? $"The memory of {device.Name} is not known, so nothing was left out." : null;

    static bool Same(string value, string? chosen) => string.Equals(value, chosen, StringComparison.OrdinalIgnoreCase);
}
