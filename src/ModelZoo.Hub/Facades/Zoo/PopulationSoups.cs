using ModelZoo.Hub.Populations.Merging;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>A model whose recipe names members of a population.</summary>
/// <param name="Members">Those of this population, in the recipe's order.</param>
/// <param name="Others">Sources from elsewhere.</param>
sealed record MadeModel(ReadableRepository Repository, CommitRow Commit, ReadRecipe Recipe, IReadOnlyList<RecipeSource> Members, int Others);

/// <summary>Models made of a population's members.</summary>
/// <param name="Left">Models that name it as their base beyond those that were looked at.</param>
sealed record MadeModels(IReadOnlyList<MadeModel> Models, int Left);

/// <summary>
/// Finds soups and merges of a population's members: models whose card names the population as their base and whose recipe names members. Cards
/// and recipes are files that anybody may write, so this is what they say; whoever asks sees those that they may read.
/// </summary>
sealed class PopulationSoups(RepositorySearch search, AccessPolicy policy, RepositoryStore repositories, RevisionResolver revisions, RecipeReader recipes)
{
    const int Most = 30;

    public async Task<MadeModels> ListAsync(ReadableRepository population, CancellationToken stop)
    {
        var (made, left, seen) = (new List<MadeModel>(), 0, new HashSet<long>());
        var names = new List<string> { population.Repository.FullName };
        // A card keeps the name that the population had when it was written.
        names.AddRange((await repositories.ListOldNamesAsync(population.Id, stop)).Select(old => $"{old.Owner}/{old.Name}"));
        foreach (var name in names)
        {
            var found = await search.FindAsync(new() { Kind = RepositoryKind.Model, Tags = [$"base_model:{name}"], Limit = Most, Sort = SearchOrder.CreatedAt }, population.Actor, stop);
            left += Math.Max(0, found.Total - found.Items.Count);
            foreach (var item in found.Items.Select(item => item.Repository.Repository).Where(item => item.Id != population.Id && seen.Add(item.Id)))
                if (made.Count < Most && await ReadAsync(item, names, population, stop) is { } model) made.Add(model);
        }
        return new([.. made.OrderByDescending(model => model.Repository.Repository.CreatedAt).ThenByDescending(model => model.Repository.Id)], left);
    }

    /// <summary>What a model says it was made of; null for one without a recipe.</summary>
    public async Task<ReadRecipe?> FindRecipeAsync(ReadableRepository model, CommitRow commit, CancellationToken stop) =>
        model.Repository.Kind == RepositoryKind.Model ? await recipes.FindAsync(model, commit, stop) : null;

    async Task<MadeModel?> ReadAsync(Repository repository, IReadOnlyList<string> names, ReadableRepository population, CancellationToken stop)
    {
        // The list has left out what must not be seen; that is looked at again before a file is read.
        if (await policy.FindReadableAsync(RepositoryKind.Model, repository.Owner, repository.Name, population.Actor, stop) is not { } model
            || await revisions.FindAsync(model, model.Repository.DefaultReference, stop) is not { } head
            || await recipes.FindAsync(model, head.Commit, stop) is not { } recipe) return null;
        var all = recipe.Base is { } origin ? recipe.Inputs.Append(origin) : recipe.Inputs;
        var members = all.Where(source => source is { Member.Length: > 0, Repository: not null } && names.Contains(source.Repository, StringComparer.OrdinalIgnoreCase)).ToList();
        return members.Count == 0 ? null : new(model, head.Commit, recipe, members, all.Count() - members.Count + recipe.Left);
    }
}
