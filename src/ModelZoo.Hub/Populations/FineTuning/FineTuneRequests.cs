using System.Security.Cryptography;
using System.Text;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>Takes wishes for fine-tuning: checks what can be checked at once, makes the repository of the result, and enqueues the work.</summary>
sealed class FineTuneRequests(AccessPolicy policy, AccountStore accounts, RepositoryLifecycle lifecycle, RevisionResolver revisions, JobStore jobs, JobBell bell, HubOptions options)
{
    public async Task<Job> BeginAsync(FineTuneWish wish, SignedIn me, CancellationToken stop)
    {
        me.RequireWrite();
        var model = await GetAsync(RepositoryKind.Model, wish.Model, "\"model\" must name a model as owner/name.", AccessLevel.Read, me, stop);
        var dataset = await GetAsync(RepositoryKind.Dataset, wish.Dataset, "\"dataset\" must name a dataset as owner/name.", AccessLevel.Read, me, stop);
        Check(wish);
        if (options.FineTuning.AtOnce == 0) throw Refusal.Forbidden("This hub fine-tunes nothing; `zoo finetune` does it on your machine.");
        var source = await revisions.GetAsync(model, wish.Revision is { Length: > 0 } revision ? revision : "HEAD", stop);
        var data = await revisions.GetAsync(dataset, wish.DatasetRevision is { Length: > 0 } at ? at : "HEAD", stop);
        if (await jobs.CountOpenAsync(FineTuneJob.JobName, me.Account.Id, stop) >= options.FineTuning.OpenPerAccount)
            throw new Refusal(RefusalKind.TooMany, $"You have {options.FineTuning.OpenPerAccount} fine-tunings waiting or running; wait for one to end.") { RetryAfter = TimeSpan.FromSeconds(30) };
        var target = await TargetAsync(wish, model, dataset, me, stop);
        var work = new FineTuneWork(model.Id, source.CommitId, dataset.Id, data.CommitId, target.Id, me.Account.Id, wish.Columns, wish.Settings, wish.Merges, wish.Evaluates);
        var payload = work.ToJson();
        var subject = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload)))[..32];
        if (await jobs.FindWaitingAsync(FineTuneJob.JobName, subject, stop) is { } same) return same;
        var id = await jobs.EnqueueAsync(new NewJob(FineTuneJob.JobName, payload, subject, target.Id, me.Account.Id), stop);
        bell.Ring();
        return (id is { } added ? await jobs.FindAsync(added, stop) : await jobs.FindWaitingAsync(FineTuneJob.JobName, subject, stop))
            ?? throw Refusal.Conflict("The same fine-tuning has just begun; look at the list of jobs.");
    }

    void Check(FineTuneWish wish)
    {
        try
        {
            wish.Settings.Validate();
        }
        catch (FineTuneException wrong)
        {
            throw Refusal.Invalid(wrong.Message);
        }
        if (wish.Settings.Epochs > options.FineTuning.MaxEpochs) throw Refusal.Invalid($"\"epochs\" must be at most {options.FineTuning.MaxEpochs} on this hub.");
        if (wish.Columns.Limit is < 1) throw Refusal.Invalid("\"limit\" must be a positive number.");
        if (wish.Columns.MaxLength is < 2) throw Refusal.Invalid("\"maxLength\" must be at least 2.");
        if (wish.Columns.Task is not (null or "text-classification" or "image-classification")) throw Refusal.Invalid("\"task\" must be one of [text-classification, image-classification].");
    }

    /// <summary>A result shows what it was made of: it is no more public than the model and the data are.</summary>
    async Task<ReadableRepository> TargetAsync(FineTuneWish wish, ReadableRepository model, ReadableRepository dataset, SignedIn me, CancellationToken stop)
    {
        var (owner, name) = wish.Target?.Split('/') is [{ Length: > 0 } first, { Length: > 0 } second] ? (first, second) : throw Refusal.Invalid("\"target\" must name the result's repository as owner/name.");
        var hidden = model.Repository.IsPrivate ? model : dataset.Repository.IsPrivate ? dataset : null;
        if (await policy.FindReadableAsync(RepositoryKind.Model, owner, name, me.Actor, stop) is { } there)
        {
            if (there.Id == model.Id) throw Refusal.Invalid("The result would replace the model that it is made of; name another repository.");
            var target = await policy.GetAsync(there.Id, me.Actor, AccessLevel.Write, stop);
            return hidden is null || target.Repository.IsPrivate ? target : throw Refusal.Invalid($"{hidden.Repository.FullName} is private, so the result's repository must be private, too.");
        }
        var account = await accounts.FindAsync(owner, stop) ?? throw Refusal.Forbidden($"You may not create repositories under {owner}.");
        return await lifecycle.CreateAsync(me, account, new(RepositoryKind.Model, name, wish.IsPrivate || hidden is not null), stop);
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
}
