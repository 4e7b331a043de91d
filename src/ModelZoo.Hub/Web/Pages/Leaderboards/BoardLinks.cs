using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Catalogue;

namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>Addresses of boards: all of their state stands in them, so that a link keeps what it showed.</summary>
sealed class BoardLinks(string dataset, string task, IQueryCollection query)
{
    public string Path => PathOf(dataset, task);

    public static string PathOf(string dataset, string task) => $"/leaderboards/{Escaped(dataset)}/{Uri.EscapeDataString(task)}";

    public static Href Board(string dataset, string task) => Href.Local(PathOf(dataset, task));

    public static Href Benchmark(string dataset) => Href.Local($"/datasets/{Escaped(dataset)}/benchmark");

    /// <summary>All scores of a model, at one of them.</summary>
    public static Href Scores(string model, string? key) => Href.Local($"/{Escaped(model)}/evaluations{(key is null ? "" : "#s-" + key)}");

    public string? this[string key] => query[key].ToString().Trim() is { Length: > 0 and <= 200 } text ? text : null;

    /// <summary>The same board with one field changed; null takes it off. What is shown further down begins anew.</summary>
    public Href With(string key, string? value, string tail = "")
    {
        var fields = Carried(key).ToList();
        if (value is not null) fields.Add(new(key, value));
        return Href.Local(Path + tail + (fields.Count == 0 ? "" : "?" + string.Join('&', fields.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"))));
    }

    /// <summary>The fields that a form must carry along, those it has itself left out.</summary>
    public IEnumerable<KeyValuePair<string, string>> Carried(params string[] except)
    {
        foreach (var key in BoardAddress.Fields.Append("cost"))
            if (!except.Contains(key) && this[key] is { } value) yield return new(key, value);
    }

    public Facet Facet(string key, string title, IReadOnlyList<BoardFacet> values)
    {
        var chosen = this[key];
        IEnumerable<BoardFacet> all = chosen is null || values.Any(value => value.Value == chosen) ? values : values.Prepend(new BoardFacet(chosen, 0));
        return new(title, [.. all.Select(value => new FacetValue(value.Value, value.Count, value.Value == chosen, With(key, value.Value == chosen ? null : value.Value)))]);
    }

    public IEnumerable<ChosenFilter> Chosen()
    {
        foreach (var (key, title) in ((string, string)[])[("verified", "verified only"), ("base", "not made from others"), ("size", "size"), ("licence", "licence"), ("architecture", "architecture"), ("q", "name")])
            if (this[key] is { } value) yield return new(key is "verified" or "base" ? title : $"{title}: {value}", With(key, null));
    }

    /// <summary>Four digits for shares, as benchmarks print them; the full value stands in the title.</summary>
    public static string Value(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 0.001 or >= 1e6 => value.ToString("0.###e0", CultureInfo.InvariantCulture),
        <= 1 => value.ToString("0.0000", CultureInfo.InvariantCulture),
        < 1000 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    public static string? PlusMinus(BoardScore score) =>
        score.Stderr is { } error ? $"± {error.ToString(error < 1 ? "0.0000" : "0.00", CultureInfo.InvariantCulture)}" : null;

    public static int Group(Standing standing) => Charts.ScoreMarksKey.Words.ToList().IndexOf(standing.Word());

    static string Escaped(string name) => string.Join('/', name.Split('/').Select(Uri.EscapeDataString));
}
