using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;
using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Takes wishes for soups and merges: checks what can be checked at once, fixes every source to a commit, and enqueues the work.</summary>
sealed class MergeRequests(JobStore jobs, JobBell bell, AccessPolicy policy, RevisionResolver revisions)
{
    /// <summary>Merges of one account that wait or run; more would keep others waiting.</summary>
    const int MostOfOne = 4;
    const int MostSources = 200;
    const int MaxConfiguration = 1 << 20;
    const int MaxName = 300;

    /// <returns>The job that waits for just this, or a new one.</returns>
    public async Task<Job> BeginAsync(MergeWish wish, SignedIn me, CancellationToken stop)
    {
        var work = await ReadAsync(wish, me.Actor, stop);
        work = work with { AccountId = me.Account.Id, Target = await TargetAsync(wish, work, me, stop) };
        var (payload, repositoryId) = (work.ToJson(), work.Target!.RepositoryId ?? work.Sources[0].RepositoryId);
        var subject = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload)))[..32];
        if (await jobs.FindWaitingAsync(MergeJob.JobName, subject, stop) is { } same) return same;
        if (await jobs.CountOpenAsync(MergeJob.JobName, me.Account.Id, stop) >= MostOfOne)
            throw new Refusal(RefusalKind.TooMany, $"You have {MostOfOne} merges waiting or running; wait for one to end.") { RetryAfter = TimeSpan.FromSeconds(30) };
        var id = await jobs.EnqueueAsync(new NewJob(MergeJob.JobName, payload, subject, repositoryId, me.Account.Id), stop);
        bell.Ring();
        return (id is { } added ? await jobs.FindAsync(added, stop) : await jobs.FindWaitingAsync(MergeJob.JobName, subject, stop))
            ?? throw Refusal.Conflict("The same merge has just begun; look at the list of jobs.");
    }

    /// <summary>The work without a target: what a look beforehand needs, too.</summary>
    /// <exception cref="Refusal">The wish makes no sense, or the actor may not read a source.</exception>
    public async Task<MergeWork> ReadAsync(MergeWish wish, Actor actor, CancellationToken stop)
    {
        if (wish.Seed is < 0) throw Refusal.Invalid("\"seed\" must be a number from 0.");
        var type = wish.Type is not { Length: > 0 } text ? null
            : new[] { DType.F32, DType.F16, DType.BF16, DType.F64 }.FirstOrDefault(each => string.Equals(each.Name, text, StringComparison.OrdinalIgnoreCase)) ?? throw Refusal.Invalid("\"type\" must be one of [F32, F16, BF16, F64].");
        IReadOnlyList<string> names = wish.Sources;
        var (method, origin) = (wish.Method is { Length: > 0 } given ? given : "uniform", wish.Base is { Length: > 0 } b ? b : null);
        try
        {
            if (wish.Configuration is { Length: > 0 } yaml)
            {
                if (yaml.Length > MaxConfiguration) throw Refusal.Invalid($"\"configuration\" has {yaml.Length} characters; at most {MaxConfiguration} are read.");
                if (names.Count > 0 || wish.Base is not null || wish.Method is not null || wish.Weights is not null || wish.Parameters.Count > 0) throw Refusal.Invalid("A configuration says itself what is merged and how: \"sources\", \"base\", \"method\", \"weights\" and \"parameters\" go without one.");
                var parsed = MergeConfiguration.Parse(yaml);
                (names, method, origin) = ([.. parsed.Models.Where(model => model != parsed.BaseModel)], parsed.Method, parsed.BaseModel);
                // A base that is merged into itself by name alone is a source, too.
                if (names.Count == 0 && origin is not null) (names, origin) = ([origin], null);
            }
            else
            {
                MergeMethods.Check(method, wish.Parameters);
                if (MergeMethods.NeedsBase(method) && origin is null) throw Refusal.Invalid($"{method} looks at differences from a base: \"base\" names it.");
                if (!MergeMethods.NeedsBase(method) && origin is not null && method != MergeMethods.Lora) throw Refusal.Invalid($"{method} takes no base.");
            }
        }
        catch (Exception wrong) when (wrong is MergeException or RecipeException)
        {
            throw Refusal.Invalid(wrong.Message);
        }
        if (names.Count == 0) throw Refusal.Invalid("\"sources\" must name models as owner/name[@revision], or members as owner/population#member[@epochs].");
        if (names.Count > MostSources) throw Refusal.Invalid($"At most {MostSources} models are merged at once.");
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count) throw Refusal.Invalid("A model is named twice; a weight says that it counts more.");
        if (method == "weighted" && wish.Weights is null) throw Refusal.Invalid("\"weights\" must say how much each source counts.");
        if (wish.Weights is { } weights && (weights.Count != names.Count || !weights.All(double.IsFinite))) throw Refusal.Invalid($"\"weights\" must be {names.Count} finite numbers, one for each source.");
        var sources = new List<MergeWorkSource>();
        foreach (var name in names) sources.Add(await SourceAsync(name, actor, stop));
        var found = origin is null ? null : await SourceAsync(origin, actor, stop);
        return new(0, sources, found, method, wish.Weights, wish.Parameters, (ulong)(wish.Seed ?? 0), wish.Configuration is { Length: > 0 } kept ? kept : null, type?.Name, wish.SkipMismatch, wish.Force, null);
    }

    async Task<MergeWorkSource> SourceAsync(string name, Actor actor, CancellationToken stop)
    {
        if (name.Length > MaxName || name.Contains('\0')) throw Refusal.Invalid("A source is named owner/name[@revision] or owner/population#member[@epochs].");
        var (place, member) = name.Split('#', 2) is [var first, var second] ? (first, second) : (name, null);
        var (id, revision) = place.Split('@', 2) is [var repo, var at] ? (repo, at) : (place, "HEAD");
        var (owner, rest) = id.Split('/') is [var o, var n] ? (o, n) : throw Refusal.Invalid($"'{name}' names no model: owner/name[@revision], or owner/population#member[@epochs].");
        ReadableRepository repository;
        try
        {
            repository = await policy.GetAsync(RepositoryKind.Model, owner, rest, actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved moved)
        {
            repository = await policy.GetAsync(moved.Repository.Id, actor, AccessLevel.Read, stop);
        }
        var commit = await revisions.GetAsync(repository, revision, stop);
        var (who, epochs) = member?.Split('@', 2) is [var only, var which] ? (only, which) : (member, null);
        if (member is not null && who is not { Length: > 0 }) throw Refusal.Invalid($"'{name}' names no member behind its '#'.");
        return new(name, repository.Id, commit.CommitId, who, epochs);
    }

    async Task<MergeWorkTarget> TargetAsync(MergeWish wish, MergeWork work, SignedIn me, CancellationToken stop)
    {
        var (owner, name) = wish.Target?.Split('/') is [var first, var second] ? (first, second) : throw Refusal.Invalid("\"target\" must name a repository as owner/name: one that there is, or a new one.");
        var level = wish.PullRequest ? AccessLevel.Contribute : AccessLevel.Write;
        ReadableRepository? there = null;
        try
        {
            there = await policy.GetAsync(RepositoryKind.Model, owner, name, me.Actor, level, stop);
        }
        catch (RepositoryMoved moved)
        {
            there = await policy.GetAsync(moved.Repository.Id, me.Actor, level, stop);
        }
        catch (Refusal missing) when (missing is { Kind: RefusalKind.NotFound, Missing: MissingThing.Repository } && string.Equals(owner, me.Account.Handle, StringComparison.OrdinalIgnoreCase)) { }
        if (there is null) return await NewAsync(wish, work, me, name, stop);
        if (wish.IsPrivate is not null) throw Refusal.Invalid($"\"private\" is for new repositories; {there.Repository.FullName} is there already.");
        if (wish.PullRequest && !there.Repository.AllowsDiscussions) throw Refusal.Forbidden($"Discussions and pull requests are switched off for {there.Repository.FullName}.");
        var reference = there.Repository.DefaultReference;
        if (wish.Branch is { Length: > 0 } branch)
        {
            if (!ReferenceName.TryBranch(branch, out var valid)) throw Refusal.Invalid("\"branch\" is no name for a branch.");
            if (wish.PullRequest && await revisions.FindAsync(there, valid.Value, stop) is null) throw Refusal.RevisionNotFound(branch);
            reference = valid.Value;
        }
        if (!there.Repository.IsPrivate) await RequirePublishableAsync(work, me.Actor, stop);
        return new(there.Id, there.Repository.Owner, there.Repository.Name, reference, wish.PullRequest, there.Repository.IsPrivate);
    }

    async Task<MergeWorkTarget> NewAsync(MergeWish wish, MergeWork work, SignedIn me, string name, CancellationToken stop)
    {
        me.RequireWrite();
        if (Repository.NameProblem(name) is { Length: > 0 } problem) throw Refusal.Invalid(problem);
        if (wish.PullRequest) throw Refusal.NotFound("There is no such repository to propose a merge to.");
        if (wish.Branch is { Length: > 0 }) throw Refusal.Invalid("A new repository has its main branch only; \"branch\" is for one that there is.");
        if (wish.IsPrivate == false) await RequirePublishableAsync(work, me.Actor, stop);
        return new(null, me.Account.Handle, name, "refs/heads/main", false, wish.IsPrivate ?? (await PrivateAsync(work, me.Actor, stop)).Count > 0);
    }

    /// <summary>Somebody who may only read a private source must not publish it by the way.</summary>
    async Task RequirePublishableAsync(MergeWork work, Actor actor, CancellationToken stop)
    {
        if ((await PrivateAsync(work, actor, stop)).FirstOrDefault(source => source.Level < AccessLevel.Write) is { } hidden)
            throw Refusal.Forbidden($"{hidden.Repository.FullName} is private, and you may not write to it: a merge into a public repository would publish it. Merge into a private one.");
    }

    async Task<IReadOnlyList<ReadableRepository>> PrivateAsync(MergeWork work, Actor actor, CancellationToken stop)
    {
        var found = new List<ReadableRepository>();
        foreach (var id in work.Sources.Select(source => source.RepositoryId).Append(work.Base?.RepositoryId ?? work.Sources[0].RepositoryId).Distinct())
            if (await policy.GetAsync(id, actor, AccessLevel.Read, stop) is { Repository.IsPrivate: true } source) found.Add(source);
        return found;
    }
}
