using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A run with the two repositories that it is about, both readable for whoever asks.</summary>
sealed record SeenEvaluation(EvaluationRow Row, ReadableRepository Model, ReadableRepository Benchmark)
{
    /// <summary>May stop it, and read its log: whoever asked for it, writes the model, or administers the hub.</summary>
    public bool IsOwn => Model.Actor is { Account: { } me } && (me.Id == Row.AccountId || Model.Level >= AccessLevel.Write || Model.Actor.IsAdministrator);
}

/// <summary>Who sees a run: those who may read the model and the benchmark both. For others it does not exist.</summary>
sealed class EvaluationAccess(EvaluationStore store, AccessPolicy policy)
{
    /// <summary>Rows looked through for one page.</summary>
    const int MaxLookedAt = 1_000;

    public async Task<SeenEvaluation> GetAsync(long id, Actor actor, CancellationToken stop) =>
        await store.FindAsync(id, stop) is { } row && await SeeAsync(row, actor, [], stop) is { } seen ? seen : throw Kernel.Refusal.NotFound("There is no such evaluation.");

    /// <summary>Newest first, before an id.</summary>
    public async Task<IReadOnlyList<SeenEvaluation>> ListAsync(Actor actor, long? model, long? benchmark, long? account, string? state, long? before, int limit, CancellationToken stop)
    {
        var (seen, known) = (new List<SeenEvaluation>(), new Dictionary<long, ReadableRepository?>());
        for (var looked = 0; looked < MaxLookedAt;)
        {
            var rows = await store.ListAsync(model, benchmark, account, state, before, limit, stop);
            foreach (var row in rows)
                if (seen.Count < limit && await SeeAsync(row, actor, known, stop) is { } one) seen.Add(one);
            if (rows.Count < limit || seen.Count == limit) break;
            (before, looked) = (rows[^1].Id, looked + rows.Count);
        }
        return seen;
    }

    async Task<SeenEvaluation?> SeeAsync(EvaluationRow row, Actor actor, Dictionary<long, ReadableRepository?> known, CancellationToken stop) =>
        await FindAsync(row.RepositoryId, actor, known, stop) is { } model && await FindAsync(row.BenchmarkId, actor, known, stop) is { } benchmark ? new(row, model, benchmark) : null;

    async Task<ReadableRepository?> FindAsync(long id, Actor actor, Dictionary<long, ReadableRepository?> known, CancellationToken stop)
    {
        if (known.TryGetValue(id, out var repository)) return repository;
        try
        {
            repository = await policy.GetAsync(id, actor, AccessLevel.Read, stop);
        }
        catch (Kernel.Refusal)
        {
            repository = null;      // missing and hidden are one
        }
        return known[id] = repository;
    }
}
