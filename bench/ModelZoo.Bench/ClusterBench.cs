using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Bench;

/// <summary>What a second node adds, and what the hub takes from an S3 server's speed when it sends clients there.</summary>
static class ClusterBench
{
    const int Connections = 8;

    sealed record Sample(double PerSecond, double MedianMs, double LateMs, double CpuMicroseconds);

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        using var servers = await Servers.StartAsync(options.Folder);
        var settings = new Dictionary<string, string>(servers.HubSettings) { ["MODELZOO_WORKERS"] = "0" };
        var rows = new List<IReadOnlyList<string>>();
        await using var one = await Hub.StartAsync(Path.Combine(options.Folder, "one"), settings, core: 0);
        await using var two = await Hub.StartAsync(Path.Combine(options.Folder, "two"), settings, core: Environment.ProcessorCount - 1);
        await Seeder.AddTemplatesAsync(one);
        foreach (var (name, token, targets) in Loads(one.Token))
        {
            var list = Path.Combine(options.Folder, "targets");
            await File.WriteAllLinesAsync(list, targets);
            foreach (var hub in new[] { one, two }) await MeasureAsync([hub], token, Math.Max(1, options.Seconds / 2), list);
            var (single, both) = (new List<Sample>(), new List<Sample>());
            for (var round = 0; round < options.Rounds; round++)
            {
                single.Add(await MeasureAsync([one], token, options.Seconds, list));
                both.Add(await MeasureAsync([one, two], token, options.Seconds, list));
            }
            var (a, b) = (Median(single), Median(both));
            rows.Add([name, Say(a), Say(b), $"{b.PerSecond / a.PerSecond:F2}", $"{b.CpuMicroseconds / a.CpuMicroseconds:F2}"]);
        }
        var (direct, through, redirected) = await DownloadAsync(one, options);
        rows.Add([$"download of {options.FileBytes / 1_000_000:N0} MB, MB/s", $"from S3 itself: {direct:F0}", $"by the hub's redirect: {redirected:F0}", $"{redirected / direct:F2}", ""]);
        rows.Add(["hashing of an upload that went to S3, MB/s", $"{through:F0}", "", "", ""]);
        return new("cluster", "Two nodes on PostgreSQL and S3, against one",
            $"{Connections} connections in a closed loop, shared between the nodes. Aim: a second node adds what its core can do, and a request costs no more CPU because there are two.",
            ["", "one node: requests/s · p50 / p99 ms · CPU µs", "two nodes", "two / one", "CPU two / one"], rows,
            [
                $"Each node is held to one core (taskset), the second to the last core, which PostgreSQL and the load use too: on {Environment.ProcessorCount} cores the figure for two nodes is what is left over, and not 2. The CPU of the nodes per request says what sharing costs.",
                "The redirect is asked of the hub anew for each download; the bytes come from the same S3 server (one Ceph gateway, in memory). Hashing is the LFS verify call after the bytes are in S3: join, read back, SHA-256, copy.",
                $"{options.Rounds} rounds of {options.Seconds:0.#} s each, interleaved, after a warm-up; {Seeder.Templates} repositories.",
            ]);
    }

    static string Say(Sample sample) => $"{sample.PerSecond:F0} · {sample.MedianMs:F2} / {sample.LateMs:F2} · {sample.CpuMicroseconds:F0}";

    static Sample Median(List<Sample> samples) => new(
        samples.Select(s => s.PerSecond).Median(), samples.Select(s => s.MedianMs).Median(), samples.Select(s => s.LateMs).Median(), samples.Select(s => s.CpuMicroseconds).Median());

    static List<(string Name, string? Token, List<string> Targets)> Loads(string token)
    {
        var names = Seeder.Names(Seeder.Templates, Seeder.Templates);
        return
        [
            ("resolve HEAD, token, LFS file", token, [.. names.Select(name => $"HEAD /{name}/resolve/main/model.safetensors")]),
            ("model info", null, [.. names.Select(name => $"GET /api/models/{name}")]),
            ("tree of 1,000 files", null, [$"GET /api/models/{Hub.Owner}/{Seeder.LargeTree}/tree/main"]),
            ("search, word and task, by downloads", null, [.. Seeder.Words.Select((word, i) => $"GET /api/models?search={word}&filter={Seeder.Tasks[i % Seeder.Tasks.Length]}&sort=downloads&limit=30")]),
        ];
    }

    static async Task<Sample> MeasureAsync(IReadOnlyList<Hub> hubs, string? token, double seconds, string list)
    {
        var cpu = hubs.Sum(hub => hub.Process.CpuSeconds());
        var results = await Task.WhenAll(hubs.Select(async hub =>
        {
            using var process = Process.Start(new ProcessStartInfo(
                Environment.ProcessPath!,
                [typeof(Program).Assembly.Location, "load", hub.Port.ToString(), token ?? "-", (Connections / hubs.Count).ToString(), seconds.ToString(), list])
            { RedirectStandardOutput = true })!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            var result = JsonSerializer.Deserialize<LoadResult>(output)!;
            return result.Failures == 0 ? result : throw new InvalidOperationException($"{result.Failures} of {result.Requests} requests failed.");
        }));
        var requests = results.Sum(result => result.Requests);
        return new(results.Sum(result => result.Requests / result.Seconds), results.Average(result => result.MedianMs), results.Max(result => result.LateMs),
            (hubs.Sum(hub => hub.Process.CpuSeconds()) - cpu) * 1e6 / requests);
    }

    /// <returns>MB/s: from the S3 server asked directly, of the check after the upload, and by the hub's redirect.</returns>
    static async Task<(double Direct, double Check, double Redirected)> DownloadAsync(Hub hub, BenchOptions options)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromMinutes(10) };
        var authorization = new AuthenticationHeaderValue("Bearer", hub.Token);
        var (url, size) = ($"http://127.0.0.1:{hub.Port}", Math.Min(options.FileBytes, 500_000_000));
        var content = RandomNumberGenerator.GetBytes((int)size);
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        await hub.CreateAsync("large");
        async Task<JsonNode> LfsAsync(string call, object body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{url}/{Hub.Owner}/large.git/info/lfs/objects/{call}") { Headers = { Authorization = authorization } };
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/vnd.git-lfs+json");
            using var answer = (await http.SendAsync(request)).EnsureSuccessStatusCode();
            return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        }
        var batch = await LfsAsync("batch", new { operation = "upload", transfers = new[] { "basic" }, objects = new[] { new { oid, size } } });
        using (var put = await http.PutAsync(batch["objects"]![0]!["actions"]!["upload"]!["href"]!.ToString(), new ByteArrayContent(content))) put.EnsureSuccessStatusCode();
        var clock = Stopwatch.StartNew();
        await LfsAsync("verify", new { oid, size });
        var check = size / 1e6 / clock.Elapsed.TotalSeconds;
        await hub.CommitAsync("large", [Hub.LargeFileLine("large.bin", oid, size)]);

        async Task<Uri> RedirectAsync()
        {
            using var answer = await http.GetAsync($"{url}/{Hub.Owner}/large/resolve/main/large.bin", HttpCompletionOption.ResponseHeadersRead);
            return answer.Headers.Location!;
        }
        async Task<double> FetchAsync(Func<Task<Uri>> find)
        {
            var watch = Stopwatch.StartNew();
            using var answer = await http.GetAsync(await find(), HttpCompletionOption.ResponseHeadersRead);
            await using var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
            var buffer = new byte[1 << 20];
            var total = 0L;
            for (int read; (read = await body.ReadAsync(buffer)) > 0;) total += read;
            return total == size ? size / 1e6 / watch.Elapsed.TotalSeconds : throw new InvalidOperationException($"{total} bytes of {size} came.");
        }
        var known = await RedirectAsync();
        var (direct, redirected) = (new List<double>(), new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            direct.Add(await FetchAsync(() => Task.FromResult(known)));
            redirected.Add(await FetchAsync(RedirectAsync));
        }
        return (direct.Median(), check, redirected.Median());
    }
}
