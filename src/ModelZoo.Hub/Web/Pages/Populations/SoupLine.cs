using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Populations.Merging;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A source of a soup.</summary>
/// <param name="Link">Null where this revision has no such member.</param>
public sealed record SoupSource(string Text, Href? Link);

/// <summary>A soup or merge of members: a repository of its own, as its recipe tells of it.</summary>
/// <param name="Kind">soup or merge.</param>
/// <param name="Members">Ids of its sources that this revision has, each once, in the recipe's order.</param>
/// <param name="Sources">Some of them by name; the recipe has all.</param>
/// <param name="More">Sources that are not named here.</param>
/// <param name="Score">Its accuracy on the split that says most; null where it was not measured.</param>
public sealed record SoupLine(string Id, Href Link, string Kind, string Method, IReadOnlyList<string> Members, IReadOnlyList<SoupSource> Sources, int More, double? Score, DateTimeOffset MadeAt)
{
    const int MostNamed = 5;
    const int MostEpochs = 8;

    /// <summary>Only those see it who may.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>As a sentence has it, after its name.</summary>
    public string Says(string? split) => $"{Method}{(Score is { } score ? $", {split?.Replace('_', ' ')} accuracy {PopulationWords.Score(score)}" : "")}";

    internal static IReadOnlyList<SoupLine> Of(PopulationLinks links, Population population, MadeModels made) =>
        [.. made.Models.Select(model => Of(links, population, model, PopulationWords.Split(population.Members)))];

    static SoupLine Of(PopulationLinks links, Population population, MadeModel model, string? split)
    {
        var known = model.Members.GroupBy(source => source.Member!, StringComparer.Ordinal).Select(group => (Sources: group.ToList(), Member: population.Find(group.Key))).ToList();
        return new(model.Repository.Repository.FullName, RepositoryPageParts.Links(model.Repository.Repository).Home, model.Recipe.Kind, PopulationWords.Short(model.Recipe.Method),
            [.. known.Select(each => each.Member?.Id).OfType<string>().Distinct(StringComparer.Ordinal)],
            [.. known.Take(MostNamed).Select(each => new SoupSource($"{PopulationWords.Short(each.Member?.Id ?? each.Sources[0].Member!)}{Epochs(each.Sources)}", each.Member is { } member ? links.Member(member.Id) : null))],
            known.Skip(MostNamed).Sum(each => each.Sources.Count) + model.Others, split is not null && model.Recipe.Accuracies.TryGetValue(split, out var score) ? score : null, DateTimeOffset.FromUnixTimeMilliseconds(model.Repository.Repository.CreatedAt)) { IsPrivate = model.Repository.Repository.IsPrivate };
    }

    /// <summary>"@6–10" of a run of epochs, "@3, 7" of others; nothing where none is told.</summary>
    static string Epochs(IReadOnlyList<RecipeSource> sources)
    {
        var epochs = sources.Select(source => source.Epoch).OfType<int>().Distinct().Order().ToList();
        if (epochs.Count == 0) return "";
        if (epochs.Count > 2 && epochs[^1] - epochs[0] == epochs.Count - 1) return $"@{epochs[0]}–{epochs[^1]}";
        return $"@{string.Join(", ", epochs.Take(MostEpochs))}{(epochs.Count > MostEpochs ? " …" : "")}";
    }
}
