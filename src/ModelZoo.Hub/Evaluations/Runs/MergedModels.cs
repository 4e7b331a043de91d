using System.Data.Common;
using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A commit whose merge.json says what a model was made of.</summary>
sealed record MergedWork(long RepositoryId, string CommitId, long AccountId);

/// <summary>What a merge was made of stands in its merge.json: where all sources have scores of one task, the merge is measured on it, too.</summary>
sealed class MergedFollower(JobStore jobs) : ICommitFollower
{
    public async Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop)
    {
        if (commit.By is not { } author || commit.Repository.Kind != RepositoryKind.Model || commit.Reference != commit.Repository.DefaultReference) return;
        if (!commit.Changes.Any(change => change.Path.Value == MergedModels.RecipeFile && change.After is not null)) return;
        var work = new MergedWork(commit.Repository.Id, commit.Commit.Id.Hex, author.Id);
        await jobs.EnqueueAsync(transaction, new NewJob(MergedModels.JobName, JsonSerializer.Serialize(work), work.CommitId, work.RepositoryId, work.AccountId), stop);
    }
}

/// <summary>Asks for evaluations of a merge on the tasks that its sources share, for whoever made it and with that account's limits.</summary>
sealed class MergedModels(AccountStore accounts, AccessPolicy policy, CommitStore commits, TreeReader trees, ScoreStore scores, EvaluationRequests requests) : JobHandler<MergedWork>
{
    public const string JobName = "evaluations.merged";
    public const string RecipeFile = "merge.json";

    const long MaxRecipeBytes = 4 << 20;
    const int MostSources = 200;

    /// <summary>Tasks that are asked for: more are for people to choose.</summary>
    const int MostTasks = 4;

    public override string Name => JobName;

    protected override async Task<string> RunAsync(MergedWork work, JobRun run, CancellationToken stop)
    {
        var account = await accounts.FindAsync(work.AccountId, stop);
        if (account is null or { DisabledAt: not null }) return "The account is gone or disabled.";
        var actor = new Actor(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
        try
        {
            var model = await policy.GetAsync(work.RepositoryId, actor, AccessLevel.Contribute, stop);
            var shared = await SharedAsync(await SourcesAsync(model, work.CommitId, stop), actor, stop);
            var asked = new List<string>();
            foreach (var (benchmark, task) in shared.Take(MostTasks))
                try
                {
                    await requests.BeginAsync(new() { Model = model.Repository.FullName, Benchmark = benchmark, Task = task }, new(account, actor.Credential!), stop);
                    asked.Add($"{task} of {benchmark}");
                }
                catch (Refusal refusal) when (refusal.Kind != RefusalKind.Unavailable)
                {
                    run.Log($"{task} of {benchmark}: {refusal.Message}");
                }
            return asked.Count == 0 ? "The sources share no task that this hub runs." : $"Asked for {string.Join(", ", asked)}.";
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound or RefusalKind.Forbidden)
        {
            return refusal.Message;
        }
    }

    async Task<IReadOnlyList<string>> SourcesAsync(ReadableRepository model, string commitId, CancellationToken stop)
    {
        var space = model.Repository.SpaceId;
        if (await commits.FindAsync(space, ObjectId.Parse(commitId), stop) is not { } commit
            || await trees.FindAsync(space, commit.Tree, RepoPath.Parse(RecipeFile), stop) is not { Mode: EntryMode.File, Pointer: null, BlobBytes: <= MaxRecipeBytes } file) return [];
        try
        {
            using var recipe = JsonDocument.Parse(await trees.GetContentAsync(space, file.Id, stop));
            if (recipe.RootElement.ValueKind != JsonValueKind.Object || !recipe.RootElement.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array) return [];
            return [.. inputs.EnumerateArray().Take(MostSources).Where(input => input.ValueKind == JsonValueKind.Object)
                .Select(input => input.TryGetProperty("repository", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "").Distinct(StringComparer.OrdinalIgnoreCase)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Tasks on which every source has a value, in the order of the first source's files.</summary>
    async Task<IReadOnlyList<(string Benchmark, string Task)>> SharedAsync(IReadOnlyList<string> sources, Actor actor, CancellationToken stop)
    {
        List<(string Benchmark, string Task)>? shared = null;
        foreach (var source in sources)
        {
            if (source.Split('/') is not [var owner, var name] || await policy.FindReadableAsync(RepositoryKind.Model, owner, name, actor, stop) is not { } repository) return [];
            var own = (await scores.ListAsync(repository.Id, stop)).Where(row => row is { Value: not null, Subgroup: null, Origin: "results" } && row.TaskId.Length > 0).Select(row => (row.DatasetKey, row.TaskId)).Distinct().ToList();
            shared = shared is null ? own : [.. shared.Where(own.Contains)];
            if (shared.Count == 0) return [];
        }
        return shared ?? [];
    }
}
