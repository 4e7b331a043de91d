using ModelZoo.Git;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>
/// Checks that everything that is referred to is there and is what its name says. Changes nothing and may run beside a busy
/// hub: what looks wrong is looked at again before it is reported, because it may have been removed or replaced meanwhile.
/// </summary>
sealed class StoreCheck(
    RepositoryStore repositories, ReferenceStore references, GitObjectStore objects, ObjectIndexStore index, CheckStore checks, BlobCheck blobCheck)
{
    /// <summary>Bytes of objects that are held in memory at once.</summary>
    const long BatchBytes = 16 * 1024 * 1024;

    /// <param name="quick">Look that everything is there, without reading all bytes.</param>
    public async Task<CheckReport> RunAsync(bool quick, JobRun run, CancellationToken stop)
    {
        var report = new CheckReport();
        var bySpace = new HashSet<long>();
        for (long after = 0; await repositories.ListAfterAsync(after, 500, stop) is { Count: > 0 } page; after = page[^1].Id)
            foreach (var repository in page)
            {
                run.Report(0.1, $"Checking {repository.FullName}");
                report.Repositories++;
                if (bySpace.Add(repository.SpaceId) && !quick) await CheckContentsAsync(repository, report, stop);
                await CheckRepositoryAsync(repository, report, stop);
            }
        foreach (var space in (await index.SpacesAsync(stop)).Where(space => !bySpace.Contains(space)))
            report.Note($"object space {space}", "belongs to no repository");
        run.Report(0.5, "Checking blobs");
        await blobCheck.RunAsync(quick, report, run, stop);
        return report;
    }

    async Task CheckContentsAsync(Repository repository, CheckReport report, CancellationToken stop)
    {
        var batch = new List<ObjectRow>();
        long bytes = 0;
        foreach (var row in (await index.ListAsync(repository.SpaceId, stop)).Values)
        {
            batch.Add(row);
            bytes += row.SizeBytes;
            if (bytes < BatchBytes && batch.Count < 500) continue;
            await CheckContentsAsync(repository, batch, report, stop);
            batch.Clear();
            bytes = 0;
        }
        await CheckContentsAsync(repository, batch, report, stop);
    }

    async Task CheckContentsAsync(Repository repository, List<ObjectRow> batch, CheckReport report, CancellationToken stop)
    {
        var contents = await objects.ContentsAsync(repository.SpaceId, [.. batch.Select(row => ObjectId.Parse(row.Id))], stop);
        foreach (var row in batch)
        {
            // What is gone was swept since the list was read; what needs it is looked at elsewhere.
            if (!contents.TryGetValue(ObjectId.Parse(row.Id), out var content)) continue;
            report.CountObject();
            var subject = $"git object {row.Id} of {repository.FullName}";
            var actual = GitHash.Of(ObjectTypes.Parse(row.Type), content);
            if (actual.Hex != row.Id) report.Problem(CheckReport.Corrupt, subject, $"its content is that of {row.Type} {actual}");
            else if (row.SizeBytes != content.Length) report.Problem(CheckReport.Mismatch, subject, $"its row says {row.SizeBytes} bytes, its content has {content.Length}");
            else if (row.Type == "blob" && Pointer(content) is var pointer && (pointer?.Digest.Hex, pointer?.SizeBytes) != (row.LfsDigest, row.LfsSizeBytes))
                report.Problem(CheckReport.Mismatch, subject, "its row and its content disagree about what it points to");
        }
    }

    static LfsPointer? Pointer(byte[] content) => LfsPointer.TryParse(content, out var pointer) ? pointer : null;

    async Task CheckRepositoryAsync(Repository repository, CheckReport report, CancellationToken stop)
    {
        var (problems, unreachable) = await FindProblemsAsync(repository, stop);
        if (problems.Count > 0)
        {
            // Somebody may have moved, squashed or swept in between.
            if (await repositories.FindAsync(repository.Id, stop) is not { } again) return;
            (problems, unreachable) = await FindProblemsAsync(again, stop);
        }
        foreach (var problem in problems) report.Problem(problem);
        if (unreachable > 0) report.Note(repository.FullName, $"{unreachable} git objects that no reference leads to");
    }

    async Task<(List<CheckFinding> Problems, int Unreachable)> FindProblemsAsync(Repository repository, CancellationToken stop)
    {
        var found = new List<CheckFinding>();
        var name = repository.FullName;
        var names = await references.ListAsync(repository.Id, stop);
        var recorded = await index.RecordedAsync(repository.Id, stop);
        var rows = await index.ListAsync(repository.SpaceId, stop);
        var walk = new ObjectWalk(objects, repository.SpaceId, rows);
        await walk.RunAsync([.. names.Select(r => (ObjectId.Parse(r.TargetId), r.Name)), .. recorded.Select(id => (id, "what it answers for"))], stop);

        foreach (var missing in walk.Missing)
            found.Add(missing.Problem is { } problem
                ? new(CheckReport.Corrupt, $"git object {missing.Id} of {name}", problem)
                : new(CheckReport.Missing, $"git object {missing.Id} of {name}", $"{missing.Type} needed by {missing.NeededBy}"));
        if (!repository.AllowsForcePush && names.All(r => r.Name != repository.DefaultReference))
            found.Add(new(CheckReport.Missing, $"{name} {repository.DefaultReference}", "the default branch does not exist"));
        foreach (var reference in names) CheckReference(name, reference, walk, found);
        await CheckCommitRowsAsync(repository, walk, found, stop);
        await CheckLinksAsync(repository, walk, found, stop);
        if (names.FirstOrDefault(r => r.Name == repository.DefaultReference) is { } head
            && await checks.FindProjectedCommitAsync(repository.Id, stop) is var projected && projected != head.CommitId)
            found.Add(new(CheckReport.Mismatch, $"{name} {head.Name}", $"its projections are of {projected ?? "no commit"}, not of {head.CommitId}; run zoo reindex"));
        return (found, rows.Count(row => !walk.Seen.Contains(row.Key) && row.Key != ObjectId.EmptyTree));
    }

    static void CheckReference(string name, Reference reference, ObjectWalk walk, List<CheckFinding> found)
    {
        var (target, commit) = (ObjectId.Parse(reference.TargetId), ObjectId.Parse(reference.CommitId));
        if (walk.Tags.TryGetValue(target, out var tag) ? tag.Target != commit : target != commit)
            found.Add(new(CheckReport.Mismatch, $"{name} {reference.Name}", $"it holds {target}, which does not lead to {commit}"));
    }

    async Task CheckCommitRowsAsync(Repository repository, ObjectWalk walk, List<CheckFinding> found, CancellationToken stop)
    {
        var rows = (await index.CommitsAsync(repository.SpaceId, stop)).ToDictionary(row => row.Id);
        var parents = await index.ParentsAsync(repository.SpaceId, stop);
        foreach (var (id, commit) in walk.Commits)
        {
            var subject = $"commit {id} of {repository.FullName}";
            if (!rows.TryGetValue(id.Hex, out var row)) found.Add(new(CheckReport.Missing, subject, "it has no row of columns; run zoo reindex"));
            else if (!Agree(row, commit, rows) || !parents[id.Hex].SequenceEqual(commit.Parents.Select(parent => parent.Hex)))
                found.Add(new(CheckReport.Mismatch, subject, "its columns are not what the object says; run zoo reindex"));
        }
    }

    static bool Agree(CommitRow row, Commit commit, Dictionary<string, CommitRow> rows)
    {
        static string Stored(string text) => text.Replace('\0', '\uFFFD');
        var generation = 1 + commit.Parents.Select(parent => rows.TryGetValue(parent.Hex, out var above) ? above.Generation : 0).DefaultIfEmpty(0).Max();
        return row.TreeId == commit.Tree.Hex && row.Title == Stored(commit.Title) && row.Body == Stored(commit.Body)
            && row.AuthorName == Stored(commit.Author.Name) && row.AuthorEmail == Stored(commit.Author.Email)
            && row.AuthoredAt == commit.Author.When.ToUnixTimeMilliseconds() && row.CommittedAt == commit.Committer.When.ToUnixTimeMilliseconds()
            && row.Generation == generation;
    }

    /// <summary>What pointers point to must be linked, or nobody can read it.</summary>
    async Task CheckLinksAsync(Repository repository, ObjectWalk walk, List<CheckFinding> found, CancellationToken stop)
    {
        var links = (await index.LinksAsync(repository.Id, stop)).ToDictionary(link => link.Digest);
        foreach (var (digest, pointer) in walk.Pointers)
        {
            if (!links.TryGetValue(digest, out var link))
                found.Add(new(CheckReport.Missing, $"link of {repository.FullName} to blob {digest}", $"needed by pointer {pointer.Id}"));
            else if (link.SizeBytes is { } size && size != pointer.LfsSizeBytes)
                found.Add(new(CheckReport.Mismatch, $"git object {pointer.Id} of {repository.FullName}", $"it says that {digest} has {pointer.LfsSizeBytes} bytes; the blob has {size}"));
        }
        foreach (var link in links.Values.Where(link => link.SizeBytes is null))
            found.Add(new(CheckReport.Dangling, $"link of {repository.FullName} to blob {link.Digest}", $"there is no such blob (first linked for {link.FirstPath})"));
    }
}
