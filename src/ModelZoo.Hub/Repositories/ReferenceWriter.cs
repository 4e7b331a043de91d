using System.Data.Common;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories;

/// <summary>Makes, removes and squashes references. Commits themselves are <see cref="CommitWriter"/>'s.</summary>
sealed class ReferenceWriter(HubDatabase database, ReferenceStore references, GitObjectStore objects, CommitWriter commits, LastChangeProjection lastChanges)
{
    /// <param name="from">Null makes a branch whose tree is empty.</param>
    /// <param name="overwrite">An existing branch is moved here.</param>
    /// <param name="keepExisting">An existing branch is left as it is, without complaint.</param>
    public async Task CreateBranchAsync(WritableRepository repository, string branch, CommitRow? from, bool overwrite, bool keepExisting, CancellationToken stop)
    {
        if (!ReferenceName.TryBranch(branch, out var name)) throw Refusal.Invalid($"Invalid reference for a branch: {Shown(branch)}");
        repository.Require(name.Value);
        var existing = await references.FindAsync(repository.Id, name.Value, stop);
        if (existing is not null && !overwrite)
        {
            if (keepExisting) return;
            throw Refusal.Conflict($"Reference {name} already exists");
        }
        if (existing is not null && name.Value == repository.Repository.DefaultReference)
            throw Refusal.Invalid($"Cannot overwrite the default branch {branch}");
        var commit = from is null ? await EmptyCommitAsync(repository, stop) : null;
        var target = commit?.Id ?? from!.ObjectId;
        var created = await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, repository.Id, stop);
            if (existing is null) await RefuseNestingAsync(transaction, repository, name.Value, stop);
            await objects.RequireAsync(transaction, repository.Repository.SpaceId, [target], stop);
            if (commit is not null) await commits.RecordAsync(transaction, repository.Repository, commit, stop);
            return await references.TryMoveAsync(transaction, repository.Id, name.Value, existing is null ? null : ObjectId.Parse(existing.TargetId), target, target, stop);
        }, stop);
        if (!created) throw Refusal.Conflict($"Reference {name} already exists");
    }

    /// <remarks>Nothing new can be relied on by removing a name, so nobody needs to be kept out.</remarks>
    public async Task DeleteBranchAsync(WritableRepository repository, string branch, CancellationToken stop)
    {
        repository.Require("refs/heads/" + branch);
        if ("refs/heads/" + branch == repository.Repository.DefaultReference) throw Refusal.Forbidden($"Cannot delete refs/heads/{branch}");
        if (!await references.RemoveAsync(repository.Id, "refs/heads/" + branch, stop)) throw Refusal.RevisionNotFound(Shown(branch));
    }

    /// <param name="message">Makes the tag an annotated one.</param>
    public async Task CreateTagAsync(WritableRepository repository, string tag, CommitRow commit, string? message, CancellationToken stop)
    {
        if (!ReferenceName.TryTag(tag, out var name)) throw Refusal.Invalid($"Invalid reference for a tag: {Shown(tag)}");
        repository.Require(name.Value);
        var target = commit.ObjectId;
        if (!string.IsNullOrEmpty(message))
        {
            if (message.Length > CommitDraft.MaxDescriptionLength) throw Refusal.Invalid($"A tag's message may have at most {CommitDraft.MaxDescriptionLength} characters.");
            var annotated = StoredObject.Tag(new Tag(commit.ObjectId, ObjectType.Commit, tag, commits.Sign(repository.Author), message.Replace("\0", "")));
            await objects.AddAsync(repository.Repository.SpaceId, [annotated], stop);
            target = annotated.Id;
        }
        var created = await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, repository.Id, stop);
            await RefuseNestingAsync(transaction, repository, name.Value, stop);
            await objects.RequireAsync(transaction, repository.Repository.SpaceId, [target, commit.ObjectId], stop);
            return await references.TryMoveAsync(transaction, repository.Id, name.Value, null, target, commit.ObjectId, stop);
        }, stop);
        if (!created) throw Refusal.Conflict($"Reference {name} already exists");
    }

    public async Task DeleteTagAsync(WritableRepository repository, string tag, CancellationToken stop)
    {
        repository.Require("refs/tags/" + tag);
        if (!await references.RemoveAsync(repository.Id, "refs/tags/" + tag, stop)) throw Refusal.RevisionNotFound(Shown(tag));
    }

    /// <summary>Replaces a branch's history by one commit with the same tree. The old commits are no longer reachable from it.</summary>
    public async Task SquashAsync(WritableRepository repository, string reference, CommitRow head, string message, CancellationToken stop)
    {
        repository.Require(reference);
        if (message.Length > CommitDraft.MaxSummaryLength) throw Refusal.Invalid($"\"message\" may have at most {CommitDraft.MaxSummaryLength} characters.");
        var signature = commits.Sign(repository.Author);
        var commit = new Commit(head.Tree, [], signature, signature, message.Replace("\0", ""));
        await objects.AddAsync(repository.Repository.SpaceId, [StoredObject.Commit(commit)], stop);
        var prepared = await commits.DescribeAsync(repository.Repository, reference, null, commit, null, stop) with { By = repository.Author };
        var moved = await database.WriteAsync(async transaction =>
        {
            if (reference == repository.Repository.DefaultReference) await lastChanges.ForgetAsync(transaction, repository.Id, stop);
            return await commits.ApplyAsync(transaction, prepared with { Head = head.ObjectId }, stop);
        }, stop);
        if (!moved) throw new Refusal(RefusalKind.Stale, "The branch was updated since you opened this page. Please refresh and try again.");
    }

    /// <summary>As in git, "a" and "a/b" cannot both exist: clones keep references as files, and addresses could not tell them apart.</summary>
    static async Task RefuseNestingAsync(DbTransaction transaction, WritableRepository repository, string name, CancellationToken stop)
    {
        if (await ReferenceStore.FindNestedAsync(transaction, repository.Id, name, stop) is { } other)
            throw Refusal.Conflict($"Reference {other} already exists; {name} cannot exist beside it");
    }

    async Task<Commit> EmptyCommitAsync(WritableRepository repository, CancellationToken stop)
    {
        var signature = commits.Sign(repository.Author);
        var commit = new Commit(ObjectId.EmptyTree, [], signature, signature, "initial commit");
        await objects.AddAsync(repository.Repository.SpaceId, [StoredObject.Tree(ObjectId.EmptyTree, []), StoredObject.Commit(commit)], stop);
        return commit;
    }

    static string Shown(string text) => text.Length > 100 ? text[..100] + "…" : text;
}
