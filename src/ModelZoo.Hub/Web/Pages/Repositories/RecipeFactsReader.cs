using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Populations.Merging;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Populations;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>Says on a model's page what it was averaged or merged from, with links to what the viewer may see.</summary>
sealed class RecipeFactsReader(PopulationSoups soups, AccessPolicy policy, RepositoryStore repositories)
{
    const int MostNamed = 12;

    /// <summary>Null for a model without a recipe.</summary>
    public async Task<RecipeFacts?> FindAsync(ReadableRepository model, CommitRow commit, CancellationToken stop)
    {
        if (await soups.FindRecipeAsync(model, commit, stop) is not { } recipe) return null;
        var homes = new Dictionary<string, RepositoryLinks?>(StringComparer.OrdinalIgnoreCase);
        var sources = new List<RecipeFact>();
        foreach (var source in recipe.Inputs.Take(MostNamed)) sources.Add(await FactAsync(source));
        var all = recipe.Inputs.Count + recipe.Left;
        // Members of one population: the link leads to its tree, in which this model stands.
        var population = recipe.Inputs.Select(source => source.Member is null ? null : source.Repository).Distinct(StringComparer.OrdinalIgnoreCase).ToList() is [{ } one] && await HomeAsync(one) is { } home
            ? new RecipeFact(home.Id, home.Population(null)) : null;
        return new(recipe.Kind, $"{PopulationWords.Short(recipe.Method)} of {Quantity.Of(all, recipe.Inputs.All(source => source.Member is not null) ? "state" : "model")}", sources, Math.Max(0, all - MostNamed), recipe.Base is { } origin ? await FactAsync(origin) : null, population);

        async Task<RecipeFact> FactAsync(RecipeSource source)
        {
            var at = source.Epoch is { } epoch ? $"@{epoch}" : "";
            var text = source.Member is { } member ? $"{PopulationWords.Short(member)}{at}" : source.Repository ?? source.Name;
            if (source.Repository is not { } id || await HomeAsync(id) is not { } home) return new(PopulationWords.Short(text), null);
            if (source.Member is null) return new(PopulationWords.Short(text), home.Home);
            return new(PopulationWords.Short(text), new PopulationLinks(home, IsCommit(source.Commit) ? source.Commit! : "HEAD").Member(source.Member));
        }

        async Task<RepositoryLinks?> HomeAsync(string id)
        {
            if (homes.TryGetValue(id, out var known)) return known;
            return homes[id] = id.Split('/') is [var owner, var name] && await FindAsync(owner, name) is { } found ? RepositoryPageParts.Links(found) : null;
        }

        // A recipe keeps the name that a source had then.
        async Task<Repository?> FindAsync(string owner, string name) =>
            (await policy.FindReadableAsync(RepositoryKind.Model, owner, name, model.Actor, stop)
                ?? (await repositories.FindByOldNameAsync(RepositoryKind.Model, owner, name, null, stop) is var (moved, _) ? await policy.FindReadableAsync(RepositoryKind.Model, moved.Owner, moved.Name, model.Actor, stop) : null))?.Repository;
    }

    static bool IsCommit(string? text) => text is { Length: 40 } && text.All(char.IsAsciiHexDigitLower);
}
