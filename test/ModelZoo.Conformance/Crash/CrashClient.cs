using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Crash;

/// <summary>
/// One client with a repository of its own, which knows what the hub acknowledged: after each step the whole content of each
/// branch. A step that was under way when the hub was killed may have happened or not, but nothing between.
/// </summary>
sealed class CrashClient(HubProcess hub, int number)
{
    /// <summary>Smallest content that clients which ask for parts alone send in parts; two of 32 MiB would be slow.</summary>
    const int InPartsBytes = (16 << 20) + 4_321;

    readonly Random _random = new(Environment.TickCount + number);
    readonly Dictionary<string, Branch> _branches = new();
    readonly Dictionary<string, byte[]> _contents = new();
    readonly List<(string Id, Dictionary<string, string> Files)> _acknowledged = [];
    byte[]? _inParts;

    /// <summary>The step under way: what the branch will be if it happens (null: gone).</summary>
    (string Branch, Dictionary<string, string>? Files)? _underWay;

    public string Repository { get; } = $"{HubProcess.Admin}/crash-{number}-{Guid.NewGuid().ToString("n")[..8]}";

    public int Commits => _acknowledged.Count;

    string Api => $"/api/models/{Repository}";

    public async Task CreateAsync()
    {
        using var made = await hub.Client.PostAsJsonAsync("/api/repos/create", new { name = Repository.Split('/')[1], type = "model" });
        await WireRepository.HasStatus(made, HttpStatusCode.OK);
        _branches["main"] = new() { Head = await HeadAsync("main") };
        var attributes = await (await hub.Client.GetAsync($"/{Repository}/resolve/main/.gitattributes")).Content.ReadAsByteArrayAsync();
        _branches["main"].Files[".gitattributes"] = Know(attributes);
    }

    /// <summary>Does one thing after another until the hub is gone.</summary>
    public async Task WorkAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested) await StepAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Killed while it worked.
        }
    }

    Task StepAsync()
    {
        var branch = _branches.Keys.ElementAt(_random.Next(_branches.Count));
        var files = _branches[branch].Files;
        return _random.Next(20) switch
        {
            < 7 => CommitAsync(branch, [Inline(Path()), Inline(Path())]),
            < 12 => CommitLargeAsync(branch, Bytes(_random.Next(1, 300_000)), "basic"),
            < 13 => CommitLargeAsync(branch, _inParts ??= Bytes(InPartsBytes), "multipart"),
            < 16 when files.Count > 3 => CommitAsync(branch, [new("deletedFile", files.Keys.Last(f => f != ".gitattributes"), null, null)]),
            < 17 when _branches.Count < 4 => BranchAsync($"b{_random.Next(1000)}", branch),
            < 18 when branch != "main" => RemoveBranchAsync(branch),
            < 19 => SquashAsync(branch),
            _ => CommitAsync(branch, [Inline(Path())]),
        };
    }

    async Task CommitLargeAsync(string branch, byte[] content, string transfer)
    {
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{Repository}.git/info/lfs/objects/batch");
        request.Content = new StringContent(JsonSerializer.Serialize(new { operation = "upload", transfers = new[] { transfer }, objects = new[] { new { oid, size = content.Length } } }));
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/vnd.git-lfs+json");
        using var batch = await hub.Client.SendAsync(request);
        await WireRepository.HasStatus(batch, HttpStatusCode.OK);
        if ((await WireRepository.JsonOf(batch)).GetProperty("objects")[0].TryGetProperty("actions", out var actions)) await SendAsync(actions.GetProperty("upload"), oid, content);
        await CommitAsync(branch, [new("lfsFile", Path(), oid, content)]);
    }

    static async Task SendAsync(JsonElement action, string oid, byte[] content)
    {
        using var http = new HttpClient();
        var href = action.GetProperty("href").GetString()!;
        if (!action.GetProperty("header").TryGetProperty("chunk_size", out var size))
        {
            using var put = await http.PutAsync(href, new ByteArrayContent(content));
            await WireRepository.HasStatus(put, HttpStatusCode.OK);
            return;
        }
        var partBytes = int.Parse(size.GetString()!);
        var parts = new List<object>();
        for (var at = 0; at < content.Length; at += partBytes)
        {
            var number = (at / partBytes) + 1;
            using var put = await http.PutAsync(action.GetProperty("header").GetProperty(number.ToString("D5")).GetString(),
                new ByteArrayContent(content, at, Math.Min(partBytes, content.Length - at)));
            await WireRepository.HasStatus(put, HttpStatusCode.OK);
            parts.Add(new { partNumber = number, etag = put.Headers.ETag!.Tag });
        }
        using var done = await http.PostAsJsonAsync(href, new { oid, parts });
        await WireRepository.HasStatus(done, HttpStatusCode.OK);
    }

    async Task CommitAsync(string branch, Change[] changes)
    {
        var state = _branches[branch];
        var after = new Dictionary<string, string>(state.Files);
        var withParent = _random.Next(2) == 0;
        object[] lines = [new { key = "header", value = (object)(withParent ? new { summary = "change", parentCommit = state.Head } : new { summary = "change" }) }, .. changes.Select(c => c.Line)];
        foreach (var change in changes)
            if (change.Content is null) after.Remove(change.Path);
            else after[change.Path] = Know(change.Content, change.Kind == "lfsFile");
        _underWay = (branch, after);
        using var answer = await hub.Client.PostAsync($"{Api}/commit/{branch}", new StringContent(WireRepository.NdJson(lines), Encoding.UTF8, "application/x-ndjson"));
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        _branches[branch] = new() { Head = (await WireRepository.JsonOf(answer)).GetProperty("commitOid").GetString()!, Files = after };
        _acknowledged.Add((_branches[branch].Head, after));
        _underWay = null;
    }

    async Task BranchAsync(string name, string from)
    {
        if (_branches.ContainsKey(name)) return;
        _underWay = (name, _branches[from].Files);
        using var answer = await hub.Client.PostAsJsonAsync($"{Api}/branch/{name}", new { startingPoint = from });
        await WireRepository.HasStatus(answer, HttpStatusCode.Created);
        _branches[name] = new() { Head = _branches[from].Head, Files = new(_branches[from].Files) };
        _underWay = null;
    }

    async Task RemoveBranchAsync(string name)
    {
        _underWay = (name, null);
        using var answer = await hub.Client.DeleteAsync($"{Api}/branch/{name}");
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        _branches.Remove(name);
        _underWay = null;
    }

    async Task SquashAsync(string branch)
    {
        _underWay = (branch, _branches[branch].Files);
        using var answer = await hub.Client.PostAsJsonAsync($"{Api}/super-squash/{branch}", new { message = "squash" });
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        _branches[branch].Head = await HeadAsync(branch);
        _underWay = null;
    }

    /// <summary>After a restart: every branch is as it was acknowledged, or as the step under way would leave it; every file reads back.</summary>
    public async Task VerifyAsync()
    {
        var found = await BranchesAsync();
        if (_underWay is var (name, after))
        {
            var before = _branches.GetValueOrDefault(name)?.Files;
            var now = found.ContainsKey(name) ? await FilesAsync(name) : null;
            Assert.True(Same(now, before) || Same(now, after), $"{Repository}@{name} is neither as before nor as after the step that was cut off: {Shown(now)}; before {Shown(before)}; after {Shown(after)}");
            if (now is null) _branches.Remove(name);
            else _branches[name] = new() { Head = found[name], Files = now };
            _underWay = null;
        }
        Assert.Equal(_branches.Keys.Order(), found.Keys.Order());
        foreach (var (branch, state) in _branches)
        {
            state.Head = found[branch] == state.Head ? state.Head : throw new InvalidDataException($"{Repository}@{branch} is at {found[branch]}, not at the acknowledged {state.Head}");
            Assert.True(Same(await FilesAsync(branch), state.Files), $"{Repository}@{branch} has not the files that were acknowledged.");
            foreach (var (path, id) in state.Files) await RequireContentAsync(branch, path, _contents[id]);
        }
        // Commits that were acknowledged are answered for, also when a branch has moved on.
        foreach (var (id, files) in _acknowledged.TakeLast(5)) Assert.True(Same(await FilesAsync(id), files), $"Commit {id} of {Repository} has not the files that were acknowledged.");
    }

    async Task RequireContentAsync(string revision, string path, byte[] expected)
    {
        using var answer = await hub.Client.GetAsync($"/{Repository}/resolve/{revision}/{path}");
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(expected), $"{Repository}@{revision}/{path} reads back differently.");
    }

    async Task<Dictionary<string, string>> BranchesAsync()
    {
        using var answer = await hub.Client.GetAsync($"{Api}/refs");
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        return (await WireRepository.JsonOf(answer)).GetProperty("branches").EnumerateArray()
            .ToDictionary(b => b.GetProperty("name").GetString()!, b => b.GetProperty("targetCommit").GetString()!);
    }

    /// <summary>Path and content name: the SHA-256 of large files, the git id of others.</summary>
    async Task<Dictionary<string, string>> FilesAsync(string revision)
    {
        using var answer = await hub.Client.GetAsync($"{Api}/tree/{revision}?recursive=true&limit=1000");
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        return (await WireRepository.JsonOf(answer)).EnumerateArray().Where(entry => entry.GetProperty("type").GetString() == "file").ToDictionary(
            entry => entry.GetProperty("path").GetString()!,
            entry => entry.TryGetProperty("lfs", out var lfs) ? lfs.GetProperty("oid").GetString()! : entry.GetProperty("oid").GetString()!);
    }

    async Task<string> HeadAsync(string branch) => (await BranchesAsync())[branch];

    static bool Same(Dictionary<string, string>? a, Dictionary<string, string>? b) =>
        a is null || b is null ? a is null && b is null : a.Count == b.Count && a.All(file => b.GetValueOrDefault(file.Key) == file.Value);

    static string Shown(Dictionary<string, string>? files) => files is null ? "gone" : string.Join(", ", files.Select(f => $"{f.Key}={f.Value[..7]}"));

    Change Inline(string path) => new("file", path, null, Bytes(_random.Next(0, 20_000)));

    /// <summary>Few names, so that files are replaced; no name is a file here and a folder there.</summary>
    string Path() => $"d{_random.Next(3)}/e{_random.Next(2)}/f{_random.Next(4)}.{(_random.Next(2) == 0 ? "txt" : "dat")}";

    byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Remembers content and returns the name that lists show for it.</summary>
    string Know(byte[] content, bool isLarge = false)
    {
        var name = isLarge ? Convert.ToHexStringLower(SHA256.HashData(content)) : GitId(content);
        _contents[name] = content;
        return name;
    }

    static string GitId(byte[] content)
    {
#pragma warning disable CA5350 // git names content by SHA-1
        return Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350
    }

    sealed class Branch
    {
        public string Head { get; set; } = "";
        public Dictionary<string, string> Files { get; init; } = new();
    }

    sealed record Change(string Kind, string Path, string? Oid, byte[]? Content)
    {
        public object Line => Kind switch
        {
            "file" => new { key = Kind, value = (object)new { path = Path, content = Convert.ToBase64String(Content!), encoding = "base64" } },
            "lfsFile" => new { key = Kind, value = (object)new { path = Path, algo = "sha256", oid = Oid, size = Content!.Length } },
            _ => new { key = Kind, value = (object)new { path = Path } },
        };
    }
}
