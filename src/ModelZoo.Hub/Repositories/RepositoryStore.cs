using System.Data.Common;
using Dapper;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>What a list fetches of a repository beyond what it was found by.</summary>
sealed record RepositoryHead(long RepositoryId, string? CommitId, string Description);

/// <summary>A name that a repository had before, in small letters.</summary>
sealed record OldName
{
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
}

/// <summary>Rows of repositories: found by name, by old name, by id; made, changed, removed.</summary>
sealed class RepositoryStore(HubDatabase database, Jobs.JobStore jobs, AuditStore audit, TimeProvider time)
{
    const string Columns = """
        repository.id, repository.kind as kind_word, repository.owner_id, account.handle as owner, repository.name,
        repository.visibility, repository.default_branch, repository.description, repository.sdk, repository.space_id,
        repository.created_at, repository.updated_at, repository.disabled_at,
        repository.downloads, repository.downloads_all_time, repository.likes, repository.force_push_allowed_at,
        repository.discussions_disabled_at
        """;

    /// <summary>A repository together with the access its collaborator list gives to one account.</summary>
    public async Task<(Repository Repository, string? CollaboratorAccess)?> FindAsync(
        RepositoryKind kind, string owner, string name, long? accountId, CancellationToken stop)
    {
        var row = await database.FindAsync<Row>($"""
            select {Columns}, collaborator.access as collaborator_access
            from account
            join repository on repository.owner_id = account.id
            left join collaborator on collaborator.repository_id = repository.id and collaborator.account_id = @accountId
            where account.handle_key = @owner
              and repository.kind = @kind
              and repository.name_key = @name
            """,
            new { kind = kind.Word(), owner = AccountStore.Key(owner), name = Repository.NameKey(name), accountId = accountId ?? 0 }, stop);
        return row is null ? null : (row.ToRepository(), row.CollaboratorAccess);
    }

    /// <summary>The repository that once had this name.</summary>
    public async Task<(Repository Repository, string? CollaboratorAccess)?> FindByOldNameAsync(
        RepositoryKind kind, string owner, string name, long? accountId, CancellationToken stop)
    {
        var row = await database.FindAsync<Row>($"""
            select {Columns}, collaborator.access as collaborator_access
            from repository_alias
            join repository on repository.id = repository_alias.repository_id
            join account on account.id = repository.owner_id
            left join collaborator on collaborator.repository_id = repository.id and collaborator.account_id = @accountId
            where repository_alias.kind = @kind
              and repository_alias.owner_key = @owner
              and repository_alias.name_key = @name
            """,
            new { kind = kind.Word(), owner = AccountStore.Key(owner), name = Repository.NameKey(name), accountId = accountId ?? 0 }, stop);
        return row is null ? null : (row.ToRepository(), row.CollaboratorAccess);
    }

    /// <summary>Names that a repository had before.</summary>
    public Task<IReadOnlyList<OldName>> ListOldNamesAsync(long id, CancellationToken stop) => database.ListAsync<OldName>("""
        select owner_key as owner, name_key as name
        from repository_alias
        where repository_id = @id
        order by owner_key, name_key
        """, new { id }, stop);

    /// <summary>A repository by id, together with the access its collaborator list gives to one account.</summary>
    public async Task<(Repository Repository, string? CollaboratorAccess)?> FindAsync(long id, long? accountId, CancellationToken stop)
    {
        var row = await database.FindAsync<Row>($"""
            select {Columns}, collaborator.access as collaborator_access
            from repository
            join account on account.id = repository.owner_id
            left join collaborator on collaborator.repository_id = repository.id and collaborator.account_id = @accountId
            where repository.id = @id
            """, new { id, accountId = accountId ?? 0 }, stop);
        return row is null ? null : (row.ToRepository(), row.CollaboratorAccess);
    }

    public async Task<Repository?> FindAsync(long id, CancellationToken stop) => (await database.FindAsync<Row>($"""
        select {Columns}
        from repository
        join account on account.id = repository.owner_id
        where repository.id = @id
        """, new { id }, stop))?.ToRepository();

    /// <summary>All repositories after an id, in id order: for jobs that walk the hub.</summary>
    public async Task<IReadOnlyList<Repository>> ListAfterAsync(long afterId, int limit, CancellationToken stop) => [.. (await database.ListAsync<Row>($"""
        select {Columns}
        from repository
        join account on account.id = repository.owner_id
        where repository.id > @afterId
        order by repository.id
        limit @limit
        """, new { afterId, limit }, stop)).Select(row => row.ToRepository())];

    /// <summary>The repositories that read a space of objects, in id order: one, and its forks.</summary>
    public async Task<IReadOnlyList<Repository>> ListOfSpaceAsync(long spaceId, CancellationToken stop) => [.. (await database.ListAsync<Row>($"""
        select {Columns}
        from repository
        join account on account.id = repository.owner_id
        where repository.space_id = @spaceId
        order by repository.id
        """, new { spaceId }, stop)).Select(row => row.ToRepository())];

    public async Task<IReadOnlyList<Repository>> ListOwnedAsync(long ownerId, CancellationToken stop) => [.. (await database.ListAsync<Row>($"""
        select {Columns}
        from repository
        join account on account.id = repository.owner_id
        where repository.owner_id = @ownerId
        order by repository.id
        """, new { ownerId }, stop)).Select(row => row.ToRepository())];

    /// <summary>Where the default branches of at most <see cref="Sql.MaxInList"/> repositories stand, by repository.</summary>
    public async Task<IReadOnlyDictionary<long, RepositoryHead>> ListHeadsAsync(IReadOnlyCollection<long> ids, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var rows = await database.ListAsync<RepositoryHead>($"""
            select repository.id as repository_id, reference.commit_id, repository.description
            from repository
            left join reference on reference.repository_id = repository.id and reference.name = 'refs/heads/' || repository.default_branch
            where {Sql.In("repository.id", ids, parameters)}
            """, parameters, stop);
        return rows.ToDictionary(row => row.RepositoryId);
    }

    /// <summary>Adds the row. Throws the database's unique violation when the name is taken.</summary>
    public async Task AddAsync(DbTransaction transaction, Repository repository, CancellationToken stop)
    {
        await transaction.ExecuteAsync("""
            insert into repository (
                id, kind, owner_id, name, name_key, visibility, default_branch, description, sdk, space_id,
                created_at, updated_at, downloads, downloads_all_time, likes, change_number)
            values (
                @Id, @kind, @OwnerId, @Name, @nameKey, @visibility, @DefaultBranch, @Description, @Sdk, @SpaceId,
                @CreatedAt, @UpdatedAt, 0, 0, 0, @change)
            """,
            new
            {
                repository.Id, kind = repository.Kind.Word(), repository.OwnerId, repository.Name, nameKey = Repository.NameKey(repository.Name),
                visibility = Visibility(repository.IsPrivate), repository.DefaultBranch, repository.Description, repository.Sdk,
                repository.SpaceId, repository.CreatedAt, repository.UpdatedAt, change = await NextChangeAsync(transaction, stop),
            }, stop);
        await audit.AddAsync(transaction, AuditAction.RepositoryMade, AuditStore.Repository(repository.Id), $"{repository.Kind.Word()} {repository.FullName} ({Visibility(repository.IsPrivate)})", stop);
        // A name that is taken anew no longer leads to the repository that had it before.
        await transaction.ExecuteAsync("""
            delete from repository_alias
            where kind = @kind
              and name_key = @name
              and owner_key = (select handle_key from account where id = @OwnerId)
            """, new { kind = repository.Kind.Word(), name = Repository.NameKey(repository.Name), repository.OwnerId }, stop);
    }

    public Task SetVisibilityAsync(long id, bool isPrivate, CancellationToken stop) =>
        ChangeAsync(id, "visibility = @value", Visibility(isPrivate), stop, (AuditAction.RepositoryVisibility, Visibility(isPrivate)));

    public Task SetDescriptionAsync(long id, string description, CancellationToken stop) =>
        ChangeAsync(id, "description = @value", description, stop);

    public Task SetDefaultBranchAsync(long id, string branch, CancellationToken stop) =>
        database.WriteAsync(async transaction =>
        {
            await transaction.ExecuteAsync("update repository set default_branch = @branch where id = @id", new { id, branch }, stop);
            await MarkChangedAsync(transaction, id, stop);
            await audit.AddAsync(transaction, AuditAction.RepositoryDefaultBranch, AuditStore.Repository(id), branch, stop);
            await jobs.EnqueueAsync(transaction, ReindexWork.JobFor(id), stop);     // all projections are of the default branch
        }, stop);

    /// <summary>Whether branches may be moved to where they did not come from, tags be moved, and the default branch be removed.</summary>
    public Task SetForcePushAsync(long id, bool allowed, CancellationToken stop) =>
        ChangeAsync(id, "force_push_allowed_at = @value", allowed ? time.NowMs() : (long?)null, stop, (AuditAction.RepositoryForcePush, allowed ? "allowed" : "not allowed"));

    /// <summary>Whether discussions and pull requests may be opened. Those that are open go on.</summary>
    public Task SetDiscussionsAsync(long id, bool allowed, CancellationToken stop) =>
        ChangeAsync(id, "discussions_disabled_at = @value", allowed ? (long?)null : time.NowMs(), stop, (AuditAction.RepositoryDiscussions, allowed ? "allowed" : "not allowed"));

    /// <summary>An administrator can take a repository out of use without deleting it.</summary>
    public Task SetDisabledAsync(long id, bool disabled, CancellationToken stop) =>
        ChangeAsync(id, "disabled_at = @value", disabled ? time.NowMs() : (long?)null, stop, (AuditAction.RepositoryDisabled, disabled ? "disabled" : "enabled"));

    Task ChangeAsync(long id, string assignment, object? value, CancellationToken stop, (string Action, string Detail)? recorded = null) => database.WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync($"update repository set {assignment} where id = @id", new { id, value }, stop);
        await MarkChangedAsync(transaction, id, stop);
        if (recorded is var (action, detail)) await audit.AddAsync(transaction, action, AuditStore.Repository(id), detail, stop);
    }, stop);

    /// <summary>Gives the repository a new owner or name; the old name redirects. Throws the unique violation when the new name is taken.</summary>
    public async Task MoveAsync(DbTransaction transaction, Repository repository, Account newOwner, string newName, CancellationToken stop)
    {
        var kind = repository.Kind.Word();
        await transaction.ExecuteAsync("""
            update repository
            set owner_id = @ownerId, name = @newName, name_key = @nameKey
            where id = @Id
            """, new { repository.Id, ownerId = newOwner.Id, newName, nameKey = Repository.NameKey(newName) }, stop);
        await transaction.ExecuteAsync("""
            delete from repository_alias
            where kind = @kind and owner_key = @owner and name_key = @name
            """, new { kind, owner = AccountStore.Key(newOwner.Handle), name = Repository.NameKey(newName) }, stop);
        var moved = AccountStore.Key(newOwner.Handle) != AccountStore.Key(repository.Owner)
            || Repository.NameKey(newName) != Repository.NameKey(repository.Name);
        if (moved)
            await transaction.ExecuteAsync("""
                insert into repository_alias (kind, owner_key, name_key, repository_id)
                values (@kind, @owner, @name, @Id)
                on conflict (kind, owner_key, name_key) do update set repository_id = excluded.repository_id
                """, new { kind, owner = AccountStore.Key(repository.Owner), name = Repository.NameKey(repository.Name), repository.Id }, stop);
        await MarkChangedAsync(transaction, repository.Id, stop);
        await audit.AddAsync(transaction, AuditAction.RepositoryMoved, AuditStore.Repository(repository.Id), $"{kind} {repository.FullName} to {newOwner.Handle}/{newName}", stop);
    }

    /// <summary>Removes the repository and all rows that belong to it. Its blobs stay until no link is left and sweeping comes by.</summary>
    public async Task RemoveAsync(DbTransaction transaction, Repository repository, CancellationToken stop)
    {
        var change = await NextChangeAsync(transaction, stop);
        await transaction.ExecuteAsync("delete from repository where id = @Id", new { repository.Id }, stop);
        await transaction.ExecuteAsync("insert into deleted_repository (change_number, repository_id) values (@change, @Id)", new { change, repository.Id }, stop);
        await audit.AddAsync(transaction, AuditAction.RepositoryDeleted, AuditStore.Repository(repository.Id), $"{repository.Kind.Word()} {repository.FullName}", stop);
        foreach (var table in (string[])["git_object", "git_commit", "git_commit_parent"])
            await transaction.ExecuteAsync($"""
                delete from {table}
                where space_id = @SpaceId
                  and not exists (select 1 from repository where space_id = @SpaceId)
                """, new { repository.SpaceId }, stop);
    }

    /// <summary>Tells list caches on every node that this repository looks different now.</summary>
    public static async Task MarkChangedAsync(DbTransaction transaction, long id, CancellationToken stop) => await transaction.ExecuteAsync("""
        update repository
        set change_number = @change
        where id = @id
        """, new { id, change = await NextChangeAsync(transaction, stop) }, stop);

    /// <summary>Holds the counter until the transaction ends, so that numbers become visible in their order.</summary>
    static Task<long> NextChangeAsync(DbTransaction transaction, CancellationToken stop) => transaction.FindAsync<long>("""
        update change_counter
        set value = value + 1
        where name = 'repository'
        returning value
        """, null, stop);

    static string Visibility(bool isPrivate) => isPrivate ? "private" : "public";

    internal sealed record Row
    {
        public long Id { get; init; }
        public string KindWord { get; init; } = "";
        public long OwnerId { get; init; }
        public string Owner { get; init; } = "";
        public string Name { get; init; } = "";
        public string Visibility { get; init; } = "";
        public string DefaultBranch { get; init; } = "";
        public string Description { get; init; } = "";
        public string? Sdk { get; init; }
        public long SpaceId { get; init; }
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }
        public long? DisabledAt { get; init; }
        public long Downloads { get; init; }
        public long DownloadsAllTime { get; init; }
        public long Likes { get; init; }
        public long? ForcePushAllowedAt { get; init; }
        public long? DiscussionsDisabledAt { get; init; }
        public string? CollaboratorAccess { get; init; }

        public Repository ToRepository()
        {
            _ = RepositoryKinds.TryParse(KindWord, out var kind);
            return new()
            {
                Id = Id, Kind = kind, OwnerId = OwnerId, Owner = Owner, Name = Name, IsPrivate = Visibility == "private",
                DefaultBranch = DefaultBranch, Description = Description, Sdk = Sdk, SpaceId = SpaceId, CreatedAt = CreatedAt,
                UpdatedAt = UpdatedAt, DisabledAt = DisabledAt, Downloads = Downloads, DownloadsAllTime = DownloadsAllTime, Likes = Likes,
                AllowsForcePush = ForcePushAllowedAt is not null, AllowsDiscussions = DiscussionsDisabledAt is null,
            };
        }
    }
}
