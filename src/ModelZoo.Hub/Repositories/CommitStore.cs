using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>A commit in columns: what lists and pages show without parsing the object.</summary>
record CommitRow
{
    public string Id { get; init; } = "";
    public string TreeId { get; init; } = "";
    public string Title { get; init; } = "";
    public string Body { get; init; } = "";
    public string AuthorName { get; init; } = "";
    public string AuthorEmail { get; init; } = "";
    public long AuthoredAt { get; init; }
    public long CommittedAt { get; init; }
    public long Generation { get; init; }
    public long Ancestors { get; init; }

    public ObjectId ObjectId => ObjectId.Parse(Id);

    public ObjectId Tree => ObjectId.Parse(TreeId);
}

/// <summary>Commits in columns and the edges between them.</summary>
sealed class CommitStore(HubDatabase database)
{
    const string Columns = """
        git_commit.id, git_commit.tree_id, git_commit.title, git_commit.body, git_commit.author_name, git_commit.author_email,
        git_commit.authored_at, git_commit.committed_at, git_commit.generation, git_commit.ancestors
        """;

    public Task<CommitRow?> FindAsync(long spaceId, ObjectId id, CancellationToken stop) => database.FindAsync<CommitRow>($"""
        select {Columns}
        from git_commit
        where space_id = @spaceId
          and id = @id
        """, new { spaceId, id = id.Hex }, stop);

    /// <summary>The commit behind a branch, tag or full reference name, together with that name; the first of the names that exists.</summary>
    public async Task<(string Reference, CommitRow Commit)?> FindByReferenceAsync(
        long repositoryId, long spaceId, IReadOnlyList<string> names, CancellationToken stop)
    {
        if (names.Count > 3) throw new ArgumentException("At most three names at once.", nameof(names));
        var values = new { repositoryId, spaceId, first = names[0], second = names.ElementAtOrDefault(1), third = names.ElementAtOrDefault(2) };
        var rows = await database.ListAsync<NamedCommit>($"""
            select reference.name as reference_name, {Columns}
            from reference
            join git_commit on git_commit.space_id = @spaceId and git_commit.id = reference.commit_id
            where reference.repository_id = @repositoryId
              and reference.name in (@first, @second, @third)
            """, values, stop);
        foreach (var name in names)
            if (rows.FirstOrDefault(row => row.ReferenceName == name) is { } found) return (name, found);
        return null;
    }

    /// <summary>A commit that this repository answers for, by full id or by a prefix that fits only one.</summary>
    public async Task<CommitRow?> FindByPrefixAsync(long repositoryId, long spaceId, string prefix, CancellationToken stop)
    {
        var rows = await database.ListAsync<CommitRow>($"""
            select {Columns}
            from repository_commit
            join git_commit on git_commit.space_id = @spaceId and git_commit.id = repository_commit.commit_id
            where repository_commit.repository_id = @repositoryId
              and repository_commit.commit_id >= @prefix
              and repository_commit.commit_id <= @last
            limit 2
            """, new { repositoryId, spaceId, prefix, last = prefix + "g" }, stop);
        return rows.Count == 1 ? rows[0] : null;
    }

    /// <summary>History from a commit, newest first, by first and further parents.</summary>
    public async Task<IReadOnlyList<CommitRow>> HistoryAsync(long spaceId, ObjectId from, long skip, int limit, CancellationToken stop) =>
        await database.ListAsync<CommitRow>($"""
            with recursive history (id) as (
                select @id
                union
                select git_commit_parent.parent_id
                from git_commit_parent
                join history on history.id = git_commit_parent.id
                where git_commit_parent.space_id = @spaceId
            )
            select {Columns}
            from history
            join git_commit on git_commit.space_id = @spaceId and git_commit.id = history.id
            order by git_commit.generation desc, git_commit.committed_at desc, git_commit.id
            limit @limit
            offset @skip
            """, new { spaceId, id = from.Hex, skip, limit }, stop);

    /// <summary>History by first parents only, a bounded stretch of it: fast however long the history is.</summary>
    public async Task<IReadOnlyList<CommitRow>> FirstParentsAsync(long spaceId, ObjectId from, int limit, CancellationToken stop) =>
        await database.ListAsync<CommitRow>($"""
            with recursive line (id, depth) as (
                select @id, 1
                union all
                select git_commit_parent.parent_id, line.depth + 1
                from git_commit_parent
                join line on line.id = git_commit_parent.id
                where git_commit_parent.space_id = @spaceId
                  and git_commit_parent.ordinal = 0
                  and line.depth < @limit
            )
            select {Columns}
            from line
            join git_commit on git_commit.space_id = @spaceId and git_commit.id = line.id
            order by line.depth
            """, new { spaceId, id = from.Hex, limit }, stop);

    public Task<IReadOnlyList<string>> ParentsAsync(long spaceId, ObjectId id, CancellationToken stop) => database.ListAsync<string>("""
        select parent_id
        from git_commit_parent
        where space_id = @spaceId
          and id = @id
        order by ordinal
        """, new { spaceId, id = id.Hex }, stop);

    /// <summary>Many commits by id, for lists that name a commit per line.</summary>
    public async Task<IReadOnlyDictionary<string, CommitRow>> FindManyAsync(long spaceId, IReadOnlyCollection<string> ids, CancellationToken stop)
    {
        var found = new Dictionary<string, CommitRow>();
        foreach (var slice in ids.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { spaceId });
            foreach (var row in await database.ListAsync<CommitRow>($"""
                select {Columns}
                from git_commit
                where git_commit.space_id = @spaceId
                  and {Sql.In("git_commit.id", slice, parameters)}
                """, parameters, stop)) found[row.Id] = row;
        }
        return found;
    }

    /// <summary>Adds a commit's columns and edges; its parents are there already. Repeating it changes nothing.</summary>
    public async Task AddAsync(DbTransaction transaction, long spaceId, Commit commit, CancellationToken stop)
    {
        var (generation, ancestors) = await CountHistoryAsync(transaction, spaceId, commit, stop);
        await transaction.ExecuteAsync("""
            insert into git_commit (
                space_id, id, tree_id, title, body, author_name, author_email, authored_at, committed_at, generation, ancestors)
            values (
                @spaceId, @id, @tree, @title, @body, @name, @email, @authored, @committed, @generation, @ancestors)
            on conflict (space_id, id) do nothing
            """,
            new
            {
                spaceId, id = commit.Id.Hex, tree = commit.Tree.Hex, title = Storable(commit.Title), body = Storable(commit.Body),
                name = Storable(commit.Author.Name), email = Storable(commit.Author.Email), authored = commit.Author.When.ToUnixTimeMilliseconds(),
                committed = commit.Committer.When.ToUnixTimeMilliseconds(), generation, ancestors,
            }, stop);
        for (var ordinal = 0; ordinal < commit.Parents.Count; ordinal++)
            await transaction.ExecuteAsync("""
                insert into git_commit_parent (space_id, id, ordinal, parent_id)
                values (@spaceId, @id, @ordinal, @parent)
                on conflict (space_id, id, ordinal) do nothing
                """, new { spaceId, id = commit.Id.Hex, ordinal = (long)ordinal, parent = commit.Parents[ordinal].Hex }, stop);
    }

    /// <summary>Adds many commits whose places in the graph are known, and has the repository answer for them. Repeating it changes nothing.</summary>
    public async Task AddManyAsync(DbTransaction transaction, Repository repository, IReadOnlyList<(Commit Commit, GraphCommit Place)> history, CancellationToken stop)
    {
        // In one order everywhere, so that two writers of the same commits cannot wait for each other in a circle.
        foreach (var slice in history.OrderBy(item => item.Place.Id.Hex, StringComparer.Ordinal).Chunk(40))
        {
            await InsertAsync(transaction, "git_commit (space_id, id, tree_id, title, body, author_name, author_email, authored_at, committed_at, generation, ancestors)",
                slice.Select(item => new object[]
                {
                    repository.SpaceId, item.Place.Id.Hex, item.Commit.Tree.Hex, Storable(item.Commit.Title), Storable(item.Commit.Body),
                    Storable(item.Commit.Author.Name), Storable(item.Commit.Author.Email), item.Commit.Author.When.ToUnixTimeMilliseconds(),
                    item.Commit.Committer.When.ToUnixTimeMilliseconds(), item.Place.Generation, item.Place.Ancestors,
                }), stop);
            await InsertAsync(transaction, "repository_commit (repository_id, commit_id)", slice.Select(item => new object[] { repository.Id, item.Place.Id.Hex }), stop);
        }
        var edges = history.SelectMany(item => item.Commit.Parents.Select((parent, ordinal) => new object[] { repository.SpaceId, item.Place.Id.Hex, (long)ordinal, parent.Hex }));
        foreach (var slice in edges.OrderBy(edge => (string)edge[1], StringComparer.Ordinal).Chunk(100))
            await InsertAsync(transaction, "git_commit_parent (space_id, id, ordinal, parent_id)", slice, stop);
    }

    static Task<int> InsertAsync(DbTransaction transaction, string into, IEnumerable<object[]> rows, CancellationToken stop)
    {
        var parameters = new DynamicParameters();
        var values = rows.Select((row, r) => $"({string.Join(", ", row.Select((value, c) =>
        {
            parameters.Add($"v{r}_{c}", value);
            return $"@v{r}_{c}";
        }))})").ToList();
        return transaction.ExecuteAsync($"insert into {into} values {string.Join(", ", values)} on conflict do nothing", parameters, stop);
    }

    /// <summary>From now on the repository answers for this commit by id.</summary>
    public Task LinkAsync(DbTransaction transaction, long repositoryId, ObjectId id, CancellationToken stop) => transaction.ExecuteAsync("""
        insert into repository_commit (repository_id, commit_id)
        values (@repositoryId, @id)
        on conflict (repository_id, commit_id) do nothing
        """, new { repositoryId, id = id.Hex }, stop);

    static async Task<(long Generation, long Ancestors)> CountHistoryAsync(DbTransaction transaction, long spaceId, Commit commit, CancellationToken stop)
    {
        if (commit.Parents.Count == 0) return (1, 1);
        var parameters = new DynamicParameters(new { spaceId });
        var parents = await transaction.ListAsync<CommitRow>($"""
            select id, generation, ancestors
            from git_commit
            where space_id = @spaceId
              and {Sql.In("id", [.. commit.Parents.Select(p => p.Hex)], parameters)}
            """, parameters, stop);
        var generation = 1 + parents.Max(p => p.Generation);
        if (parents.Count == 1) return (generation, parents[0].Ancestors + 1);
        // A merge: the histories overlap, so they are counted.
        var merged = new DynamicParameters(new { spaceId });
        var ancestors = await transaction.FindAsync<long>($"""
            with recursive history (id) as (
                select id from git_commit where space_id = @spaceId and {Sql.In("id", [.. commit.Parents.Select(p => p.Hex)], merged)}
                union
                select git_commit_parent.parent_id
                from git_commit_parent
                join history on history.id = git_commit_parent.id
                where git_commit_parent.space_id = @spaceId
            )
            select count(*) from history
            """, merged, stop);
        return (generation, ancestors + 1);
    }

    /// <summary>A commit and what lies behind it, so many generations deep.</summary>
    public async Task<IReadOnlyList<GraphCommit>> StretchAsync(long spaceId, ObjectId from, int depth, CancellationToken stop) => Graph(await database.ListAsync<EdgeRow>("""
        with recursive stretch (id, depth) as (
            select @id, 1
            union
            select git_commit_parent.parent_id, stretch.depth + 1
            from git_commit_parent
            join stretch on stretch.id = git_commit_parent.id
            where git_commit_parent.space_id = @spaceId
              and stretch.depth < @depth
        )
        select git_commit.id, git_commit.tree_id, git_commit.generation, git_commit.ancestors, git_commit_parent.parent_id
        from (select distinct id from stretch) as found
        join git_commit on git_commit.space_id = @spaceId and git_commit.id = found.id
        left join git_commit_parent on git_commit_parent.space_id = @spaceId and git_commit_parent.id = git_commit.id
        order by git_commit.id, git_commit_parent.ordinal
        """, new { spaceId, id = from.Hex, depth }, stop));

    /// <summary>Many commits as points of the graph; those that are absent are left out.</summary>
    public async Task<IReadOnlyList<GraphCommit>> GraphAsync(long spaceId, IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        var found = new List<GraphCommit>();
        foreach (var slice in ids.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { spaceId });
            found.AddRange(Graph(await database.ListAsync<EdgeRow>($"""
                select git_commit.id, git_commit.tree_id, git_commit.generation, git_commit.ancestors, git_commit_parent.parent_id
                from git_commit
                left join git_commit_parent on git_commit_parent.space_id = @spaceId and git_commit_parent.id = git_commit.id
                where git_commit.space_id = @spaceId
                  and {Sql.In("git_commit.id", [.. slice.Select(id => id.Hex)], parameters)}
                order by git_commit.id, git_commit_parent.ordinal
                """, parameters, stop)));
        }
        return found;
    }

    static List<GraphCommit> Graph(IEnumerable<EdgeRow> rows)
    {
        var found = new List<GraphCommit>();
        var parents = new List<ObjectId>();
        EdgeRow? last = null;
        void Finish()
        {
            if (last is not null) found.Add(new(ObjectId.Parse(last.Id), ObjectId.Parse(last.TreeId), [.. parents], last.Generation, last.Ancestors));
            parents.Clear();
        }
        foreach (var row in rows)
        {
            if (row.Id != last?.Id) Finish();
            last = row;
            if (row.ParentId is not null) parents.Add(ObjectId.Parse(row.ParentId));
        }
        Finish();
        return found;
    }

    /// <summary>PostgreSQL cannot store NUL in text.</summary>
    static string Storable(string text) => text.Replace('\0', '\uFFFD');

    sealed record EdgeRow
    {
        public string Id { get; init; } = "";
        public string TreeId { get; init; } = "";
        public long Generation { get; init; }
        public long Ancestors { get; init; }
        public string? ParentId { get; init; }
    }

    sealed record NamedCommit : CommitRow
    {
        public string ReferenceName { get; init; } = "";
    }
}
