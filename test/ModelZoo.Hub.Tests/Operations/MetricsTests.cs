using System.Globalization;
using System.Net;

namespace ModelZoo.Hub.Tests.Operations;

public abstract class MetricsTests(TestHub hub)
{
    [Fact]
    public async Task What_the_hub_does_is_counted_in_the_form_prometheus_reads()
    {
        var before = await ReadAsync();
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "config.json", "{}");
        await hub.Ada.CommitLargeAsync(repo, "weights.bin", Guid.NewGuid().ToByteArray());
        await hub.Nobody.ReadFileAsync(repo, "weights.bin");
        await hub.Nobody.GetAsync("/api/models/no/such");
        var after = await ReadAsync();

        // Other hubs of this process count too: at least, not exactly.
        Assert.True(Sum(after, "zoo_commit_written_total") >= Sum(before, "zoo_commit_written_total") + 2);
        Assert.True(Sum(after, "zoo_blob_stored_bytes_total") >= Sum(before, "zoo_blob_stored_bytes_total") + 16);
        Assert.True(Sum(after, "zoo_download_served_total") > Sum(before, "zoo_download_served_total"));
        Assert.True(Sum(after, "zoo_request_refused_total{kind=\"Unauthenticated\"}") > Sum(before, "zoo_request_refused_total{kind=\"Unauthenticated\"}"));
        Assert.Contains(after, line => line.StartsWith("http_server_request_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("{owner}", StringComparison.Ordinal));
        Assert.Contains(after, line => line.StartsWith("zoo_database_call_seconds_count{call=\"write\"}", StringComparison.Ordinal));
        Assert.True(Sum(after, "dotnet_process_memory_working_set_bytes") > 1_000_000);
        Assert.Contains(after, line => line.StartsWith("dotnet_gc_collections_total{generation=\"gen0\"}", StringComparison.Ordinal));
        Assert.Contains("# TYPE zoo_job_run_seconds histogram", after);
        foreach (var line in after.Where(line => line.Length > 0 && line[0] != '#'))
            Assert.Matches("^[a-zA-Z_:][a-zA-Z0-9_:]*(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\\\n]|\\\\.)*\",?)*\\})? [-+0-9.eEINFna]+$", line);
        Assert.Equal(after.Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).Distinct().Count(), after.Count(line => line.StartsWith("# TYPE", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Buckets_add_up_to_the_count()
    {
        await hub.Nobody.GetAsync("/health");
        var lines = await ReadAsync();
        var last = lines.Where(line => line.StartsWith("http_server_request_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("le=\"+Inf\"", StringComparison.Ordinal)).Sum(Value);

        Assert.Equal(last, lines.Where(line => line.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal)).Sum(Value));
    }

    [Fact]
    public async Task Metrics_are_for_this_machine_and_for_administrators()
    {
        var person = await hub.JoinAsync();
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/metrics")).StatusCode);
        // A proxy on this machine speaks for somebody else.
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(hub.Nobody)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(person)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(hub.Ada)).StatusCode);

        static Task<HttpResponseMessage> AskAsync(TestActor actor)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            request.Headers.Add("X-Forwarded-For", "203.0.113.5");
            return actor.Http.SendAsync(request);
        }
    }

    [Fact]
    public async Task The_status_counts_what_the_hub_holds_and_maintenance_enqueues_one_job()
    {
        await hub.Ada.CreateAsync();
        var status = await hub.Ada.GetJsonAsync("/api/zoo/status");
        Assert.True(status["repositories"]!["model"]!.GetValue<long>() >= 1);
        Assert.True(status["objects"]!["sizeBytes"]!.GetValue<long>() > 0);
        Assert.Contains(status["database"]!.GetValue<string>(), (string[])["sqlite", "postgres"]);

        foreach (var word in (string[])["reindex", "gc", "fsck"])
        {
            var answer = await hub.Ada.SendAsync(HttpMethod.Post, $"/api/zoo/{word}", new { });
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            var id = (await TestActor.ReadAsync(answer))["job"]!.GetValue<string>();
            Assert.Equal($"hub.{word}", (await hub.Ada.GetJsonAsync($"/api/zoo/jobs/{id}"))["name"]!.GetValue<string>());
        }
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync("/api/zoo/jobs/000000000000000000000001")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync("/api/zoo/jobs?state=lost")).StatusCode);
    }

    async Task<string[]> ReadAsync() => (await (await hub.Nobody.GetAsync("/metrics")).Content.ReadAsStringAsync()).Split('\n');

    static double Sum(string[] lines, string start) => lines.Where(line => line.StartsWith(start, StringComparison.Ordinal)).Sum(Value);

    static double Value(string line) => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
}

public sealed class MetricsTests_Sqlite(SqliteHub hub) : MetricsTests(hub), IClassFixture<SqliteHub>;

public sealed class MetricsTests_Postgres(PostgresHub hub) : MetricsTests(hub), IClassFixture<PostgresHub>;
