using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Bench;

/// <summary>A hub of this project in a process of its own, on an own data folder, and the calls that prepare it.</summary>
sealed class Hub : IAsyncDisposable
{
    public const string Owner = "bench";

    readonly HttpClient _http;

    Hub(ServerProcess process, int port, string token)
    {
        (Process, Port, Token) = (process, port, token);
        _http = new() { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public ServerProcess Process { get; }

    public int Port { get; }

    public string Token { get; }

    public static async Task<Hub> StartAsync(string dataFolder, params (string Name, string Value)[] settings)
    {
        var port = Ports.Free();
        const string token = "hf_benchbenchbenchbenchbenchbenchbench";
        var program = Path.Combine(Report.Repository(), "artifacts", "bin", "ModelZoo.Cli", "release", "zoo.dll");
        Directory.CreateDirectory(dataFolder);
        var environment = new Dictionary<string, string>
        {
            ["MODELZOO_BOOTSTRAP_ADMIN"] = Owner,
            ["MODELZOO_BOOTSTRAP_TOKEN"] = token,
            // The load comes from one address; limits are not what is measured.
            ["MODELZOO_LIMITS__REQUESTSPERMINUTE"] = "1000000000",
            ["MODELZOO_LIMITS__ANONYMOUSREQUESTSPERMINUTE"] = "1000000000",
        };
        foreach (var (name, value) in settings) environment[name] = value;
        var process = ServerProcess.Start(
            "dotnet", ["exec", program, "serve", "--data", dataFolder, "--urls", $"http://127.0.0.1:{port}"], Path.Combine(dataFolder, "output.log"),
            environment);
        await process.WaitAsync($"http://127.0.0.1:{port}/health");
        return new(process, port, token);
    }

    public async Task CreateAsync(string name)
    {
        using var answer = await _http.PostAsJsonAsync("/api/repos/create", new { type = "model", name, organization = Owner });
        await RequireAsync(answer);
    }

    public async Task CommitAsync(string name, IEnumerable<string> lines)
    {
        using var body = new StringContent(string.Join('\n', lines.Prepend(Header())), Encoding.UTF8, "application/x-ndjson");
        using var answer = await _http.PostAsync($"/api/models/{Owner}/{name}/commit/main", body);
        await RequireAsync(answer);
    }

    public static string Header() => """{"key":"header","value":{"summary":"Add files","description":""}}""";

    public static string FileLine(string path, string content) => JsonSerializer.Serialize(
        new { key = "file", value = new { path, encoding = "base64", content = Convert.ToBase64String(Encoding.UTF8.GetBytes(content)) } });

    public static string LargeFileLine(string path, string digest, long sizeBytes) => JsonSerializer.Serialize(
        new { key = "lfsFile", value = new { path, algo = "sha256", oid = digest, size = sizeBytes } });

    /// <summary>Asks where to send a large file; null when the hub has it already.</summary>
    public async Task<string?> FindUploadTargetAsync(string name, string digest, long sizeBytes)
    {
        using var body = new StringContent(
            JsonSerializer.Serialize(new { operation = "upload", transfers = new[] { "basic" }, hash_algo = "sha256", objects = new[] { new { oid = digest, size = sizeBytes } } }),
            Encoding.UTF8, "application/vnd.git-lfs+json");
        using var answer = await _http.PostAsync($"/{Owner}/{name}.git/info/lfs/objects/batch", body);
        await RequireAsync(answer);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return json["objects"]![0]!["actions"]?["upload"]?["href"]?.ToString() is { } href ? new Uri(href).PathAndQuery : null;
    }

    /// <summary>Batch, PUT and commit, as a client does it.</summary>
    public async Task UploadAsync(string name, string path, string digest, long sizeBytes, Action<RawConnection> send)
    {
        if (await FindUploadTargetAsync(name, digest, sizeBytes) is { } target)
        {
            using var connection = new RawConnection(Port);
            connection.Send(RawConnection.Request("PUT", target, null, $"Content-Length: {sizeBytes}\r\n"));
            send(connection);
            var (status, _) = connection.Answer(isHead: false);
            if (status != 200) throw new InvalidOperationException($"PUT was answered with {status}.");
        }
        await CommitAsync(name, [LargeFileLine(path, digest, sizeBytes)]);
    }

    public async Task<int> StatusAsync(string target)
    {
        using var answer = await _http.GetAsync(target);
        return (int)answer.StatusCode;
    }

    static async Task RequireAsync(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{answer.RequestMessage!.RequestUri} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }
}
