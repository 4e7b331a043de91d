using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Search;

/// <summary>The results of a full-text search that are of one kind, best first.</summary>
sealed record SearchGroup(RepositoryKind Kind, IReadOnlyList<FoundRepository> Items);

/// <summary>
/// Finds repositories whose name, tags or card contain all words of a question; the last word may be the beginning of one. Ranked
/// by the sum of the words' weights. Bounded: for words that thousands share, only the repositories in which they count most
/// are ranked, so that no question costs more than a few milliseconds.
/// </summary>
sealed class FullTextSearch(RepositoryIndex index, WordStore words, IndexStore store)
{
    const int MostWords = 8;
    const int MostEndings = 16;
    /// <summary>Repositories looked at for one word; all its endings share them.</summary>
    const int MostHits = 1_600;
    const int FewestHitsPerEnding = 200;
    const int MostCandidates = Sql.MaxInList;

    /// <param name="kind">Null: models, data sets and spaces, each in a group of its own.</param>
    /// <param name="limit">Most items per group.</param>
    public async Task<IReadOnlyList<SearchGroup>> FindAsync(string text, RepositoryKind? kind, int limit, Actor actor, CancellationToken stop)
    {
        var visible = await index.LookAsync(actor, stop);
        var ranked = new List<(IndexedRepository Repository, long Weight)>();
        foreach (var (id, weight) in await RankAsync(text, visible, kind, stop))
            if (visible.Find(id) is { } entry) ranked.Add((entry, weight));
        ranked.Sort((a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight)
            : a.Repository.Repository.Downloads != b.Repository.Repository.Downloads ? b.Repository.Repository.Downloads.CompareTo(a.Repository.Repository.Downloads)
            : b.Repository.Id.CompareTo(a.Repository.Id));
        var groups = Enum.GetValues<RepositoryKind>().Where(k => kind is null || k == kind)
            .Select(k => (Kind: k, Items: ranked.Where(hit => hit.Repository.Repository.Kind == k).Take(limit).Select(hit => hit.Repository).ToList()))
            .Where(group => group.Items.Count > 0).ToList();
        var summaries = new Dictionary<long, string>();
        foreach (var ids in groups.SelectMany(group => group.Items).Select(entry => entry.Id).Chunk(Sql.MaxInList))
            foreach (var (id, summary) in await store.SummariesAsync(ids, stop)) summaries[id] = summary;
        return [.. groups.Select(group => new SearchGroup(group.Kind, [.. group.Items.Select(entry => new FoundRepository(entry, summaries.GetValueOrDefault(entry.Id) ?? ""))]))];
    }

    /// <summary>Weights of the repositories that have all words.</summary>
    async Task<IReadOnlyDictionary<long, long>> RankAsync(string text, VisibleIndex visible, RepositoryKind? kind, CancellationToken stop)
    {
        var asked = Words.Split(text).Distinct().Take(MostWords).ToList();
        if (asked.Count == 0) return new Dictionary<long, long>();
        // One list of spellings for each word that was asked for: itself, and for the last also what it begins.
        var spellings = asked.ConvertAll(word => (IReadOnlyList<string>)[word]);
        spellings[^1] = [.. (await words.ListWordsAsync(asked[^1], MostEndings, stop)).Append(asked[^1]).Distinct()];

        var heaviest = new List<Dictionary<long, long>>();
        foreach (var spelling in spellings)
            heaviest.Add(Readable(Heaviest(await words.ListHeaviestAsync(spelling, Math.Max(MostHits / spelling.Count, FewestHitsPerEnding), stop)), visible, kind));
        if (asked.Count == 1) return heaviest[0];

        // The rarest word decides whom to look at; a complete list needs no second look for itself, but all are asked alike.
        var candidates = heaviest.MinBy(hits => hits.Count)!.OrderByDescending(hit => hit.Value).ThenByDescending(hit => hit.Key).Take(MostCandidates).Select(hit => hit.Key).ToList();
        var totals = new Dictionary<long, (int Words, long Weight)>();
        foreach (var spelling in spellings)
            foreach (var (id, weight) in Heaviest(await words.ListWeightsAsync(spelling, candidates, stop)))
                totals[id] = (totals.GetValueOrDefault(id).Words + 1, totals.GetValueOrDefault(id).Weight + weight);
        return totals.Where(total => total.Value.Words == asked.Count).ToDictionary(total => total.Key, total => total.Value.Weight);
    }

    /// <summary>Several endings of one word count once, with the heaviest.</summary>
    static Dictionary<long, long> Heaviest(IEnumerable<WordHit> hits)
    {
        var weights = new Dictionary<long, long>();
        foreach (var hit in hits) weights[hit.RepositoryId] = Math.Max(hit.Weight, weights.GetValueOrDefault(hit.RepositoryId));
        return weights;
    }

    static Dictionary<long, long> Readable(Dictionary<long, long> weights, VisibleIndex visible, RepositoryKind? kind) =>
        weights.Where(pair => visible.Find(pair.Key) is { } entry && (kind is null || entry.Repository.Kind == kind)).ToDictionary();
}
