using ModelZoo.Git;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>A command that may be carried out.</summary>
/// <param name="Commit">The commit behind <see cref="PushCommand.After"/>; null when the reference goes.</param>
/// <param name="IsForced">What the reference led to before is not among what it leads to now.</param>
sealed record PushPlan(PushCommand Command, ObjectId? Commit, bool IsForced);

/// <summary>The rules for references, against one state of them.</summary>
sealed class PushCheck(
    WritableRepository repository, IReadOnlyList<Reference> current, UnpackedPack pack, PushedCommits commits, PushedTrees trees,
    CommitGraph graph, Reach reach, TreeReader stored, IReadmeRule readmes, IReadOnlyList<FileLock> locksOfOthers, HashSet<string> openPullRequests)
{
    const int MaxTagDepth = 8;
    const int MaxReadmeBytes = 2 * 1024 * 1024;

    readonly Dictionary<string, Reference> _current = current.ToDictionary(reference => reference.Name);
    readonly NameTree _names = new(current.Select(reference => reference.Name));
    readonly HashSet<string> _commanded = [];

    /// <summary>Commands of one push see each other's names: those that remove must be asked about first.</summary>
    /// <exception cref="Refusal">The command cannot be carried out.</exception>
    public async Task<PushPlan> CheckAsync(PushCommand command, CancellationToken stop)
    {
        var name = CheckName(command);
        var before = _current.GetValueOrDefault(command.Name);
        if (before?.TargetId != command.Before?.Hex)
            throw Refusal.Conflict(before is null ? "the reference does not exist (any more); fetch first" : "the reference was moved meanwhile; fetch first");
        if (command.After is not { } after)
        {
            if (before is null) throw Refusal.NotFound("the reference does not exist");
            if (command.Name == repository.Repository.DefaultReference && !MayForce) throw Refused("the default branch cannot be removed");
            _names.Remove(command.Name);
            return new(command, null, false);
        }
        var commit = name.IsTag ? await TargetOfTagAsync(after, stop) : after;
        if (await commits.CheckAsync(commit, stop) is { } problem) throw Refusal.Invalid(problem);
        var isForced = before is not null && (name.IsTag || !await graph.LeadsToAsync(commit, ObjectId.Parse(before.CommitId), stop));
        var isPullRequest = Discussion.TryNumber(command.Name, out _);
        if (isForced && !MayForce && !isPullRequest) throw Refused(name.IsTag ? "a tag that exists is not moved" : "not a fast-forward: the branch has commits that yours does not build on");
        if (before is null && _names.FindNested(command.Name) is { } other) throw Refusal.Conflict($"{other} exists already, and cannot stand beside {command.Name}");
        if (name.IsBranch || isPullRequest) await CheckContentAsync(commit, before, stop);
        _names.Add(command.Name);
        return new(command, commit, isForced);
    }

    bool MayForce => repository.Repository.AllowsForcePush;

    static Refusal Refused(string what) => Refusal.Forbidden($"{what} (who administers the repository can allow forced pushes in its settings)");

    ReferenceName CheckName(PushCommand command)
    {
        if (!_commanded.Add(command.Name)) throw Refusal.Invalid("the reference is named twice");
        if (!repository.Covers(command.Name)) throw Refusal.Forbidden("you may push to your own open pull requests here (refs/pr/…) and to nothing else");
        if (Discussion.TryNumber(command.Name, out _)) return CheckPullRequest(command);
        var isWritable = command.Name.StartsWith("refs/heads/", StringComparison.Ordinal) ? ReferenceName.TryBranch(command.Name[11..], out var name)
            : ReferenceName.TryTag(command.Name.StartsWith("refs/tags/", StringComparison.Ordinal) ? command.Name[10..] : null, out name);
        if (isWritable) return name!;
        // What stands there already under a name that is no longer taken can still be removed.
        if (command.After is null && ReferenceName.TryParse(command.Name, out name) && (name.IsBranch || name.IsTag)) return name;
        throw Refusal.Invalid(ReferenceName.TryParse(command.Name, out _)
            ? "only branches (refs/heads/…) and tags (refs/tags/…) can be pushed"
            : "this is not a name that git allows for a reference");
    }

    ReferenceName CheckPullRequest(PushCommand command)
    {
        if (command.After is null) throw Refusal.Forbidden("the reference of a pull request is not removed by a push; close the pull request instead");
        if (!_current.ContainsKey(command.Name)) throw Refusal.NotFound($"there is no pull request {command.Name}; open one first, on the hub or with huggingface_hub");
        return openPullRequests.Contains(command.Name) ? ReferenceName.Parse(command.Name) : throw Refusal.Conflict("this pull request is not open (any more)");
    }

    /// <summary>Through annotated tags to the commit they name.</summary>
    async Task<ObjectId> TargetOfTagAsync(ObjectId id, CancellationToken stop)
    {
        for (var depth = 0; depth < MaxTagDepth; depth++)
        {
            byte[]? content = null;
            if (pack.TryFind(id, out var item))
            {
                if (item.Type == ObjectType.Commit) return id;
                if (item.Type != ObjectType.Tag) throw Refusal.Invalid($"a tag must lead to a commit, and {id} is a {item.Type.ToWord()}");
                content = pack.Read(item);
            }
            else if (reach.HasTag(id) && await reach.FindAsync(id, stop) is (ObjectType.Tag, var known)) content = known;
            if (content is null) return id;     // a commit, or nothing: the check of commits says
            try
            {
                ObjectSyntax.CheckTag(content);
            }
            catch (FormatException error)
            {
                throw Refusal.Invalid($"the tag {id} cannot be taken: {error.Message}");
            }
            id = Tag.Parse(content).Target;
        }
        throw Refusal.Invalid("a tag of a tag of a tag … is not taken");
    }

    async Task CheckContentAsync(ObjectId tip, Reference? before, CancellationToken stop)
    {
        var tree = (await graph.GetAsync(tip, stop)).Tree;
        var baseTree = before is null ? await commits.BaseTreeAsync(tip, stop) : (await graph.GetAsync(ObjectId.Parse(before.CommitId), stop)).Tree;
        if (tree == baseTree) return;
        await CheckReadmeAsync(tree, baseTree, stop);
        if (locksOfOthers.Count > 0) await CheckLocksAsync(tree, baseTree, stop);
    }

    async Task CheckReadmeAsync(ObjectId tree, ObjectId? baseTree, CancellationToken stop)
    {
        var entry = (await trees.GetAsync(tree, stop)).Find("README.md");
        if (entry is not { Mode: EntryMode.File or EntryMode.Executable }) return;
        if (baseTree is not null && (await trees.GetAsync(baseTree, stop)).Find("README.md")?.Id == entry.Id) return;
        if (!pack.TryRead(entry.Id, ObjectType.Blob, out var content)) content = await stored.GetContentAsync(repository.Repository.SpaceId, entry.Id, stop);
        if (content.Length > MaxReadmeBytes) return;
        if (readmes.Problems(repository.Repository.Kind, content) is { Count: > 0 } problems)
            throw Refusal.Invalid($"the metadata of README.md is not valid: {string.Join("; ", problems)}");
    }

    async Task CheckLocksAsync(ObjectId tree, ObjectId? baseTree, CancellationToken stop)
    {
        var locked = locksOfOthers.ToDictionary(held => held.Path);
        await foreach (var change in TreeDiff.CompareAsync(trees.GetAsync, baseTree, tree, stop))
            if (locked.TryGetValue(change.Path.Value, out var held)) throw Refusal.Conflict($"'{held.Path}' is locked by {held.Owner}");
    }
}
