namespace ModelZoo.Hub.Database;

/// <summary>Facts about the hub itself that all its nodes share.</summary>
sealed class SettingStore(HubDatabase database)
{
    public Task<string?> FindAsync(string name, CancellationToken stop) =>
        database.FindAsync<string>("select value from hub_setting where name = @name", new { name }, stop);

    /// <summary>The stored value; the first node that asks stores its own proposal.</summary>
    public async Task<string> GetOrAddAsync(string name, Func<string> propose, CancellationToken stop)
    {
        if (await FindAsync(name, stop) is { } known) return known;
        await database.ExecuteAsync("""
            insert into hub_setting (name, value)
            values (@name, @value)
            on conflict (name) do nothing
            """, new { name, value = propose() }, stop);
        return (await FindAsync(name, stop))!;
    }

    public Task SetAsync(string name, string value, CancellationToken stop) => database.ExecuteAsync("""
        insert into hub_setting (name, value)
        values (@name, @value)
        on conflict (name) do update set value = excluded.value
        """, new { name, value }, stop);
}
