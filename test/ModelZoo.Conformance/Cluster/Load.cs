using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Cluster;

/// <summary>How a call ended, as far as whoever made it can tell.</summary>
enum Outcome
{
    /// <summary>The hub said that it was done.</summary>
    Acknowledged,

    /// <summary>The hub said that it was not done, because it may not be.</summary>
    Refused,

    /// <summary>An error, or no answer: it may have happened or not.</summary>
    Unknown,
}

/// <summary>
/// One client that keeps calling nodes of a cluster, whichever, while they fail, and remembers what it was told. Afterwards it
/// compares that with what is there. Another kind of client (git pushes, say) is another subclass.
/// </summary>
abstract class Load(ProcessCluster cluster, int seed) : IDisposable
{
    readonly HttpClient[] _nodes = [.. cluster.Nodes.Select(node => NewClient(node, HubProcess.Token))];

    protected Random Random { get; } = new(seed);

    protected HttpClient Store { get; } = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>What was done, by name.</summary>
    public static ConcurrentDictionary<string, int> Counts { get; } = new();

    protected HttpClient AnyNode => _nodes[Random.Next(_nodes.Length)];

    protected ProcessCluster Cluster => cluster;

    static HttpClient NewClient(HubProcess node, string token) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionLifetime = TimeSpan.FromSeconds(2),
    })
    {
        BaseAddress = new Uri(node.Url), Timeout = TimeSpan.FromSeconds(20), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    public abstract Task PrepareAsync();

    protected abstract Task StepAsync();

    /// <summary>After everything is back: all that was acknowledged is there, and nothing that was refused.</summary>
    public abstract Task VerifyAsync();

    public async Task WorkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await StepAsync();
            }
            catch (Exception error) when (IsFault(error))
            {
                Count("calls that met a fault");
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    protected static void Count(string what) => Counts.AddOrUpdate(what, 1, (_, n) => n + 1);

    protected static bool IsFault(Exception error) => error is HttpRequestException or IOException or TaskCanceledException or FaultException;

    /// <summary>Errors of the hub or of the store are faults; everything else is an answer.</summary>
    protected static void RequireAnswer(HttpResponseMessage answer)
    {
        if ((int)answer.StatusCode is >= 500 or 429) throw new FaultException($"{(int)answer.StatusCode} {answer.RequestMessage?.RequestUri?.AbsolutePath}");
    }

    protected async Task<JsonElement> GetJsonAsync(string path)
    {
        using var answer = await AnyNode.GetAsync(path);
        RequireAnswer(answer);
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        return await WireRepository.JsonOf(answer);
    }

    /// <summary>Asks again while faults last: for what comes before and after the faults.</summary>
    protected static async Task<T> InsistAsync<T>(Func<Task<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (Exception error) when (attempt < 40 && IsFault(error))
            {
                await Task.Delay(250);
            }
        }
    }

    protected async Task CreateAsync(string repository) => await InsistAsync(async () =>
    {
        using var answer = await AnyNode.PostAsync("/api/repos/create", Json(new { name = repository.Split('/')[1], type = "model" }));
        RequireAnswer(answer);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict, $"{answer.StatusCode}");
        return true;
    });

    /// <returns>The outcome, and the new commit's id where it was acknowledged.</returns>
    protected async Task<(Outcome Outcome, string? Id)> CommitAsync(string repository, string branch, string title, string? parent, params object[] operations)
    {
        object header = parent is null ? new { summary = title } : new { summary = title, parentCommit = parent };
        var body = WireRepository.NdJson([new { key = "header", value = header }, .. operations]);
        try
        {
            using var answer = await AnyNode.PostAsync($"/api/models/{repository}/commit/{Uri.EscapeDataString(branch)}", new StringContent(body, Encoding.UTF8, "application/x-ndjson"));
            if (answer.StatusCode == HttpStatusCode.OK) return (Outcome.Acknowledged, (await WireRepository.JsonOf(answer)).GetProperty("commitOid").GetString());
            RequireAnswer(answer);
            return (Outcome.Refused, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception error) when (IsFault(error))
        {
            return (Outcome.Unknown, null);
        }
    }

    /// <summary>The whole history of a branch, newest first: ids and titles.</summary>
    protected Task<List<(string Id, string Title)>> HistoryAsync(string repository, string branch) => InsistAsync(async () =>
    {
        var history = new List<(string, string)>();
        for (var page = 0; ; page++)
        {
            var commits = await GetJsonAsync($"/api/models/{repository}/commits/{Uri.EscapeDataString(branch)}?limit=500&p={page}");
            history.AddRange(commits.EnumerateArray().Select(c => (c.GetProperty("id").GetString()!, c.GetProperty("title").GetString()!)));
            if (commits.GetArrayLength() < 500) return history;
        }
    });

    protected async Task<byte[]> ReadAsync(string repository, string revision, string path)
    {
        using var answer = await AnyNode.GetAsync($"/{repository}/resolve/{Uri.EscapeDataString(revision)}/{path}");
        RequireAnswer(answer);
        if (answer.StatusCode != HttpStatusCode.Redirect)
        {
            await WireRepository.HasStatus(answer, HttpStatusCode.OK);
            return await answer.Content.ReadAsByteArrayAsync();
        }
        using var content = await Store.GetAsync(answer.Headers.Location);
        RequireAnswer(content);
        await WireRepository.HasStatus(content, HttpStatusCode.OK);
        return await content.Content.ReadAsByteArrayAsync();
    }

    protected static StringContent Json(object body, string type = "application/json")
    {
        var content = new StringContent(JsonSerializer.Serialize(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    protected static object File(string path, byte[] content) =>
        new { key = "file", value = (object)new { path, content = Convert.ToBase64String(content), encoding = "base64" } };

    protected byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Random.NextBytes(bytes);
        return bytes;
    }

    public void Dispose()
    {
        foreach (var node in _nodes) node.Dispose();
        Store.Dispose();
    }

    /// <summary>An answer that says that something is broken now.</summary>
    protected sealed class FaultException(string message) : Exception(message);
}
