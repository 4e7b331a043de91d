using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests;

/// <summary>
/// The real hub in this process, over real HTTP, on a database and a blob store of its own. Test classes are written once
/// against it and run on both kinds: <c>XTests_Sqlite(SqliteHub hub)</c> and <c>XTests_Postgres(PostgresHub hub)</c>.
/// </summary>
public abstract class TestHub : IAsyncLifetime
{
    public const string AdministratorToken = "hf_administrator0123456789abcdefghijkl";

    readonly string _folder = Path.Combine(Path.GetTempPath(), $"zoo-hub-{Guid.NewGuid():n}");
    int _names;

    public WebApplication App { get; private set; } = null!;

    internal HubOptions Options { get; private set; } = null!;

    public string Url { get; private set; } = "";

    /// <summary>Ada, who administers the hub.</summary>
    public TestActor Ada { get; private set; } = null!;

    public TestActor Nobody { get; private set; } = null!;

    private protected abstract Task<HubOptions> MakeOptionsAsync(string folder);

    /// <summary>Lets a test class change options before the hub starts.</summary>
    private protected virtual void Adjust(HubOptions options) { }

    /// <summary>Lets a test class change services before the hub starts.</summary>
    private protected virtual void AdjustServices(WebApplicationBuilder builder) { }

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        Options = await MakeOptionsAsync(_folder);
        Options.Urls = "http://127.0.0.1:0";
        Adjust(Options);
        await StartAsync();
        Nobody = new TestActor(this, null, "");
        Ada = new TestActor(this, AdministratorToken, "ada");
    }

    public async Task StartAsync()
    {
        App = await HubBuilder.BuildAsync(Options, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            AdjustServices(builder);
        });
        await Get<Bootstrap>().RunAsync(name => name switch
        {
            Bootstrap.AdministratorVariable => "ada",
            Bootstrap.TokenVariable => AdministratorToken,
            Bootstrap.PasswordVariable => "correct horse battery",
            _ => null,
        }, default);
        await App.StartAsync();
        Url = App.Urls.First();
    }

    public async Task StopAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
    }

    public T Get<T>() where T : notnull => App.Services.GetRequiredService<T>();

    /// <summary>A name nobody has used in this hub.</summary>
    public string Fresh(string stem) => $"{stem}{Interlocked.Increment(ref _names)}";

    /// <summary>A new account with a token of the role given.</summary>
    internal async Task<TestActor> JoinAsync(string? handle = null, CredentialRole role = CredentialRole.Write)
    {
        handle ??= Fresh("user");
        var account = await Get<AccountStore>().FindAsync(handle, default)
            ?? await Get<AccountStore>().CreateAsync(handle, "", null, null, administrator: false, default);
        var (_, secret) = await Get<TokenStore>().CreateAsync(account.Id, "test", role, [], null, default);
        return new TestActor(this, secret, handle);
    }

    /// <summary>Waits until no job waits or runs.</summary>
    public async Task SettleAsync()
    {
        for (var i = 0; i < 400; i++)
        {
            var counts = await Get<JobStore>().CountAsync(default);
            if (counts.All(c => c.State is "done" or "failed")) return;
            Get<JobBell>().Ring();
            await Task.Delay(25);
        }
        throw new TimeoutException("The hub's jobs did not come to rest.");
    }

    public async ValueTask DisposeAsync()
    {
        if (App is not null) await StopAsync();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}

/// <summary>SQLite and a folder: what a laptop has.</summary>
public class SqliteHub : TestHub
{
    private protected override Task<HubOptions> MakeOptionsAsync(string folder) => Task.FromResult(new HubOptions { DataFolder = folder });
}

/// <summary>PostgreSQL and S3: what a cluster has.</summary>
public class PostgresHub : TestHub
{
    private protected override async Task<HubOptions> MakeOptionsAsync(string folder) => new()
    {
        DataFolder = folder,
        Database = new DatabaseOptions { Kind = "postgres", Connection = await PostgresServer.CreateDatabaseAsync() },
        Storage = await S3Server.CreateBucketAsync(),
    };
}

/// <summary>Somebody who talks to the hub over HTTP, with the calls that tests make again and again.</summary>
public sealed class TestActor(TestHub hub, string? token, string handle)
{
    static readonly HttpClientHandler s_handler = new() { AllowAutoRedirect = false, UseCookies = false };

    public string Handle => handle;

    public string? Token => token;

    public HttpClient Http { get; } = MakeClient(hub.Url, token);

    static HttpClient MakeClient(string url, string? token)
    {
        var client = new HttpClient(s_handler, disposeHandler: false) { BaseAddress = new Uri(url) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(path);

    public async Task<JsonNode> GetJsonAsync(string path) => await ReadAsync(await Http.GetAsync(path));

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null) =>
        Http.SendAsync(new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) });

    public async Task<JsonNode> PostJsonAsync(string path, object body) => await ReadAsync(await Http.PostAsJsonAsync(path, body));

    /// <summary>The JSON of a successful answer; the words of a refusal otherwise.</summary>
    public static async Task<JsonNode> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri} answered {(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    /// <returns>"handle/name".</returns>
    public async Task<string> CreateAsync(string? name = null, string type = "model", bool isPrivate = false)
    {
        name ??= hub.Fresh("repo");
        var created = await PostJsonAsync("/api/repos/create", new { name, type, @private = isPrivate, sdk = type == "space" ? "static" : null });
        return created["name"]!.GetValue<string>();
    }

    /// <summary>A commit of NDJSON lines after the header.</summary>
    public Task<HttpResponseMessage> TryCommitAsync(string api, string summary, string? parent, params object[] operations)
    {
        var lines = new List<string> { JsonSerializer.Serialize(new { key = "header", value = new { summary, description = "", parentCommit = parent } }) };
        lines.AddRange(operations.Select(o => JsonSerializer.Serialize(o)));
        var (path, revision) = api.Split('@') is [var p, var r] ? (p, r) : (api, "main");
        return Http.PostAsync($"{path}/commit/{Uri.EscapeDataString(revision)}", new StringContent(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson"));
    }

    /// <param name="repo">"ada/vit", or "ada/vit@branch", or "datasets/ada/digits".</param>
    /// <returns>The new head.</returns>
    public async Task<string> CommitAsync(string repo, params object[] operations) =>
        (await ReadAsync(await TryCommitAsync(Api(repo), "change", null, operations)))["commitOid"]!.GetValue<string>();

    public Task<string> CommitTextAsync(string repo, string path, string text) => CommitAsync(repo, File(path, text));

    public static object File(string path, string text) =>
        new { key = "file", value = new { path, content = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)), encoding = "base64" } };

    public static object File(string path, byte[] content) =>
        new { key = "file", value = new { path, content = Convert.ToBase64String(content), encoding = "base64" } };

    public static object Large(string path, string oid, long? size) => new { key = "lfsFile", value = new { path, algo = "sha256", oid, size } };

    public static object Delete(string path) => new { key = "deletedFile", value = new { path } };

    /// <summary>Sends large content through LFS and returns its digest.</summary>
    public async Task<string> UploadAsync(string repo, byte[] content)
    {
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        var batch = await PostJsonAsync($"/{repo}.git/info/lfs/objects/batch", new
        {
            operation = "upload", transfers = new[] { "basic" }, hash_algo = "sha256", objects = new[] { new { oid, size = content.Length } },
        });
        if (batch["objects"]![0]!["actions"]?["upload"]?["href"]?.GetValue<string>() is { } href)
        {
            var put = await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content));
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        }
        return oid;
    }

    public async Task<string> CommitLargeAsync(string repo, string path, byte[] content) =>
        await CommitAsync(repo, Large(path, await UploadAsync(repo, content), content.Length));

    public Task<HttpResponseMessage> ResolveAsync(string repo, string path, string revision = "main") =>
        Http.GetAsync($"/{repo}/resolve/{Uri.EscapeDataString(revision)}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    public async Task<byte[]> ReadFileAsync(string repo, string path, string revision = "main")
    {
        var response = await ResolveAsync(repo, path, revision);
        Assert.True(response.IsSuccessStatusCode, $"{repo}/{path} answered {(int)response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync();
    }

    public async Task<string> HeadAsync(string repo) => (await GetJsonAsync(Api(repo)))["sha"]!.GetValue<string>();

    /// <summary>"/api/models/ada/vit" for "ada/vit", "/api/datasets/ada/digits" for "datasets/ada/digits".</summary>
    public static string Api(string repo) => repo.Split('@')[0] is var id && (id.StartsWith("datasets/") || id.StartsWith("spaces/"))
        ? $"/api/{repo}" : $"/api/models/{repo}";
}
