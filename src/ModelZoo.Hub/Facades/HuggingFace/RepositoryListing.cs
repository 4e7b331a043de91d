using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>A page of repositories as JSON objects. What the index holds costs no query; the rest is one query for the whole page.</summary>
sealed class RepositoryListing(
    CardStore cards, WeightSummaryStore weights, RepositoryStore repositories, CommitStore commits, RepositoryDescription description,
    UsedStorageQuery used, HubOptions options)
{
    /// <summary>Fields of cards that the index holds already.</summary>
    static readonly string[] s_indexed = ["tags", "pipeline_tag", "library_name"];

    static readonly string[] s_headFields = ["sha", "siblings", "description", "usedStorage"];

    static readonly string[] s_weightFields = ["safetensors", "gguf"];

    /// <summary>Most repositories on a page with these fields.</summary>
    public static int MaxLimit(IReadOnlySet<string> wanted) =>
        wanted.Contains("siblings") ? 100 : CardFields(wanted).Count > 0 || wanted.Overlaps(s_headFields) || wanted.Overlaps(s_weightFields) ? Sql.MaxInList : RepositorySearch.MaxLimit;

    public async Task<IReadOnlyList<JsonNode>> DescribeAsync(IReadOnlyList<FoundRepository> page, IReadOnlySet<string> wanted, CancellationToken stop)
    {
        if (page.Count == 0) return [];
        var ids = page.Select(found => found.Repository.Id).ToList();
        var cardFields = CardFields(wanted);
        var cardRows = cardFields.Count > 0 ? await cards.ListAsync(ids, stop) : new Dictionary<long, CardRow>();
        var weightRows = wanted.Overlaps(s_weightFields) ? await weights.ListAsync(ids, stop) : new Dictionary<long, WeightSummaryRow>();
        var heads = wanted.Overlaps(s_headFields) ? await repositories.ListHeadsAsync(ids, stop) : new Dictionary<long, RepositoryHead>();

        var storage = wanted.Contains("usedStorage") ? await used.ListAsync(ids, stop) : new Dictionary<long, long>();

        var items = new List<JsonNode>(page.Count);
        foreach (var entry in page.Select(found => found.Repository))
        {
            var head = heads.GetValueOrDefault(entry.Id);
            var repository = head is null ? entry.Repository : entry.Repository with { Description = head.Description };
            var json = RepositoryDescription.Identify(repository, wanted, entry.LikesOfWeek);
            AddIndexed(json, entry, wanted);
            if (storage.TryGetValue(entry.Id, out var bytes)) json["usedStorage"] = bytes;
            if (wanted.Contains("xetEnabled")) json["xetEnabled"] = options.Xet.Enabled;
            if (cardRows.GetValueOrDefault(entry.Id) is { } card) RepositoryDescription.AddCard(json, repository, card, cardFields);
            if (repository.Kind == RepositoryKind.Model && weightRows.GetValueOrDefault(entry.Id) is { } summary) RepositoryDescription.AddWeights(json, summary, wanted);
            if (head?.CommitId is { } commitId)
            {
                if (wanted.Contains("sha")) json["sha"] = commitId;
                if (wanted.Contains("siblings") && await commits.FindAsync(repository.SpaceId, ObjectId.Parse(commitId), stop) is { } commit)
                    json["siblings"] = await description.SiblingsAsync(repository.SpaceId, commit.Tree, withBlobs: false, stop);
            }
            items.Add(json);
        }
        return items;
    }

    static HashSet<string> CardFields(IReadOnlySet<string> wanted) => [.. RepositoryDescription.CardFields.Where(wanted.Contains).Except(s_indexed)];

    static void AddIndexed(JsonObject json, IndexedRepository entry, IReadOnlySet<string> wanted)
    {
        if (wanted.Contains("tags")) json["tags"] = new JsonArray([.. entry.Tags.Select(tag => JsonValue.Create(tag))]);
        if (entry.Repository.Kind != RepositoryKind.Model) return;
        if (wanted.Contains("pipeline_tag") && entry.PipelineTag is not null) json["pipeline_tag"] = entry.PipelineTag;
        if (wanted.Contains("library_name") && entry.LibraryName is not null) json["library_name"] = entry.LibraryName;
    }
}
