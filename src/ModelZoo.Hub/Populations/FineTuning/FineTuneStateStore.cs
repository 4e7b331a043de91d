using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>
/// What each open fine-tuning goes on from when another node takes it: the state after its last epoch, in rows, as populations keep theirs. It changes with each epoch
/// and serves nobody afterwards.
/// </summary>
sealed class FineTuneStateStore(HubDatabase database, TimeProvider time)
{
    const int PartBytes = 1 << 20;

    /// <summary>Puts a later epoch in place of an earlier one; one that is not later changes nothing.</summary>
    public Task WriteAsync(long jobId, long epoch, byte[] content, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync("""
            delete from finetune_resume
            where job_id = @jobId and epoch < @epoch
            """, new { jobId, epoch }, stop);
        for (var (part, at) = (0L, 0); at < content.Length; part++, at += PartBytes)
        {
            var written = await transaction.ExecuteAsync("""
                insert into finetune_resume (job_id, part, epoch, content, kept_at)
                values (@jobId, @part, @epoch, @bytes, @now)
                on conflict (job_id, part) do nothing
                """, new { jobId, part, epoch, bytes = content[at..Math.Min(content.Length, at + PartBytes)], now = time.NowMs() }, stop);
            // Somebody else's first part: that state is as late as this one, and all of it is there.
            if (written == 0) return;
        }
    }, stop);

    /// <summary>Null when there is none.</summary>
    public async Task<byte[]?> FindAsync(long jobId, CancellationToken stop)
    {
        var parts = await database.ListAsync<Part>("""
            select content
            from finetune_resume
            where job_id = @jobId
            order by part
            """, new { jobId }, stop);
        if (parts.Count == 0) return null;
        var content = new byte[parts.Sum(part => part.Content.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.Content.CopyTo(content, at);
            at += part.Content.Length;
        }
        return content;
    }

    /// <summary>Forgets what jobs that have ended went on from.</summary>
    public Task TrimAsync(CancellationToken stop) => database.ExecuteAsync("""
        delete from finetune_resume
        where not exists (select 1 from job where job.id = finetune_resume.job_id and job.state in ('waiting', 'running'))
        """, null, stop);

    public Task DeleteAsync(long jobId, CancellationToken stop) => database.ExecuteAsync("delete from finetune_resume where job_id = @jobId", new { jobId }, stop);

    sealed record Part
    {
        public byte[] Content { get; init; } = [];
    }
}
