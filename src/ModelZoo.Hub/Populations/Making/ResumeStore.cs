using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>
/// What each member in training goes on from: weights, moments and counters of its last epoch. It changes with each epoch and serves nobody afterwards, so it is kept
/// in rows and never in a commit, whose history would hold every version of it.
/// </summary>
sealed class ResumeStore(HubDatabase database, TimeProvider time) : IChore
{
    const int PartBytes = 1 << 20;

    /// <summary>Generations that nobody went on with for so long begin their unfinished members anew.</summary>
    static readonly TimeSpan s_keep = TimeSpan.FromDays(30);

    public TimeSpan Every => TimeSpan.FromHours(6);

    public Task WriteAsync(long repositoryId, string reference, string memberId, byte[]? content, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync("""
            delete from population_resume
            where repository_id = @repositoryId and reference = @reference and member_id = @memberId
            """, new { repositoryId, reference, memberId }, stop);
        if (content is null) return;
        for (var (part, at) = (0L, 0); at < content.Length; part++, at += PartBytes)
            await transaction.ExecuteAsync("""
                insert into population_resume (repository_id, reference, member_id, part, content, kept_at)
                values (@repositoryId, @reference, @memberId, @part, @bytes, @now)
                """, new { repositoryId, reference, memberId, part, bytes = content[at..Math.Min(content.Length, at + PartBytes)], now = time.NowMs() }, stop);
    }, stop);

    public async Task<byte[]?> FindAsync(long repositoryId, string reference, string memberId, CancellationToken stop)
    {
        var parts = await database.ListAsync<Part>("""
            select content
            from population_resume
            where repository_id = @repositoryId and reference = @reference and member_id = @memberId
            order by part
            """, new { repositoryId, reference, memberId }, stop);
        return parts.Count == 0 ? null : [.. parts.SelectMany(part => part.Content)];
    }

    public Task RunAsync(CancellationToken stop) => database.ExecuteAsync("delete from population_resume where kept_at < @before",
        new { before = time.GetUtcNow().Subtract(s_keep).ToUnixTimeMilliseconds() }, stop);

    sealed record Part
    {
        public byte[] Content { get; init; } = [];
    }
}
