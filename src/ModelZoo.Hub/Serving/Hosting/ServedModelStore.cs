using Dapper;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>A model that may be asked, and who admitted it when.</summary>
sealed record AdmittedModel
{
    public long RepositoryId { get; init; }
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
    public string AdmittedBy { get; init; } = "";
    public long AdmittedAt { get; init; }
    public string FullName => $"{Owner}/{Name}";
}

/// <summary>Which models may be asked.</summary>
sealed class ServedModelStore(HubDatabase database, AuditStore audit, TimeProvider time)
{
    const string Select = """
        select served_model.repository_id, owner.handle as owner, repository.name, admitter.handle as admitted_by, served_model.admitted_at
        from served_model
        join repository on repository.id = served_model.repository_id
        join account as owner on owner.id = repository.owner_id
        join account as admitter on admitter.id = served_model.admitted_by
        """;

    public async Task<AdmittedModel> AdmitAsync(Repository repository, Account by, CancellationToken stop)
    {
        if (repository.Kind != RepositoryKind.Model) throw Refusal.Invalid($"{repository.FullName} is no model.");
        await database.WriteAsync(async transaction =>
        {
            var added = await transaction.ExecuteAsync("""
                insert into served_model (repository_id, admitted_by, admitted_at)
                values (@repository, @by, @at)
                on conflict (repository_id) do nothing
                """, new { repository = repository.Id, by = by.Id, at = time.NowMs() }, stop);
            if (added == 1) await audit.AddAsync(transaction, AuditAction.ModelAdmitted, repository.FullName, "", stop, by.Id);
        }, stop);
        return (await database.ListAsync<AdmittedModel>($"{Select} where served_model.repository_id = @id", new { id = repository.Id }, stop))[0];
    }

    /// <summary>False when it was not admitted.</summary>
    public Task<bool> DismissAsync(Repository repository, Account by, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var removed = await transaction.ExecuteAsync("delete from served_model where repository_id = @id", new { id = repository.Id }, stop);
        if (removed == 1) await audit.AddAsync(transaction, AuditAction.ModelDismissed, repository.FullName, "", stop, by.Id);
        return removed == 1;
    }, stop);

    public async Task<bool> IsAdmittedAsync(long repositoryId, CancellationToken stop) =>
        (await database.ListAsync<long>("select repository_id from served_model where repository_id = @repositoryId", new { repositoryId }, stop)).Count == 1;

    public Task<IReadOnlyList<AdmittedModel>> ListAsync(CancellationToken stop) => database.ListAsync<AdmittedModel>($"{Select} order by owner.handle, repository.name", null, stop);

    /// <summary>Those that the actor may read.</summary>
    public Task<IReadOnlyList<AdmittedModel>> ListReadableAsync(Actor actor, CancellationToken stop) => database.ListAsync<AdmittedModel>($"""
        {Select}
        where {ReadableSql.Condition}
        order by owner.handle, repository.name
        limit 1000
        """, ReadableSql.Add(new DynamicParameters(), actor), stop);
}
