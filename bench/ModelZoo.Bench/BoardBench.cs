using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;

namespace ModelZoo.Bench;

/// <summary>A board of 100,000 models over HTTP, from a hub with a filled database: the first page, a narrowed one, a page in the middle, and a page after a commit.</summary>
static class BoardBench
{
    const int Models = 100_000;
    const string Dataset = "board-of-many";
    const string Board = $"/api/zoo/leaderboards/{Hub.Owner}/{Dataset}/task";

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = Path.Combine(options.Folder, "data");
        await using (var hub = await Hub.StartAsync(data))
        {
            await Seeder.AddTemplatesAsync(hub);
            using var http = Client(hub);
            (await http.PostAsJsonAsync("/api/repos/create", new { type = "dataset", name = Dataset, organization = Hub.Owner })).EnsureSuccessStatusCode();
            var lines = string.Join('\n', Hub.Header(), Hub.FileLine("eval.yaml", "name: Many\ntasks:\n- {id: task, zoo: {metric: acc}}\n"));
            (await http.PostAsync($"/api/datasets/{Hub.Owner}/{Dataset}/commit/main", new StringContent(lines, System.Text.Encoding.UTF8, "application/x-ndjson"))).EnsureSuccessStatusCode();
            foreach (var name in Seeder.Names(Seeder.Templates, Seeder.Templates)) await hub.CommitAsync(name.Split('/')[1], [Hub.FileLine(".eval_results/task.yaml", Entry(0.5))]);
        }
        Seeder.Grow(data, Models);
        Vary(data);

        var rows = new List<string[]>();
        await using (var hub = await Hub.StartAsync(data))
        {
            using var http = Client(hub);
            var watch = Stopwatch.StartNew();
            (await http.GetAsync(Board)).EnsureSuccessStatusCode();
            rows.Add(["first question after the start, ms", $"{watch.Elapsed.TotalMilliseconds:0}"]);
            // A hub that just found 100,000 repositories is busy with them for a while; boards are measured when it is not.
            await Task.Delay(TimeSpan.FromSeconds(40));
            foreach (var (name, address) in ((string, string)[])[("first page", Board), ("licence mit, 100M-1B or smaller words", Board + "?licence=mit&q=harbour"), ("page in the middle", Board + "?offset=50000"), ("latest of each", Board + "?pick=latest"),
                     ("Pareto front over parameters", Board + "/pareto"), ("the page of the board", $"/leaderboards/{Hub.Owner}/{Dataset}/task")])
                rows.Add([name + ", ms", (await MeasureAsync(options, () => http.GetAsync(address))).Spread()]);
            var number = 0;
            rows.Add(["first page after another commit, ms", (await MeasureAsync(options, () => http.GetAsync(Board), () =>
                hub.CommitAsync(Seeder.Names(Seeder.Templates, Seeder.Templates)[0].Split('/')[1], [Hub.FileLine(".eval_results/task.yaml", Entry(0.5 + ++number / 1e6))]))).Spread()]);
        }
        return new("leaderboards", "A leaderboard of 100,000 models", "GET over HTTP from one hub on SQLite; the goal is less than 50 ms.", ["", "median (range)"], rows,
            [$"{options.Rounds * 4} rounds after one to warm up; views that are the same for everyone are kept until a score of the board changes: the first answer after that ranks all models anew."]);
    }

    static string Entry(double value) => FormattableString.Invariant($"- dataset: {{id: {Hub.Owner}/{Dataset}, task_id: task}}\n  value: {value}\n  date: \"2026-01-01\"\n  zoo: {{metric: acc, stderr: 0.002}}\n");

    /// <summary>Copies of one file all say the same: values and days are spread, evenly and with ties.</summary>
    static void Vary(string data)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(data, "modelzoo.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "update score set value = ((repository_id * 7919) % 50021) / 50021.0, measured_at = 1767225600000 + ((repository_id * 104729) % 300) * 86400000, score_key = 'k' || repository_id";
        command.ExecuteNonQuery();
    }

    static HttpClient Client(Hub hub)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{hub.Port}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", hub.Token);
        return http;
    }

    static async Task<List<double>> MeasureAsync(BenchOptions options, Func<Task<HttpResponseMessage>> ask, Func<Task>? before = null)
    {
        var millis = new List<double>();
        for (var round = 0; round <= options.Rounds * 4; round++)
        {
            if (before is not null) await before();
            var watch = Stopwatch.StartNew();
            using var answer = await ask();
            answer.EnsureSuccessStatusCode();
            if (round > 0) millis.Add(watch.Elapsed.TotalMilliseconds);
        }
        return millis;
    }
}
