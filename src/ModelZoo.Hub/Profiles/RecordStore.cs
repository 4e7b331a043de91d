using System.Data.Common;
using Dapper;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Profiles;

/// <summary>A device or workload of a repository.</summary>
sealed record RecordRow
{
    public long RepositoryId { get; init; }
    public string Kind { get; init; } = "";
    public string Id { get; init; } = "";
    public string Name { get; init; } = "";
    public string FieldsJson { get; init; } = "{}";

    /// <summary>Of the repository; only in lists.</summary>
    public string RepositoryKind { get; init; } = "";
    public string Owner { get; init; } = "";
    public string RepositoryName { get; init; } = "";
}

/// <summary>What is wrong with the file of a kind.</summary>
sealed record RecordProblemRow
{
    public long RepositoryId { get; init; }
    public string Kind { get; init; } = "";
    public string Path { get; init; } = "";
    public string Problem { get; init; } = "";
}

/// <summary>Rows of devices and workloads that repositories add. All their SQL.</summary>
sealed class RecordStore(HubDatabase database)
{
    const int RowsAtOnce = 50;

    public static async Task ReplaceAsync(DbTransaction transaction, long repositoryId, IReadOnlyList<RecordRow> rows, IReadOnlyList<RecordProblemRow> problems, CancellationToken stop)
    {
        await transaction.ExecuteAsync("delete from user_record where repository_id = @repositoryId", new { repositoryId }, stop);
        await transaction.ExecuteAsync("delete from user_record_problem where repository_id = @repositoryId", new { repositoryId }, stop);
        foreach (var slice in rows.Chunk(RowsAtOnce))
        {
            var parameters = new DynamicParameters(new { repositoryId });
            var values = slice.Select((row, i) =>
            {
                parameters.AddDynamicParams(new Dictionary<string, object> { [$"k{i}"] = row.Kind, [$"i{i}"] = row.Id, [$"n{i}"] = row.Name, [$"f{i}"] = row.FieldsJson });
                return $"(@repositoryId, @k{i}, @i{i}, @n{i}, @f{i})";
            });
            await transaction.ExecuteAsync($"insert into user_record (repository_id, kind, id, name, fields_json) values {string.Join(", ", values)}", parameters, stop);
        }
        foreach (var problem in problems)
            await transaction.ExecuteAsync("""
                insert into user_record_problem (repository_id, kind, path, problem)
                values (@RepositoryId, @Kind, @Path, @Problem)
                """, problem, stop);
    }

    public Task<RecordRow?> FindAsync(long repositoryId, RecordKind kind, string id, CancellationToken stop) => database.FindAsync<RecordRow>("""
        select repository_id, kind, id, name, fields_json
        from user_record
        where repository_id = @repositoryId
          and kind = @kind
          and id = @id
        """, new { repositoryId, kind = kind.Word(), id }, stop);

    public Task<IReadOnlyList<RecordRow>> ListAsync(long repositoryId, RecordKind kind, CancellationToken stop) => database.ListAsync<RecordRow>("""
        select repository_id, kind, id, name, fields_json
        from user_record
        where repository_id = @repositoryId
          and kind = @kind
        order by id
        """, new { repositoryId, kind = kind.Word() }, stop);

    public Task<RecordProblemRow?> FindProblemAsync(long repositoryId, RecordKind kind, CancellationToken stop) => database.FindAsync<RecordProblemRow>("""
        select repository_id, kind, path, problem
        from user_record_problem
        where repository_id = @repositoryId
          and kind = @kind
        """, new { repositoryId, kind = kind.Word() }, stop);

    /// <summary>Records of all repositories that the actor may read, oldest repository first.</summary>
    public Task<IReadOnlyList<RecordRow>> ListReadableAsync(RecordKind kind, Actor actor, int limit, CancellationToken stop) => database.ListAsync<RecordRow>($"""
        select user_record.repository_id, user_record.kind, user_record.id, user_record.name, user_record.fields_json,
               repository.kind as repository_kind, account.handle as owner, repository.name as repository_name
        from user_record
        join repository on repository.id = user_record.repository_id
        join account on account.id = repository.owner_id
        where user_record.kind = @recordKind
          and {ReadableSql.Condition}
        order by user_record.repository_id, user_record.id
        limit @limit
        """, ReadableSql.Add(new DynamicParameters(new { recordKind = kind.Word(), limit }), actor), stop);
}
