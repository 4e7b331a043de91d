namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A page of a population.</summary>
public sealed record PopulationTab(string Name, string Title)
{
    public static readonly IReadOnlyList<PopulationTab> All =
    [
        new("", "Overview"), new("members", "Members"), new("curves", "Curves"), new("map", "Map"), new("matrices", "Matrices"), new("lineage", "Lineage"), new("soups", "Soups"), new("prediction", "Prediction"),
    ];
}

/// <summary>Addresses of a population's pages at one revision. What a page shows stands in its query.</summary>
public sealed record PopulationLinks(RepositoryLinks Repository, string Revision)
{
    public Href Overview => Repository.Population(Revision);

    public Href Tab(string name) => name.Length == 0 ? Overview : Href.Local($"{Overview.Value}/{name}");

    public Href Member(string id) => Href.Local($"{Overview.Value}/members/{Uri.EscapeDataString(id)}");

    /// <summary>Members that fulfil a condition.</summary>
    public Href Where(string condition) => Page("members", ("where", condition));

    public Href Page(string tab, params IEnumerable<(string Name, string? Value)> fields) => With(Tab(tab), fields);

    public static Href With(Href page, IEnumerable<(string Name, string? Value)> fields)
    {
        var query = string.Join('&', fields.Where(field => !string.IsNullOrEmpty(field.Value)).Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value!)}"));
        return query.Length == 0 ? page : Href.Local($"{page.Value}?{query}");
    }

    /// <summary>The condition that a name has this value, or null where a condition cannot say it.</summary>
    public static string? Condition(string name, string value) => value.Contains('\'') ? value.Contains('"') ? null : $"{name}=\"{value}\"" : $"{name}='{value}'";
}
