using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Search;

/// <summary>A repository with everything that the index keeps of it.</summary>
sealed record IndexRow
{
    public long Id { get; init; }
    public string KindWord { get; init; } = "";
    public long OwnerId { get; init; }
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
    public string Visibility { get; init; } = "";
    public string DefaultBranch { get; init; } = "";
    public string? Sdk { get; init; }
    public long SpaceId { get; init; }
    public long CreatedAt { get; init; }
    public long UpdatedAt { get; init; }
    public long? DisabledAt { get; init; }
    public long Downloads { get; init; }
    public long DownloadsAllTime { get; init; }
    public long Likes { get; init; }
    public long ChangeNumber { get; init; }
    public string? PipelineTag { get; init; }
    public string? LibraryName { get; init; }
    public string? Licence { get; init; }
    public string? CardJson { get; init; }
    public string? TagsJson { get; init; }
    public long? Score { get; init; }
    public string? Grade { get; init; }
    public long? FileCount { get; init; }
    public long? SizeBytes { get; init; }
    public long? Parameters { get; init; }
    public double? WeightBytes { get; init; }
    public double? FootprintBytes { get; init; }
    public long LikesOfWeek { get; init; }
    public long LikesOfMonth { get; init; }
}

/// <summary>Likes that a repository got lately.</summary>
sealed record RecentLikes(long RepositoryId, long LikesOfWeek, long LikesOfMonth);

/// <summary>What an actor shares in, read at the same time as the number of the last change.</summary>
sealed record IndexMoment(long Change, IReadOnlyDictionary<long, string> Collaborations);

/// <summary>Reads what the index is made of. All its SQL; it writes nothing.</summary>
sealed class IndexStore(HubDatabase database)
{
    sealed record Share(long RepositoryId, string Access);

    sealed record SummaryRow(long RepositoryId, string Summary);

    /// <summary>How far the hub has come, and which repositories the account shares in.</summary>
    public Task<IndexMoment> ReadMomentAsync(long? accountId, CancellationToken stop) => database.ReadAsync(async connection =>
    {
        var change = await connection.QuerySingleAsync<long>(new CommandDefinition("""
            select value
            from change_counter
            where name = 'repository'
            """, cancellationToken: stop));
        if (accountId is null) return new IndexMoment(change, new Dictionary<long, string>());
        var shares = await connection.QueryAsync<Share>(new CommandDefinition("""
            select repository_id, access
            from collaborator
            where account_id = @accountId
            """, new { accountId }, cancellationToken: stop));
        return new IndexMoment(change, shares.ToDictionary(share => share.RepositoryId, share => share.Access));
    }, stop);

    /// <summary>Repositories that changed after a number, in the order of their changes.</summary>
    public Task<IReadOnlyList<IndexRow>> ListChangedAsync(long after, int limit, long weekAgo, long monthAgo, CancellationToken stop) => database.ListAsync<IndexRow>("""
        select repository.id, repository.kind as kind_word, repository.owner_id, account.handle as owner, repository.name,
               repository.visibility, repository.default_branch, repository.sdk, repository.space_id,
               repository.created_at, repository.updated_at, repository.disabled_at,
               repository.downloads, repository.downloads_all_time, repository.likes, repository.change_number,
               repository_card.pipeline_tag, repository_card.library_name, repository_card.licence, repository_card.card_json,
               repository_card.tags_json, repository_card.score, repository_card.grade, repository_card.file_count,
               repository_card.size_bytes, weight_summary.parameters, weight_summary.weight_bytes, weight_summary.footprint_bytes,
               (select count(*) from repository_like
                where repository_like.repository_id = repository.id and repository_like.liked_at >= @weekAgo) as likes_of_week,
               (select count(*) from repository_like
                where repository_like.repository_id = repository.id and repository_like.liked_at >= @monthAgo) as likes_of_month
        from repository
        join account on account.id = repository.owner_id
        left join repository_card on repository_card.repository_id = repository.id
        left join weight_summary on weight_summary.repository_id = repository.id
        where repository.change_number > @after
        order by repository.change_number
        limit @limit
        """, new { after, limit, weekAgo, monthAgo }, stop);

    public Task<IReadOnlyList<long>> ListDeletedAsync(long after, CancellationToken stop) => database.ListAsync<long>("""
        select repository_id
        from deleted_repository
        where change_number > @after
        """, new { after }, stop);

    /// <summary>Likes since these moments, of all repositories that have any.</summary>
    public Task<IReadOnlyList<RecentLikes>> ListRecentLikesAsync(long weekAgo, long monthAgo, CancellationToken stop) => database.ListAsync<RecentLikes>("""
        select repository_id,
               count(*) filter (where liked_at >= @weekAgo) as likes_of_week,
               count(*) as likes_of_month
        from repository_like
        where liked_at >= @monthAgo
        group by repository_id
        """, new { weekAgo, monthAgo }, stop);

    /// <summary>The first words of the cards of at most <see cref="Sql.MaxInList"/> repositories.</summary>
    public async Task<IReadOnlyDictionary<long, string>> SummariesAsync(IReadOnlyCollection<long> ids, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var rows = await database.ListAsync<SummaryRow>($"""
            select repository_id, summary
            from repository_card
            where {Sql.In("repository_id", ids, parameters)}
            """, parameters, stop);
        return rows.ToDictionary(row => row.RepositoryId, row => row.Summary);
    }
}
