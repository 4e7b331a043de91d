using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Search;

/// <summary>How much a word counts in a repository's name, tags and card.</summary>
sealed record WordHit(long RepositoryId, long Weight);

/// <summary>Reads the words that repositories are found by. All their SQL.</summary>
sealed class WordStore(HubDatabase database)
{
    /// <summary>Words that begin with a prefix, itself included; each step is one look into an index.</summary>
    public async Task<IReadOnlyList<string>> ListWordsAsync(string prefix, int limit, CancellationToken stop)
    {
        var words = await database.ListAsync<string?>("""
            with recursive step (word, number) as (
                select (select min(word) from card_word where word >= @prefix), 1
                union all
                select (select min(card_word.word) from card_word where card_word.word > step.word), step.number + 1
                from step
                where step.word is not null and step.number < @limit
            )
            select word
            from step
            """, new { prefix, limit }, stop);
        return [.. words.OfType<string>().Where(word => word.StartsWith(prefix, StringComparison.Ordinal))];
    }

    /// <summary>For each word the repositories in which it counts most.</summary>
    public Task<IReadOnlyList<WordHit>> ListHeaviestAsync(IReadOnlyList<string> words, int perWord, CancellationToken stop)
    {
        var parameters = new DynamicParameters(new { perWord });
        var parts = words.Select((word, index) =>
        {
            parameters.Add($"w{index}", word);
            return $"""
                select repository_id, weight from (
                    select repository_id, weight
                    from card_word
                    where word = @w{index}
                    order by weight desc, repository_id desc
                    limit @perWord
                ) as hit{index}
                """;
        });
        return database.ListAsync<WordHit>(string.Join("\nunion all\n", parts), parameters, stop);
    }

    /// <summary>What these words count in these repositories; at most <see cref="Sql.MaxInList"/> of them.</summary>
    public Task<IReadOnlyList<WordHit>> ListWeightsAsync(IReadOnlyList<string> words, IReadOnlyCollection<long> repositoryIds, CancellationToken stop)
    {
        if (repositoryIds.Count == 0) return Task.FromResult<IReadOnlyList<WordHit>>([]);
        var parameters = new DynamicParameters();
        var candidates = repositoryIds.Select((id, index) =>
        {
            parameters.Add($"r{index}", id);
            return $"(@r{index})";
        });
        // A join, because SQLite answers two lists of values by reading all rows of each word.
        return database.ListAsync<WordHit>($"""
            with candidate (id) as (
                values {string.Join(", ", candidates)}
            )
            select card_word.repository_id, card_word.weight
            from candidate
            join card_word on card_word.repository_id = candidate.id
            where {Sql.In("card_word.word", words, parameters, "w")}
            """, parameters, stop);
    }
}
