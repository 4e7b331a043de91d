using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace ModelZoo.Conformance.Cluster;

/// <summary>
/// A client with a repository of its own: small and large files, sent to the store whole and in parts, branches made and deleted,
/// and everything read back now and then.
/// </summary>
sealed class FilesLoad(ProcessCluster cluster, int number, int seed) : Load(cluster, seed)
{
    const string Lfs = "application/vnd.git-lfs+json";

    readonly string _repository = $"ada/files{number}";

    /// <summary>Files that were acknowledged: the commit, the path, the content's SHA-256.</summary>
    readonly List<(string Commit, string Path, string Digest)> _written = [];

    /// <summary>Branches: true where it must be there, false where it must not; those in doubt are left out.</summary>
    readonly Dictionary<string, bool> _branches = [];

    int _steps;

    public override Task PrepareAsync() => CreateAsync(_repository);

    protected override Task StepAsync() => (_steps++ % 10) switch
    {
        0 or 4 => LargeAsync(Random.Next(70_000, 400_000), "basic"),
        2 => LargeAsync(Random.Next(1, 60_000), "basic"),           // below the limit: through the node
        6 when _steps % 4 == 3 => LargeAsync((17 << 20) + Random.Next(1_000), "multipart"),
        1 or 5 => BranchAsync(),
        3 or 7 or 8 => ReadSomethingAsync(),
        _ => SmallAsync(),
    };

    async Task SmallAsync()
    {
        var (path, content) = ($"small/{_steps}.txt", Bytes(Random.Next(1, 5_000)));
        await RememberAsync(path, content, await CommitAsync(_repository, "main", $"step {_steps}", null, File(path, content)));
    }

    async Task LargeAsync(int size, string transfer)
    {
        var content = Bytes(size);
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        using var batch = await AnyNode.PostAsync($"/{_repository}.git/info/lfs/objects/batch",
            Json(new { operation = "upload", transfers = new[] { transfer }, objects = new[] { new { oid, size } } }, Lfs));
        RequireAnswer(batch);
        var entry = JsonDocument.Parse(await batch.Content.ReadAsStringAsync()).RootElement.GetProperty("objects")[0];
        if (entry.TryGetProperty("actions", out var actions)) await SendAsync(actions, oid, content);
        Count($"large files sent ({transfer})");
        var path = $"large/{_steps}.bin";
        await RememberAsync(path, content, await CommitAsync(_repository, "main", $"step {_steps}", null, new { key = "lfsFile", value = (object)new { path, algo = "sha256", oid, size } }));
    }

    async Task SendAsync(JsonElement actions, string oid, byte[] content)
    {
        var upload = actions.GetProperty("upload");
        var href = upload.GetProperty("href").GetString()!;
        if (!upload.GetProperty("header").TryGetProperty("chunk_size", out var size))
        {
            await PutAsync(href, content);
            // Some clients say that they are done (git-lfs), some only commit (@huggingface/hub).
            if (Random.Next(2) == 0) return;
            using var verified = await AnyNode.PostAsync(new Uri(actions.GetProperty("verify").GetProperty("href").GetString()!).PathAndQuery, Json(new { oid, size = content.Length }, Lfs));
            RequireAnswer(verified);
            Assert.Equal(HttpStatusCode.OK, verified.StatusCode);
            return;
        }
        var partBytes = int.Parse(size.GetString()!);
        var parts = new List<object>();
        for (var at = 0; at < content.Length; at += partBytes)
        {
            var partNumber = (at / partBytes) + 1;
            var etag = await PutAsync(upload.GetProperty("header").GetProperty($"{partNumber:D5}").GetString()!, content.AsMemory(at, Math.Min(partBytes, content.Length - at)));
            parts.Add(new { partNumber, etag });
        }
        using var done = await AnyNode.PostAsync(new Uri(href).PathAndQuery, Json(new { oid, parts }, Lfs));
        RequireAnswer(done);
        Assert.True(done.StatusCode == HttpStatusCode.OK, await done.Content.ReadAsStringAsync());
    }

    async Task<string?> PutAsync(string address, ReadOnlyMemory<byte> content)
    {
        using var put = await Store.PutAsync(new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }), new ReadOnlyMemoryContent(content));
        RequireAnswer(put);
        Assert.True(put.StatusCode == HttpStatusCode.OK, $"{put.StatusCode} {await put.Content.ReadAsStringAsync()}");
        return put.Headers.ETag?.Tag;
    }

    Task RememberAsync(string path, byte[] content, (Outcome Outcome, string? Id) commit)
    {
        Count($"commits to own branches {commit.Outcome.ToString().ToLowerInvariant()}");
        Assert.True(commit.Outcome != Outcome.Refused, commit.Id);
        if (commit.Outcome == Outcome.Acknowledged) _written.Add((commit.Id!, path, Convert.ToHexStringLower(SHA256.HashData(content))));
        return Task.CompletedTask;
    }

    async Task BranchAsync()
    {
        var known = _branches.Where(b => b.Value).Select(b => b.Key).ToList();
        var (name, make) = known.Count > 3 ? (known[Random.Next(known.Count)], false) : ($"b{_steps}", true);
        _branches.Remove(name);
        var path = $"/api/models/{_repository}/branch/{name}";
        using var answer = make ? await AnyNode.PostAsync(path, Json(new { })) : await AnyNode.DeleteAsync(path);
        RequireAnswer(answer);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        _branches[name] = make;
        Count(make ? "branches made" : "branches deleted");
    }

    async Task ReadSomethingAsync()
    {
        if (_written.Count == 0) return;
        await RequireAsync(_written[Random.Next(_written.Count)]);
        Count("files read back under way");
    }

    async Task RequireAsync((string Commit, string Path, string Digest) file)
    {
        var content = await ReadAsync(_repository, file.Commit, file.Path);
        Assert.Equal(file.Digest, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    public override async Task VerifyAsync()
    {
        var history = (await HistoryAsync(_repository, "main")).Select(commit => commit.Id).ToList();
        Assert.Equal(history.Count, history.Distinct().Count());
        var places = _written.Select(file => history.IndexOf(file.Commit)).ToList();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.OrderDescending(), places);       // in the order in which they were acknowledged
        foreach (var file in _written)
        {
            await InsistAsync(async () => { await RequireAsync(file); return true; });
            Count("acknowledged files verified");
        }
        var branches = (await InsistAsync(() => GetJsonAsync($"/api/models/{_repository}/refs"))).GetProperty("branches").EnumerateArray().Select(b => b.GetProperty("name").GetString()!).ToHashSet();
        foreach (var (name, isThere) in _branches) Assert.True(branches.Contains(name) == isThere, $"Branch {name} of {_repository} was {(isThere ? "made" : "deleted")} and is {(isThere ? "not there" : "there")}.");
    }
}
