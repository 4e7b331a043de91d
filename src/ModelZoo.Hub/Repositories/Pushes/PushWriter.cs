using System.Data.Common;
using ModelZoo.Git;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>
/// Writes a push: what it brings is checked like a commit through the API, its objects are made durable, and then one transaction
/// moves all its references. Commands that are refused do not hold up the others, unless the push is atomic.
/// </summary>
sealed class PushWriter(
    HubDatabase database, ReferenceStore references, GitObjectStore objects, CommitStore commits, CommitWriter writer, TreeReader trees, BlobLinkStore links,
    IReadmeRule readmes, FileLockStore locks, DiscussionStore discussions, AuditStore audit, JobBell bell, HubOptions options)
{
    /// <summary>How often a push is checked anew because references moved on another node while it was.</summary>
    const int Attempts = 30;

    const int StoreBatchBytes = 16 * 1024 * 1024;

    /// <summary>Trees and commits may be as large as this, and so may what deltas are made of.</summary>
    const long LargestObject = 32 * 1024 * 1024;

    /// <summary>Reads the pack that follows a push's commands.</summary>
    /// <exception cref="Refusal">The pack is malformed, breaks a limit, or builds on what is not in this repository.</exception>
    public async Task<UnpackedPack> UnpackAsync(WritableRepository repository, Stream body, string scratchFolder, CancellationToken stop)
    {
        var limits = new PackLimits { MaxObjectBytes = Math.Max(LargestObject, options.Limits.InlineBytes), MaxTotalBytes = 4 * options.Git.PackBytes };
        await using var received = new SpillStream(scratchFolder);
        await body.CopyToAsync(received, 64 * 1024, stop);
        received.Position = 0;
        var space = repository.Repository.SpaceId;
        Reach? reach = null;
        try
        {
            return await PackReader.ReadAsync(received, new SpillStream(scratchFolder), limits, async (id, cancel) =>
            {
                reach ??= new(repository.Repository, await references.ListAsync(repository.Id, cancel), new(commits, space), trees, objects);
                return await reach.FindAsync(id, cancel);
            }, stop);
        }
        catch (PackObjectTooLargeException error)
        {
            throw new Refusal(RefusalKind.TooLarge, $"{error.Message} {PushedFiles.TooLargeWords(options.Limits.InlineBytes)}");
        }
        catch (PackFormatException error)
        {
            throw Refusal.Invalid(error.Message);
        }
    }

    public Task<PushOutcome> WriteAsync(WritableRepository repository, IReadOnlyList<PushCommand> commands, bool isAtomic, UnpackedPack pack, CancellationToken stop) =>
        writer.InTurnAsync(repository, async () =>
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
                if (await TryAsync(repository, commands, isAtomic, pack, stop) is { } outcome) return outcome;
            throw new Refusal(RefusalKind.Unavailable, "The references are moving too fast; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }, stop);

    /// <returns>Null when a reference moved between the check and the transaction.</returns>
    async Task<PushOutcome?> TryAsync(WritableRepository repository, IReadOnlyList<PushCommand> commands, bool isAtomic, UnpackedPack pack, CancellationToken stop)
    {
        var space = repository.Repository.SpaceId;
        var current = await references.ListAsync(repository.Id, stop);
        var graph = new CommitGraph(commits, space);
        var reach = new Reach(repository.Repository, current, graph, trees, objects);
        var files = await PushedFiles.ReadAsync(pack, links, repository.Id, repository.Author.Id, options.Limits.InlineBytes, stop);
        var pushedTrees = new PushedTrees(pack, trees, reach, space, files);
        var pushedCommits = new PushedCommits(pack, pushedTrees, graph, reach);
        var others = await locks.ListOfOthersAsync(repository.Id, repository.Author.Id, stop);
        var pulls = commands.Any(command => Discussion.TryNumber(command.Name, out _)) ? await discussions.ListOpenPullRequestsAsync(repository.Id, null, stop) : [];
        var check = new PushCheck(repository, current, pack, pushedCommits, pushedTrees, graph, reach, trees, readmes, others, [.. pulls.Select(Discussion.ReferenceOf)]);

        var problems = new Dictionary<PushCommand, string>(ReferenceEqualityComparer.Instance);
        var plans = new List<PushPlan>();
        foreach (var command in commands.OrderBy(command => command.After is not null))
        {
            try
            {
                plans.Add(await check.CheckAsync(command, stop));
            }
            catch (Refusal refusal)
            {
                problems[command] = refusal.Message;
            }
        }
        if (isAtomic && problems.Count > 0) plans.Clear();
        if (plans.Count > 0)
        {
            try
            {
                if (!await ApplyAsync(repository, current, plans, pack, files, pushedCommits, pushedTrees, graph, stop)) return null;
            }
            catch (Exception error) when (error is MissingObjectException or Refusal { Kind: not RefusalKind.Unavailable })
            {
                foreach (var plan in plans) problems[plan.Command] = error is Refusal ? error.Message : "content of this push was removed as unreachable before it was done; push again";
                plans.Clear();
            }
        }
        var accepted = plans.Select(plan => plan.Command).ToHashSet<PushCommand>(ReferenceEqualityComparer.Instance);
        return new([.. commands.Select(command => new PushedReference(command,
            accepted.Contains(command) ? null : problems.GetValueOrDefault(command, "not done, because the push is atomic and another reference was refused")))], [.. files.Words()]);
    }

    async Task<bool> ApplyAsync(
        WritableRepository proof, IReadOnlyList<Reference> current, List<PushPlan> plans, UnpackedPack pack, PushedFiles files, PushedCommits pushed, PushedTrees pushedTrees,
        CommitGraph graph, CancellationToken stop)
    {
        var repository = proof.Repository;
        var content = new PushedContent(pack, files);
        foreach (var plan in plans)
            if (plan.Command.After is { } after) content.Add(after);
        foreach (var batch in content.Batches(StoreBatchBytes)) await objects.AddAsync(repository.SpaceId, batch, stop);

        var used = content.Used.ToHashSet();
        var history = pushed.Good.Where(item => used.Contains(item.Place.Id)).ToList();
        var moves = new List<PreparedCommit>();
        foreach (var plan in plans.Where(plan => IsBranchMove(plan, repository))) moves.Add(await DescribeAsync(repository, plan, pushedTrees, graph, current, stop) with { By = proof.Author });
        var gone = plans.Find(plan => plan.Command.Name == repository.DefaultReference && plan.Commit is null);
        var nothing = gone is null ? null : await writer.ProjectNothingAsync(repository, gone.Command.Before!, stop);

        var applied = await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, repository.Id, stop);
            var now = await ReferenceStore.ListAsync(transaction, repository.Id, stop);
            // What was proven from these references is proven only while they stand.
            if (!now.Select(r => (r.Name, r.TargetId)).SequenceEqual(current.Select(r => (r.Name, r.TargetId)))) return false;
            await objects.RequireAsync(transaction, repository.SpaceId, [.. used, .. plans.Select(plan => plan.Commit).OfType<ObjectId>()], stop);
            await commits.AddManyAsync(transaction, repository, history, stop);
            foreach (var (digest, path) in content.Links.OrderBy(link => link.Key.Hex, StringComparer.Ordinal))
                await links.LinkAsync(transaction, repository.Id, digest, path, plans[0].Command.Name, stop);
            await ReferenceStore.RemoveAsync(transaction, repository.Id, [.. plans.Where(plan => plan.Commit is null).Select(plan => plan.Command.Name)], stop);
            foreach (var move in moves)
                if (!await writer.ApplyAsync(transaction, move, stop)) throw new InvalidOperationException($"{move.Reference} moved while it was held.");
            foreach (var tag in plans.Where(plan => plan is { Commit: not null, Command.Before: not null } && !IsBranchMove(plan, repository)))
                await references.TryMoveAsync(transaction, repository.Id, tag.Command.Name, tag.Command.Before, tag.Command.After!, tag.Commit!, stop);
            await references.AddAsync(transaction, repository.Id,
                [.. plans.Where(plan => plan is { Commit: not null, Command.Before: null } && !IsBranchMove(plan, repository)).Select(plan => (plan.Command.Name, plan.Command.After!, plan.Commit!))], stop);
            if (nothing is not null) await writer.ForgetAsync(transaction, repository, nothing, stop);
            await RecordAsync(transaction, repository, plans, stop);
            return true;
        }, stop);
        if (!applied) return false;
        bell.Ring();
        ZooMeter.CommitsWritten.Add(history.Count);
        return true;
    }

    /// <summary>What goes the way of a commit: with changes that others want to know. A branch made elsewhere than the default one is a name only.</summary>
    static bool IsBranchMove(PushPlan plan, Repository repository) =>
        plan.Commit is not null && (plan.Command.Name.StartsWith("refs/heads/", StringComparison.Ordinal) || Discussion.TryNumber(plan.Command.Name, out _))
        && (plan.Command.Before is not null || plan.Command.Name == repository.DefaultReference);

    async Task<PreparedCommit> DescribeAsync(
        Repository repository, PushPlan plan, PushedTrees pushedTrees, CommitGraph graph, IReadOnlyList<Reference> current, CancellationToken stop)
    {
        var tip = Commit.Parse(await objects.FindContentAsync(repository.SpaceId, plan.Commit!, stop) ?? throw new MissingObjectException($"Commit {plan.Commit} is missing."));
        var treeBefore = plan.Command.Before is { } before ? (await graph.GetAsync(before, stop)).Tree : null;
        var prepared = await writer.DescribeAsync(repository, plan.Command.Name, plan.Command.Before, tip, treeBefore, stop) with { History = [] };
        if (plan.Command.Name != repository.DefaultReference) return prepared;
        return prepared with { LastChanges = await LastChangesAsync(graph, pushedTrees, plan.Command.Before, plan.Commit!, stop) };
    }

    /// <summary>Follows first parents back to where the branch stood, and goes forward from there; from the very beginning when it never stood on that line.</summary>
    static async Task<LastChanges> LastChangesAsync(CommitGraph graph, PushedTrees trees, ObjectId? before, ObjectId tip, CancellationToken stop)
    {
        var line = new Stack<GraphCommit>();
        for (ObjectId? id = tip; id is not null && id != before;)
        {
            var commit = await graph.GetAsync(id, stop);
            line.Push(commit);
            id = commit.Parents.Count > 0 ? commit.Parents[0] : null;
        }
        var isWhole = before is null || line.Count == 0 || line.Peek().Parents.Count == 0 || line.Peek().Parents[0] != before;
        var (rows, gone) = (new Dictionary<string, string>(), new HashSet<string>());
        var tree = isWhole ? null : (await graph.GetAsync(before!, stop)).Tree;
        while (line.TryPop(out var commit))
        {
            var changes = new List<TreeChange>();
            await foreach (var change in TreeDiff.CompareAsync(trees.GetAsync, tree, commit.Tree, stop)) changes.Add(change);
            LastChangeProjection.Apply(rows, gone, commit.Id, changes);
            tree = commit.Tree;
        }
        return new(rows, isWhole ? [] : gone, isWhole);
    }

    async Task RecordAsync(DbTransaction transaction, Repository repository, List<PushPlan> plans, CancellationToken stop)
    {
        var subject = AuditStore.Repository(repository.Id);
        var forced = plans.Where(plan => plan.IsForced).Select(plan => $"{plan.Command.Name} from {plan.Command.Before} to {plan.Command.After}").ToList();
        var removed = plans.Where(plan => plan.Commit is null).Select(plan => $"{plan.Command.Name} at {plan.Command.Before}").ToList();
        if (forced.Count > 0) await audit.AddAsync(transaction, AuditAction.ReferenceForced, subject, string.Join(", ", forced), stop);
        if (removed.Count > 0) await audit.AddAsync(transaction, AuditAction.ReferenceRemoved, subject, string.Join(", ", removed), stop);
    }
}
