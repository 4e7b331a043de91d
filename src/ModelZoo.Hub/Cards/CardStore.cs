using System.Data.Common;
using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Cards;

/// <summary>What is derived from the card, config.json and file names at the head of a repository.</summary>
sealed record CardRow
{
    public long RepositoryId { get; init; }
    public string CommitId { get; init; } = "";
    public string? PipelineTag { get; init; }
    public string? LibraryName { get; init; }
    public string? Licence { get; init; }
    public string? CardJson { get; init; }
    public string? ConfigJson { get; init; }
    public string TagsJson { get; init; } = "[]";
    public string Summary { get; init; } = "";
    public long Score { get; init; }
    public string Grade { get; init; } = "E";
    public string FindingsJson { get; init; } = "[]";
    public string PointsJson { get; init; } = "[]";
    public long FileCount { get; init; }
    public long SizeBytes { get; init; }
}

/// <summary>Rows of the card projection. All their SQL.</summary>
sealed class CardStore(HubDatabase database)
{
    const string Columns = """
        repository_id, commit_id, pipeline_tag, library_name, licence, card_json, config_json, tags_json, summary,
        score, grade, findings_json, points_json, file_count, size_bytes
        """;

    public Task<CardRow?> FindAsync(long repositoryId, CancellationToken stop) => database.FindAsync<CardRow>($"""
        select {Columns}
        from repository_card
        where repository_id = @repositoryId
        """, new { repositoryId }, stop);

    /// <summary>The cards of at most <see cref="Sql.MaxInList"/> repositories, by repository.</summary>
    public async Task<IReadOnlyDictionary<long, CardRow>> ListAsync(IReadOnlyCollection<long> repositoryIds, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var rows = await database.ListAsync<CardRow>($"""
            select {Columns}
            from repository_card
            where {Sql.In("repository_id", repositoryIds, parameters)}
            """, parameters, stop);
        return rows.ToDictionary(row => row.RepositoryId);
    }

    /// <summary>Replaces the repository's rows: card, tags and words.</summary>
    public static async Task ReplaceAsync(
        DbTransaction transaction, CardRow row, IReadOnlyCollection<string> tags, IReadOnlyDictionary<string, long> words, CancellationToken stop)
    {
        var id = new { row.RepositoryId };
        foreach (var table in (string[])["repository_card", "repository_tag", "card_word"])
            await transaction.ExecuteAsync($"delete from {table} where repository_id = @RepositoryId", id, stop);
        await transaction.ExecuteAsync("""
            insert into repository_card (
                repository_id, commit_id, pipeline_tag, library_name, licence, card_json, config_json, tags_json, summary,
                score, grade, findings_json, points_json, file_count, size_bytes)
            values (
                @RepositoryId, @CommitId, @PipelineTag, @LibraryName, @Licence, @CardJson, @ConfigJson, @TagsJson, @Summary,
                @Score, @Grade, @FindingsJson, @PointsJson, @FileCount, @SizeBytes)
            """, row, stop);
        await AddPairsAsync(transaction, "repository_tag (tag, repository_id)", row.RepositoryId, [.. tags.Order(StringComparer.Ordinal)], stop);
        foreach (var slice in words.OrderBy(pair => pair.Key, StringComparer.Ordinal).Chunk(Sql.MaxInList / 2))
        {
            var parameters = new DynamicParameters(id);
            var values = slice.Select((pair, index) =>
            {
                parameters.Add($"w{index}", pair.Key);
                parameters.Add($"n{index}", pair.Value);
                return $"(@w{index}, @RepositoryId, @n{index})";
            });
            await transaction.ExecuteAsync($"insert into card_word (word, repository_id, weight) values {string.Join(", ", values)}", parameters, stop);
        }
    }

    static async Task AddPairsAsync(DbTransaction transaction, string table, long repositoryId, string[] texts, CancellationToken stop)
    {
        foreach (var slice in texts.Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repositoryId });
            var values = slice.Select((text, index) =>
            {
                parameters.Add($"t{index}", text);
                return $"(@t{index}, @repositoryId)";
            });
            await transaction.ExecuteAsync($"insert into {table} values {string.Join(", ", values)}", parameters, stop);
        }
    }
}
