using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Tests.Maintenance;

public abstract class TotalsTests(TestHub hub)
{
    [Fact]
    public async Task Downloads_older_than_thirty_days_drop_out_of_the_count_and_stay_in_the_total()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "config.json", "{}");
        for (var i = 0; i < 3; i++) await hub.Ada.ReadFileAsync(repo, "config.json");
        await hub.Get<DownloadCounter>().FlushAsync(default);
        Assert.Equal((3, 3), await CountsAsync(repo));

        await hub.Get<HubDatabase>().ExecuteAsync("update download_day set day = day - 31", null, default);
        await hub.Get<JobStore>().EnqueueAsync(TotalsJob.New(), default);
        await hub.SettleAsync();

        Assert.Equal((0, 3), await CountsAsync(repo));
    }

    [Fact]
    public async Task A_like_of_this_week_is_the_trend_in_lists_and_alone()
    {
        var repo = await hub.Ada.CreateAsync();
        Assert.True((await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/like")).IsSuccessStatusCode);

        Assert.Equal(1, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}?expand=trendingScore"))["trendingScore"]!.GetValue<int>());
        Assert.Equal(1, (await hub.Nobody.GetJsonAsync($"/api/models?search={repo}&expand=trendingScore"))[0]!["trendingScore"]!.GetValue<int>());
    }

    async Task<(int Recent, int Ever)> CountsAsync(string repo)
    {
        var info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}?expand=downloads&expand=downloadsAllTime");
        return (info["downloads"]!.GetValue<int>(), info["downloadsAllTime"]!.GetValue<int>());
    }
}

public sealed class TotalsTests_Sqlite(SqliteHub hub) : TotalsTests(hub), IClassFixture<SqliteHub>;

public sealed class TotalsTests_Postgres(PostgresHub hub) : TotalsTests(hub), IClassFixture<PostgresHub>;
