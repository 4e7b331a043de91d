using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Signing;

/// <summary>A key of the hub. Retired ones have no secret any more.</summary>
sealed record ScoreKeyRow
{
    public string Id { get; init; } = "";
    public string PublicJson { get; init; } = "";
    public string? Secret { get; init; }
    public long MadeAt { get; init; }
    public long? RetiredAt { get; init; }
}

/// <summary>Rows of keys. All their SQL.</summary>
sealed class ScoreKeyStore(HubDatabase database, TimeProvider time)
{
    /// <summary>Newest first.</summary>
    public Task<IReadOnlyList<ScoreKeyRow>> ListAsync(CancellationToken stop) => database.ListAsync<ScoreKeyRow>("""
        select id, public_json, secret, made_at, retired_at
        from score_key
        order by made_at desc, id
        """, null, stop);

    /// <summary>Adds the key where there is none to sign with, or in place of that one.</summary>
    /// <returns>True when it is there now.</returns>
    public Task<bool> AddAsync(string id, string publicJson, string secret, bool replace, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var now = time.NowMs();
        if (replace)
            await transaction.ExecuteAsync("""
                update score_key
                set secret = null, retired_at = @now
                where retired_at is null
                """, new { now }, stop);
        return await transaction.ExecuteAsync("""
            insert into score_key (id, public_json, secret, made_at)
            select @id, @publicJson, @secret, @now
            where not exists (select 1 from score_key where retired_at is null)
            """, new { id, publicJson, secret, now }, stop) == 1;
    }, stop);
}
