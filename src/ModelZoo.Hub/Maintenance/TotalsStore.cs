using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>Downloads and likes of a repository, added up from the days and the people they are made of.</summary>
sealed class TotalsStore(HubDatabase database, TimeProvider time)
{
    /// <summary>Days that "downloads" covers, as Hugging Face counts them.</summary>
    const int WindowDays = 30;

    const string Recent = """
        (select cast(coalesce(sum(download_day.downloads), 0) as bigint) from download_day where download_day.repository_id = repository.id and download_day.day > @since)
        """;

    const string Ever = "(select cast(coalesce(sum(download_day.downloads), 0) as bigint) from download_day where download_day.repository_id = repository.id)";

    const string Likes = "(select count(*) from repository_like where repository_like.repository_id = repository.id)";

    /// <summary>Repositories whose downloads of the last days may have aged, after an id.</summary>
    public Task<IReadOnlyList<long>> ListDownloadedAsync(long afterId, int limit, CancellationToken stop) => database.ListAsync<long>("""
        select id
        from repository
        where downloads > 0
          and id > @afterId
        order by id
        limit @limit
        """, new { afterId, limit }, stop);

    /// <summary>True when a total was not what it should be.</summary>
    public Task<bool> RefreshAsync(long repositoryId, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var changed = await transaction.ExecuteAsync($"""
            update repository
            set downloads = {Recent}, downloads_all_time = {Ever}, likes = {Likes}
            where id = @repositoryId
              and (downloads <> {Recent} or downloads_all_time <> {Ever} or likes <> {Likes})
            """, new { repositoryId, since = (time.NowMs() / 86_400_000) - WindowDays }, stop) == 1;
        if (changed) await RepositoryStore.MarkChangedAsync(transaction, repositoryId, stop);
        return changed;
    }, stop);
}
