using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>A name that points at a commit and may move.</summary>
sealed record Reference
{
    public string Name { get; init; } = "";

    /// <summary>What the name holds: a commit, or an annotated tag object.</summary>
    public string TargetId { get; init; } = "";

    /// <summary>The commit behind it.</summary>
    public string CommitId { get; init; } = "";
    public long CreatedAt { get; init; }
    public long MovedAt { get; init; }

    public string ShortName =>
        Name.StartsWith("refs/heads/", StringComparison.Ordinal) ? Name[11..]
        : Name.StartsWith("refs/tags/", StringComparison.Ordinal) ? Name[10..]
        : Name.StartsWith("refs/pr/", StringComparison.Ordinal) ? Name[8..]
        : Name;
}

/// <summary>References: listed, found, and moved only by compare-and-set.</summary>
sealed class ReferenceStore(HubDatabase database, TimeProvider time)
{
    const string Columns = "name, target_id, commit_id, created_at, moved_at";

    public Task<Reference?> FindAsync(long repositoryId, string name, CancellationToken stop) => database.FindAsync<Reference>($"""
        select {Columns}
        from reference
        where repository_id = @repositoryId
          and name = @name
        """, new { repositoryId, name }, stop);

    public Task<IReadOnlyList<Reference>> ListAsync(long repositoryId, CancellationToken stop) => database.ListAsync<Reference>($"""
        select {Columns}
        from reference
        where repository_id = @repositoryId
        order by name
        """, new { repositoryId }, stop);

    /// <summary>
    /// Holds the repository's references until the transaction ends: whoever moves one and whoever sweeps objects that none
    /// leads to take turns, so that nothing is removed that a reference is about to lead to.
    /// </summary>
    public static async Task HoldAsync(DbTransaction transaction, long repositoryId, CancellationToken stop)
    {
        const string hold = """
            update reference
            set moved_at = moved_at
            where repository_id = @repositoryId
              and name = (select 'refs/heads/' || default_branch from repository where id = @repositoryId)
            """;
        if (await transaction.ExecuteAsync(hold, new { repositoryId }, stop) > 0) return;
        // The default branch is not there; the repository's row stands in for it, until somebody makes the branch.
        await transaction.ExecuteAsync("update repository set change_number = change_number where id = @repositoryId", new { repositoryId }, stop);
        await transaction.ExecuteAsync(hold, new { repositoryId }, stop);
    }

    public static Task<IReadOnlyList<Reference>> ListAsync(DbTransaction transaction, long repositoryId, CancellationToken stop) => transaction.ListAsync<Reference>($"""
        select {Columns}
        from reference
        where repository_id = @repositoryId
        order by name
        """, new { repositoryId }, stop);

    /// <summary>A reference that is a folder of the name given, or that has the name as a folder; null when there is none.</summary>
    public static Task<string?> FindNestedAsync(DbTransaction transaction, long repositoryId, string name, CancellationToken stop)
    {
        var parts = name.Split('/');
        var folders = Enumerable.Range(3, Math.Max(0, parts.Length - 3)).Select(count => string.Join('/', parts[..count])).Take(Sql.MaxInList).ToList();
        var parameters = new DynamicParameters(new { repositoryId, below = name + "/", length = name.Length + 1 });
        return transaction.FindAsync<string>($"""
            select name
            from reference
            where repository_id = @repositoryId
              and (substr(name, 1, @length) = @below or {(folders.Count == 0 ? "1 = 0" : Sql.In("name", folders, parameters))})
            limit 1
            """, parameters, stop);
    }

    /// <summary>Moves a reference only if it still points where the caller believes (null: does not exist). False when someone else was first.</summary>
    public async Task<bool> TryMoveAsync(
        DbTransaction transaction, long repositoryId, string name, ObjectId? from, ObjectId target, ObjectId commit, CancellationToken stop)
    {
        await HoldAsync(transaction, repositoryId, stop);
        var now = time.NowMs();
        var values = new { repositoryId, name, from = from?.Hex, target = target.Hex, commit = commit.Hex, now };
        var moved = from is null
            ? await transaction.ExecuteAsync("""
                insert into reference (repository_id, name, target_id, commit_id, created_at, moved_at)
                values (@repositoryId, @name, @target, @commit, @now, @now)
                on conflict (repository_id, name) do nothing
                """, values, stop)
            : await transaction.ExecuteAsync("""
                update reference
                set target_id = @target, commit_id = @commit, moved_at = @now
                where repository_id = @repositoryId
                  and name = @name
                  and target_id = @from
                """, values, stop);
        return moved == 1;
    }

    /// <summary>Makes references that do not exist, as <see cref="HoldAsync"/> has made sure.</summary>
    public async Task AddAsync(DbTransaction transaction, long repositoryId, IReadOnlyList<(string Name, ObjectId Target, ObjectId Commit)> made, CancellationToken stop)
    {
        foreach (var slice in made.OrderBy(reference => reference.Name, StringComparer.Ordinal).Chunk(100))
        {
            var parameters = new DynamicParameters(new { repositoryId, now = time.NowMs() });
            var values = slice.Select((reference, i) =>
            {
                parameters.Add($"n{i}", reference.Name);
                parameters.Add($"t{i}", reference.Target.Hex);
                parameters.Add($"c{i}", reference.Commit.Hex);
                return $"(@repositoryId, @n{i}, @t{i}, @c{i}, @now, @now)";
            });
            await transaction.ExecuteAsync($"insert into reference (repository_id, name, target_id, commit_id, created_at, moved_at) values {string.Join(", ", values)}", parameters, stop);
        }
    }

    public static async Task RemoveAsync(DbTransaction transaction, long repositoryId, IReadOnlyCollection<string> names, CancellationToken stop)
    {
        foreach (var slice in names.Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repositoryId });
            await transaction.ExecuteAsync($"delete from reference where repository_id = @repositoryId and {Sql.In("name", slice, parameters)}", parameters, stop);
        }
    }

    /// <summary>False when there was none.</summary>
    public async Task<bool> RemoveAsync(long repositoryId, string name, CancellationToken stop) => await database.ExecuteAsync("""
        delete from reference
        where repository_id = @repositoryId
          and name = @name
        """, new { repositoryId, name }, stop) == 1;
}
