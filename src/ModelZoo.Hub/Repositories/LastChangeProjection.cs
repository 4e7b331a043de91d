using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// For every path of the default branch (folders too) the newest commit that touched it. Kept up to date commit by commit;
/// for other references and older commits, <see cref="LastChangeReader"/> walks the history.
/// </summary>
sealed class LastChangeProjection
{
    public async Task ApplyAsync(DbTransaction transaction, Repository repository, ObjectId commit, IReadOnlyList<TreeChange> changes, CancellationToken stop)
    {
        foreach (var gone in changes.Where(change => change.After is null))
            await transaction.ExecuteAsync("delete from last_change where repository_id = @Id and path = @path", new { repository.Id, path = gone.Path.Value }, stop);
        await WriteAsync(transaction, repository.Id, Touched(changes).ToDictionary(path => path, _ => commit.Hex), stop);
    }

    /// <summary>Writes what many commits changed, one after the other.</summary>
    public async Task ApplyAsync(DbTransaction transaction, Repository repository, LastChanges changes, CancellationToken stop)
    {
        if (changes.IsWhole) await ForgetAsync(transaction, repository.Id, stop);
        foreach (var gone in changes.Gone.Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { repository.Id });
            await transaction.ExecuteAsync($"delete from last_change where repository_id = @Id and {Sql.In("path", gone, parameters)}", parameters, stop);
        }
        await WriteAsync(transaction, repository.Id, changes.Touched, stop);
    }

    /// <summary>What <see cref="ApplyAsync(DbTransaction, Repository, ObjectId, IReadOnlyList{TreeChange}, CancellationToken)"/> does, to rows in memory: for rebuilding them from the oldest commit to the newest.</summary>
    public static void Apply(Dictionary<string, string> rows, ObjectId commit, IReadOnlyList<TreeChange> changes)
    {
        foreach (var gone in changes.Where(change => change.After is null)) rows.Remove(gone.Path.Value);
        foreach (var path in Touched(changes)) rows[path] = commit.Hex;
    }

    /// <summary>The same for a series that begins at rows which are stored: also says which of those go.</summary>
    public static void Apply(Dictionary<string, string> rows, HashSet<string> gone, ObjectId commit, IReadOnlyList<TreeChange> changes)
    {
        Apply(rows, commit, changes);
        gone.UnionWith(changes.Where(change => change.After is null).Select(change => change.Path.Value));
        gone.ExceptWith(rows.Keys);
    }

    public async Task ReplaceAsync(DbTransaction transaction, long repositoryId, Dictionary<string, string> rows, CancellationToken stop)
    {
        await ForgetAsync(transaction, repositoryId, stop);
        await WriteAsync(transaction, repositoryId, rows, stop);
    }

    static HashSet<string> Touched(IReadOnlyList<TreeChange> changes)
    {
        var touched = new HashSet<string>();
        foreach (var change in changes)
        {
            if (change.After is not null) touched.Add(change.Path.Value);
            for (var folder = change.Path.Parent; folder is not null; folder = folder.Parent) touched.Add(folder.Value);
        }
        return touched;
    }

    static async Task WriteAsync(DbTransaction transaction, long repositoryId, Dictionary<string, string> rows, CancellationToken stop)
    {
        foreach (var slice in rows.OrderBy(row => row.Key, StringComparer.Ordinal).Chunk(Sql.MaxInList / 2))
        {
            var parameters = new DynamicParameters(new { repositoryId });
            var values = slice.Select((row, index) =>
            {
                parameters.Add($"p{index}", row.Key);
                parameters.Add($"c{index}", row.Value);
                return $"(@repositoryId, @p{index}, @c{index})";
            });
            await transaction.ExecuteAsync($"""
                insert into last_change (repository_id, path, commit_id)
                values {string.Join(", ", values)}
                on conflict (repository_id, path) do update set commit_id = excluded.commit_id
                """, parameters, stop);
        }
    }

    /// <summary>Removes all rows, before they are rebuilt from the oldest commit to the newest.</summary>
    public Task ForgetAsync(DbTransaction transaction, long repositoryId, CancellationToken stop) =>
        transaction.ExecuteAsync("delete from last_change where repository_id = @repositoryId", new { repositoryId }, stop);
}

/// <summary>What a series of commits does to the rows.</summary>
/// <param name="Touched">The newest commit for each path.</param>
/// <param name="Gone">Paths that no longer have one.</param>
/// <param name="IsWhole">These are all rows there are: the branch went on along another line.</param>
sealed record LastChanges(Dictionary<string, string> Touched, IReadOnlyCollection<string> Gone, bool IsWhole);
