using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>What somebody wants measured, as texts that were not looked at yet.</summary>
sealed record EvaluationWish
{
    /// <summary>"owner/name".</summary>
    public string? Model { get; init; }
    public string? Revision { get; init; }

    /// <summary>A dataset's repository, "owner/name".</summary>
    public string? Benchmark { get; init; }
    public string? BenchmarkRevision { get; init; }

    /// <summary>A task of the benchmark or a group; null where it has one only.</summary>
    public string? Task { get; init; }
    public long? Limit { get; init; }
    public long? Seed { get; init; }
    public long? Threads { get; init; }
    public long? NumFewshot { get; init; }
    public string? Endpoint { get; init; }
    public bool Again { get; init; }

    /// <summary>Splits that the model has learned from: a measurement on one of them says nothing.</summary>
    public IReadOnlyList<string> LearnedSplits { get; init; } = [];
}

/// <summary>Takes wishes for evaluations: checks what can be checked at once, and enqueues the work.</summary>
sealed class EvaluationRequests(EvaluationStore store, AccessPolicy policy, RevisionResolver revisions, CommitFolders folders, HubOptions options, JobBell bell)
{
    const int MaxShots = 1_000;

    public async Task<EvaluationRow> BeginAsync(EvaluationWish wish, SignedIn me, CancellationToken stop)
    {
        me.RequireWrite();
        var model = (ContributingRepository)await GetAsync(RepositoryKind.Model, wish.Model, "\"model\" must name a model as owner/name.", AccessLevel.Contribute, me, stop);
        var benchmark = await GetAsync(RepositoryKind.Dataset, wish.Benchmark, "\"benchmark\" must name a dataset as owner/name.", AccessLevel.Read, me, stop);
        if (!model.IsWriter && !model.Repository.AllowsDiscussions)
            throw Refusal.Forbidden($"Discussions and pull requests are switched off for {model.Repository.FullName}, and you may not write to it: a result would have no way into it.");
        var measured = await revisions.GetAsync(model, wish.Revision is { Length: > 0 } revision ? revision : "HEAD", stop);
        var data = await revisions.GetAsync(benchmark, wish.BenchmarkRevision is { Length: > 0 } at ? at : "HEAD", stop);
        var settings = Settings(wish, model);
        using var folder = await folders.OpenAsync(benchmark, data.CommitId, EvaluationTasks.IsDefinition, stop);
        var chosen = EvaluationTasks.ChooseOrRefuse(folder.Path, wish.Task);
        if (chosen.Tasks.FirstOrDefault(task => wish.LearnedSplits.Contains(task.EvaluatedSplit)) is { } learned) throw Refusal.Invalid($"The task {learned.Name} measures on the split '{learned.EvaluatedSplit}', which the model has learned from.");
        var target = measured.Reference is { } named && named.StartsWith("refs/heads/", StringComparison.Ordinal) ? named : model.Repository.DefaultReference;
        var row = await store.AddAsync(new()
        {
            RepositoryId = model.Id, CommitId = measured.CommitId, BenchmarkId = benchmark.Id, BenchmarkCommit = data.CommitId, AccountId = me.Account.Id, Handle = me.Account.Handle,
            Task = chosen.Name, SettingsJson = settings.ToJson(), Target = target,
        }, options.Evaluation.OpenPerAccount, stop);
        bell.Ring();
        return row;
    }

    EvaluationSettings Settings(EvaluationWish wish, ContributingRepository model)
    {
        if (wish.Limit is < 1 or > int.MaxValue) throw Refusal.Invalid("\"limit\" must be a positive number.");
        if (wish.Seed is < 0 or > int.MaxValue) throw Refusal.Invalid("\"seed\" must be a number from 0.");
        if (wish.Threads is < 1) throw Refusal.Invalid("\"threads\" must be a positive number.");
        if (wish.NumFewshot is < 0 or > MaxShots) throw Refusal.Invalid($"\"numFewshot\" must be 0 to {MaxShots}.");
        var endpoint = wish.Endpoint is { Length: > 0 } name ? options.Evaluation.Endpoints.Keys.FirstOrDefault(known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            ?? throw Refusal.Invalid(options.Evaluation.Endpoints.Count == 0 ? "This hub has no endpoints; an administrator configures them." : $"There is no such endpoint; there are {string.Join(", ", options.Evaluation.Endpoints.Keys.Order())}.") : null;
        return new((int?)wish.Limit, (int)(wish.Seed ?? EvaluationSettings.StandardSeed), (int)Math.Min(wish.Threads ?? 1, options.Evaluation.Threads), endpoint, (int?)wish.NumFewshot, wish.Again, !model.IsWriter);
    }

    async Task<ReadableRepository> GetAsync(RepositoryKind kind, string? id, string problem, AccessLevel level, SignedIn me, CancellationToken stop)
    {
        var (owner, name) = id?.Split('/') is [var first, var second] ? (first, second) : throw Refusal.Invalid(problem);
        try
        {
            return await policy.GetAsync(kind, owner, name, me.Actor, level, stop);
        }
        catch (RepositoryMoved moved)
        {
            return await policy.GetAsync(moved.Repository.Id, me.Actor, level, stop);
        }
    }

    /// <summary>Stops a run that waits or goes on.</summary>
    public async Task CancelAsync(SeenEvaluation seen, SignedIn me, CancellationToken stop)
    {
        me.RequireWrite();
        if (!seen.IsOwn) throw Refusal.Forbidden("Only whoever asked for an evaluation, or who may write to its model, stops it.");
        if (!await store.CancelAsync(seen.Row.Id, $"Cancelled by {me.Account.Handle}.", stop)) throw Refusal.Conflict($"It has ended already: it is {seen.Row.State}.");
    }
}
