using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Maintenance;

/// <summary>What one sweep removed.</summary>
sealed record SweepReport
{
    public int Objects { get; set; }
    public int Links { get; set; }
    public int Blobs { get; set; }
    public long BlobBytes { get; set; }
    public int Uploads { get; set; }
    public int Staged { get; set; }
    public int SignIns { get; set; }
    public int Jobs { get; set; }
    public int Skipped { get; set; }

    public override string ToString() =>
        $"Removed {Objects} git objects, {Links} links, {Blobs} blobs ({BlobBytes} bytes), {Uploads} uploads, {Staged} staged pieces, "
        + $"{SignIns} expired sign-ins, {Jobs} old jobs." + (Skipped > 0 ? $" Skipped {Skipped} repositories that are damaged or busy." : "");
}

/// <summary>
/// Mark and sweep: what no reference leads to goes once it is older than the grace period. It may run beside a busy hub, and
/// may be killed at any moment: the next run goes on.
/// </summary>
sealed class Sweeper(
    HubDatabase database, RepositoryStore repositories, ReferenceStore references, GitObjectStore objects, ObjectIndexStore index,
    SweepStore sweeps, JobStore jobs, IBlobStore blobs, TreeReader trees, TimeProvider time)
{
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromHours(24);

    /// <summary>A sweeper that is silent for this long has died; a request for a blob's removal takes seconds at most.</summary>
    public static readonly TimeSpan DeadAfter = TimeSpan.FromMinutes(10);

    /// <summary>Objects of a repository are stored before the repository's row: this long at least they are waited for.</summary>
    static readonly TimeSpan s_smallestSpaceGrace = TimeSpan.FromHours(1);

    /// <summary>Staged bytes stay while an upload of them could still go on.</summary>
    static readonly TimeSpan s_stagedFor = 2 * UploadStore.Lifetime;

    static readonly TimeSpan s_jobsKept = TimeSpan.FromDays(30);

    const int Attempts = 5;

    /// <summary>Files keep xorbs, and differences keep their containers and bases, in chains of up to eight: each pass frees a link of the chain.</summary>
    const int Passes = 12;

    const int Slice = 2_000;

    public async Task<SweepReport> RunAsync(TimeSpan grace, JobRun run, CancellationToken stop)
    {
        var report = new SweepReport();
        // Fixed before anything is looked at: what is stored or touched from here on is never in question.
        var cutoff = time.NowMs() - (long)grace.TotalMilliseconds;
        await SweepObjectsAsync(cutoff, report, run, stop);
        run.Report(0.7, "Removing expired uploads");
        await SweepUploadsAsync(report, stop);
        run.Report(0.75, "Removing blobs without links");
        // Once more after something went: a file that was made of xorbs kept those until then.
        for (int pass = 1, before = -1; pass <= Passes && report.Blobs > before; pass++)
        {
            before = report.Blobs;
            await SweepBlobsAsync(cutoff, report, stop);
        }
        run.Report(0.85, "Looking for bytes that belong to no blob");
        await SweepOrphansAsync(cutoff, report, stop);
        report.Staged = await blobs.SweepStagedAsync(time.GetUtcNow() - s_stagedFor, stop);
        report.SignIns = await sweeps.RemoveExpiredSignInsAsync(time.NowMs(), stop);
        report.Jobs = await jobs.SweepAsync(time.GetUtcNow() - s_jobsKept, stop);
        return report;
    }

    async Task SweepObjectsAsync(long cutoff, SweepReport report, JobRun run, CancellationToken stop)
    {
        var spaces = await index.SpacesAsync(stop);
        for (var i = 0; i < spaces.Count; i++)
        {
            run.Report(0.7 * i / spaces.Count, "Sweeping git objects");
            if (!await TrySweepSpaceAsync(spaces[i], cutoff, report, run, stop))
                report.Objects += await index.RemoveSpaceAsync(spaces[i], Math.Min(cutoff, time.NowMs() - (long)s_smallestSpaceGrace.TotalMilliseconds), stop);
        }
        trees.Forget();
    }

    /// <summary>False when no repository reads the space.</summary>
    async Task<bool> TrySweepSpaceAsync(long spaceId, long cutoff, SweepReport report, JobRun run, CancellationToken stop)
    {
        IReadOnlyList<Repository> readers = [];
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            readers = await repositories.ListOfSpaceAsync(spaceId, stop);
            if (readers.Count == 0) return false;
            var marks = new List<Mark>();
            foreach (var repository in readers)
                marks.Add(new(repository, await references.ListAsync(repository.Id, stop), await index.RecordedAsync(repository.Id, stop), await index.LinksAsync(repository.Id, stop)));
            var rows = await index.ListAsync(spaceId, stop);    // after the references, so that all they lead to is in it
            var kept = new HashSet<ObjectId>();
            foreach (var mark in marks)
            {
                mark.Walk = new ObjectWalk(objects, spaceId, rows);
                // A young commit that nothing leads to any more is kept whole: somebody may be about to name it.
                var young = mark.Recorded.Where(id => rows.TryGetValue(id, out var row) && row.StoredAt >= cutoff);
                await mark.Walk.RunAsync([.. mark.References.Select(r => (ObjectId.Parse(r.TargetId), r.Name)), .. young.Select(id => (id, "recorded"))], stop);
                if (mark.Walk.Missing.Count > 0)
                {
                    report.Skipped++;
                    run.Log($"{mark.Repository.FullName} lacks {mark.Walk.Missing[0].Type} {mark.Walk.Missing[0].Id}; nothing of it is swept. Run zoo fsck.");
                    return true;
                }
                kept.UnionWith(mark.Walk.Seen);
            }
            var garbage = rows.Where(pair => pair.Value.StoredAt < cutoff && !kept.Contains(pair.Key))
                .OrderBy(pair => pair.Value.Type is not ("commit" or "tag")).Select(pair => pair.Key).ToList();
            if (await TryRemoveAsync(spaceId, marks, garbage, rows, cutoff, report, stop)) return true;
        }
        report.Skipped++;
        run.Log($"{readers[0].FullName} is too busy to be swept now.");
        return true;
    }

    /// <summary>Commits first, so that nobody can name one that is only partly there. False when a reference moved since it was looked at.</summary>
    async Task<bool> TryRemoveAsync(
        long spaceId, List<Mark> marks, List<ObjectId> garbage, Dictionary<ObjectId, ObjectRow> rows, long cutoff, SweepReport report, CancellationToken stop)
    {
        long[] readers = [.. marks.Select(mark => mark.Repository.Id)];
        foreach (var slice in garbage.Chunk(Slice))
        {
            var removed = await database.WriteAsync(async transaction =>
            {
                if (!await HoldAsync(transaction, spaceId, marks, stop)) return -1;
                await ObjectIndexStore.RemoveCommitsAsync(transaction, spaceId, readers, [.. slice.Where(id => rows[id].Type == "commit")], stop);
                return await ObjectIndexStore.RemoveAsync(transaction, spaceId, slice, cutoff, stop);
            }, stop);
            if (removed < 0) return false;
            report.Objects += removed;
        }
        foreach (var mark in marks)
        {
            string[] unused = [.. mark.Links.Where(link => link.LinkedAt < cutoff && !mark.Walk!.Pointers.ContainsKey(link.Digest)).Select(link => link.Digest)];
            if (unused.Length == 0) continue;
            var removed = await database.WriteAsync(async transaction => await HoldAsync(transaction, spaceId, marks, stop)
                ? await ObjectIndexStore.RemoveLinksAsync(transaction, mark.Repository.Id, unused, cutoff, stop) : -1, stop);
            if (removed < 0) return false;
            report.Links += removed;
        }
        return true;
    }

    static async Task<bool> HoldAsync(System.Data.Common.DbTransaction transaction, long spaceId, List<Mark> marks, CancellationToken stop)
    {
        foreach (var mark in marks)
        {
            await ReferenceStore.HoldAsync(transaction, mark.Repository.Id, stop);
            var now = await ReferenceStore.ListAsync(transaction, mark.Repository.Id, stop);
            if (!now.Select(r => (r.Name, r.TargetId)).SequenceEqual(mark.References.Select(r => (r.Name, r.TargetId)))) return false;
        }
        // A fork that came since leads to objects by references of its own; its origin is held, so none can come now.
        return (await ForkStore.ReadersAsync(transaction, spaceId, stop)).SequenceEqual(marks.Select(mark => mark.Repository.Id).Order());
    }

    async Task SweepUploadsAsync(SweepReport report, CancellationToken stop)
    {
        // One lifetime more than promised: a slow request that began in time may still be running.
        var expired = time.NowMs() - (long)UploadStore.Lifetime.TotalMilliseconds;
        while (await sweeps.ExpiredUploadsAsync(expired, 200, stop) is { Count: > 0 } page)
            foreach (var upload in page)
            {
                if (upload is { PartBytes: not null, Handle: not null }) await blobs.AbandonPartsAsync(upload.Parts, stop);
                await sweeps.RemoveUploadAsync(upload.Id, stop);
                report.Uploads++;
            }
    }

    async Task SweepBlobsAsync(long cutoff, SweepReport report, CancellationToken stop)
    {
        for (var after = ""; ;)
        {
            var page = await sweeps.CandidatesAsync(after, cutoff, DeadBefore(), 200, stop);
            if (page.Count == 0) return;
            foreach (var blob in page)
            {
                var claim = time.NowMs();
                if (await sweeps.TryClaimAsync(blob, claim, cutoff, DeadBefore(), stop)) await RemoveAsync(blob, claim, cutoff, report, stop);
            }
            after = page[^1].DigestHex;
        }
    }

    async Task SweepOrphansAsync(long cutoff, SweepReport report, CancellationToken stop)
    {
        await foreach (var stored in blobs.ListAsync(stop))
        {
            var claim = time.NowMs();
            if (stored.StoredAt.ToUnixTimeMilliseconds() >= cutoff || !await sweeps.TryAdoptAsync(stored.Digest, stored.SizeBytes, claim, stop)) continue;
            await RemoveAsync(new() { DigestHex = stored.Digest.Hex, SizeBytes = stored.SizeBytes, SweepingSince = claim }, claim, cutoff, report, stop);
        }
    }

    /// <summary>The blob is marked. Removes bytes and row, or takes the mark back when somebody came before it.</summary>
    async Task RemoveAsync(BlobRow blob, long claim, long cutoff, SweepReport report, CancellationToken stop)
    {
        if (!await sweeps.IsUnusedAsync(blob, claim, cutoff, stop))
        {
            // A sweeper that died may have removed the bytes already: then the row has nothing to stand for.
            if (await blobs.FindSizeAsync(blob.Digest, stop) is not null || !await sweeps.RemoveAsync(blob, claim, stop))
                await sweeps.UnmarkAsync(blob, claim, stop);
            return;
        }
        await blobs.DeleteAsync(blob.Digest, stop);
        if (!await sweeps.RemoveAsync(blob, claim, stop)) return;
        report.Blobs++;
        report.BlobBytes += blob.SizeBytes;
    }

    long DeadBefore() => time.NowMs() - (long)DeadAfter.TotalMilliseconds;

    sealed record Mark(Repository Repository, IReadOnlyList<Reference> References, IReadOnlyList<ObjectId> Recorded, IReadOnlyList<LinkRow> Links)
    {
        public ObjectWalk? Walk { get; set; }
    }
}
