using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>
/// Marks scores: anybody who is somebody may dispute one, with a reason; who writes to the benchmark, or runs the hub, may revoke it or say that
/// training data held test items. Every mark and every lifting is in the audit log.
/// </summary>
sealed class ScoreMarks(MarkStore store, ScoreStore scores, BenchmarkStore benchmarks, AccessPolicy policy)
{
    const int LeastReason = 10;
    const int MostReason = 2_000;

    public async Task<MarkRow> AddAsync(ReadableRepository model, string dataset, string task, string? scoreKey, string kind, string reason, CancellationToken stop)
    {
        var account = RequireSomebody(model.Actor);
        if (!MarkKind.All.Contains(kind)) throw Refusal.Invalid($"\"kind\" must be one of [{string.Join(", ", MarkKind.All)}].");
        reason = JsonText.Storable(reason).Trim();
        if (reason.Length is < LeastReason or > MostReason) throw Refusal.Invalid($"\"reason\" must have {LeastReason} to {MostReason} characters: others want to know what is wrong.");
        var benchmark = await GetAsync(dataset, model.Actor, stop);
        if (kind != MarkKind.Disputed) RequireKeeper(benchmark);
        if ((await benchmarks.TasksAsync(benchmark.Id, stop)).All(row => row.Id != task)) throw Refusal.NotFound($"{benchmark.Repository.FullName} has no task of this id.");
        if (scoreKey is { Length: > 0 } && (await scores.ListAsync(model.Id, stop)).All(row => row.ScoreKey != scoreKey)) throw Refusal.NotFound("The model has no such score.");
        return await store.AddAsync(new() { RepositoryId = model.Id, ScoreKey = scoreKey ?? "", BenchmarkId = benchmark.Id, TaskId = task, Kind = kind, Reason = reason, AccountId = account.Id, Handle = account.Handle }, stop);
    }

    /// <summary>Who made a dispute may lift it; those who keep the benchmark may lift any mark.</summary>
    public async Task<MarkRow> LiftAsync(ReadableRepository model, long id, string reason, CancellationToken stop)
    {
        var account = RequireSomebody(model.Actor);
        if (await store.FindAsync(id, stop) is not { } mark || mark.RepositoryId != model.Id) throw Refusal.NotFound("The model has no such mark.");
        if (mark.Kind != MarkKind.Disputed || mark.AccountId != account.Id) RequireKeeper(await policy.GetAsync(mark.BenchmarkId, model.Actor, AccessLevel.Read, stop));
        reason = JsonText.Storable(reason).Trim();
        if (reason.Length > MostReason) throw Refusal.Invalid($"\"reason\" may have {MostReason} characters.");
        if (!await store.LiftAsync(mark, account.Id, reason, stop)) throw Refusal.Conflict("The mark is lifted already.");
        return (await store.FindAsync(id, stop))!;
    }

    async Task<ReadableRepository> GetAsync(string dataset, Actor actor, CancellationToken stop)
    {
        if (dataset.Split('/') is not [var owner, var name]) throw Refusal.Invalid("A benchmark is named owner/name.");
        try
        {
            return await policy.GetAsync(RepositoryKind.Dataset, owner, name, actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved moved)
        {
            return await policy.GetAsync(moved.Repository.Id, actor, AccessLevel.Read, stop);
        }
    }

    static Account RequireSomebody(Actor actor)
    {
        if (actor.Account is not { } account) throw new Refusal(RefusalKind.Unauthenticated, "Invalid username or password.");
        return actor.MayWriteAnywhere ? account : throw Refusal.Forbidden("This token may not do that: it needs the write role.");
    }

    static void RequireKeeper(ReadableRepository benchmark)
    {
        if (benchmark.Level < AccessLevel.Write && !benchmark.Actor.IsAdministrator) throw Refusal.Forbidden($"Only those who may write to {benchmark.Repository.FullName} may do that; you may dispute the score.");
    }
}
