using System.Net.Http.Headers;
using System.Net.Http.Json;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>A large file with its digest, ready to go.</summary>
sealed record LargeFile(RepoPath Path, UploadSource Source, Digest Digest);

/// <summary>Sends large files: asks in batches which the hub lacks, sends those whole or in parts, confirms.</summary>
sealed class LfsUpload(HubTransport hub, RepoId repo, string branch, IProgress<TransferProgress>? progress)
{
    const string LfsMediaType = "application/vnd.git-lfs+json";

    /// <summary>What git-lfs asks at once; addresses expire, so not more.</summary>
    const int BatchObjects = 100;

    long _sentBytes;

    /// <summary>Bytes the hub did not have.</summary>
    public async Task<long> RunAsync(IReadOnlyList<LargeFile> files, CancellationToken stop)
    {
        foreach (var batch in files.DistinctBy(f => f.Digest.Hex).Chunk(BatchObjects))
        {
            var answers = await AskAsync(batch, stop);
            var work = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, hub.Options.ParallelFiles), CancellationToken = stop };
            await Parallel.ForEachAsync(batch, work, async (file, stopFile) => await SendAsync(file, AnswerFor(answers, file), stopFile));
        }
        return _sentBytes;
    }

    async Task<LfsBatch> AskAsync(IReadOnlyCollection<LargeFile> files, CancellationToken stop)
    {
        var body = new
        {
            operation = "upload",
            transfers = (string[])["basic", "multipart"],
            objects = files.Select(f => new { oid = f.Digest.Hex, size = f.Source.SizeBytes }).ToArray(),
            hash_algo = "sha256",
            @ref = new { name = branch },
        };
        var request = hub.Request(HttpMethod.Post, $"{repo.WebPath}.git/info/lfs/objects/batch", LfsJson(body));
        request.Headers.Accept.ParseAdd(LfsMediaType);
        request.Options.Set(RetryHandler.Repeatable, true);
        return await hub.ReadAsync<LfsBatch>(request, stop);
    }

    static LfsObject AnswerFor(LfsBatch batch, LargeFile file)
    {
        var answer = batch.Objects?.FirstOrDefault(o => o.Oid == file.Digest.Hex)
            ?? throw new ZooApiException(200, $"The hub's answer leaves out '{file.Path}'.");
        return answer.Error is { } error ? throw new ZooApiException(error.Code, $"{file.Path}: {error.Message}") : answer;
    }

    async Task SendAsync(LargeFile file, LfsObject answer, CancellationToken stop)
    {
        if (answer.Actions?.Upload is null)
        {
            progress?.Report(new(file.Path, TransferStage.Skipped, file.Source.SizeBytes, file.Source.SizeBytes));
            return;
        }
        try
        {
            await SendOnceAsync(file, answer.Actions.Upload, mayResume: true, stop);
        }
        catch (ZooApiException e) when (e.Status is 400 or 401 or 403 or 404 or 410 or 422)
        {
            // An address that expired while others were sent, or a part kept from an earlier try that was not ours: ask anew, send all.
            answer = AnswerFor(await AskAsync([file], stop), file);
            if (answer.Actions?.Upload is { } again) await SendOnceAsync(file, again, mayResume: false, stop);
        }
        if (answer.Actions?.Verify is { } verify) await VerifyAsync(file, verify, stop);
        Interlocked.Add(ref _sentBytes, file.Source.SizeBytes);
        progress?.Report(new(file.Path, TransferStage.Done, file.Source.SizeBytes, file.Source.SizeBytes));
    }

    async Task SendOnceAsync(LargeFile file, LfsAction upload, bool mayResume, CancellationToken stop)
    {
        var done = 0L;
        void Sent(long bytes) => progress?.Report(new(file.Path, TransferStage.Uploading, Interlocked.Add(ref done, bytes), file.Source.SizeBytes));
        if (upload.FindParts(file.Source.SizeBytes) is { } plan)
        {
            await SendPartsAsync(file, upload, plan, mayResume, Sent, stop);
            return;
        }
        using var request = Put(upload.Href, new SliceContent(file.Source, 0, file.Source.SizeBytes, hub.Options.IdleTimeout, Sent));
        foreach (var (name, value) in upload.Header ?? new Dictionary<string, string>())
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content!.Headers.TryAddWithoutValidation(name, value);
        using var response = await hub.SendAsync(request, stop);
    }

    async Task SendPartsAsync(LargeFile file, LfsAction upload, LfsPartPlan plan, bool mayResume, Action<long> sent, CancellationToken stop)
    {
        var parts = new LfsPart[plan.Addresses.Count];
        var stored = mayResume ? LfsStored.Of(upload).ETags : new Dictionary<int, string>();
        var probing = mayResume && plan.Addresses.All(address => hub.IsHub(HubTransport.Verbatim(address)));
        var work = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, hub.Options.ParallelParts), CancellationToken = stop };
        await Parallel.ForAsync(0, parts.Length, work, async (i, stopPart) =>
        {
            var range = plan.Ranges[i];
            if (stored.TryGetValue(i + 1, out var etag))
            {
                parts[i] = new(i + 1, etag);
                sent(range.LengthBytes);
                return;
            }
            if (Volatile.Read(ref probing))
            {
                var (known, supported) = await ProbeAsync(plan.Addresses[i], stopPart);
                if (!supported) Volatile.Write(ref probing, false);
                if (known is not null)
                {
                    parts[i] = new(i + 1, known);
                    sent(range.LengthBytes);
                    return;
                }
            }
            using var request = Put(plan.Addresses[i], new SliceContent(file.Source, range.Start, range.LengthBytes, hub.Options.IdleTimeout, sent));
            using var response = await hub.SendAsync(request, stopPart);
            parts[i] = new(i + 1, FindETag(response) ?? throw new ZooApiException(200, $"The hub took part {i + 1} of '{file.Path}' but did not name it."));
        });
        using var complete = HubTransport.RequestTo(HttpMethod.Post, HubTransport.Verbatim(upload.Href), LfsJson(new { oid = file.Digest.Hex, parts }));
        complete.Options.Set(RetryHandler.Repeatable, true);
        using var completed = await hub.SendAsync(complete, stop);
    }

    /// <summary>Our hub answers HEAD on a part's address with its ETag when it has the part, 404 when not. Others refuse the question.</summary>
    async Task<(string? ETag, bool Supported)> ProbeAsync(string address, CancellationToken stop)
    {
        using var request = HubTransport.RequestTo(HttpMethod.Head, HubTransport.Verbatim(address));
        request.Options.Set(RetryHandler.Once, true);
        try
        {
            using var response = await hub.SendRawAsync(request, stop);
            if (response.IsSuccessStatusCode) return (FindETag(response), true);
            return (null, (int)response.StatusCode == 404);
        }
        catch (HttpRequestException)
        {
            return (null, false);
        }
    }

    async Task VerifyAsync(LargeFile file, LfsAction verify, CancellationToken stop)
    {
        var address = HubTransport.Verbatim(verify.Href);
        using var request = HubTransport.RequestTo(HttpMethod.Post, address, LfsJson(new { oid = file.Digest.Hex, size = file.Source.SizeBytes }));
        if (hub.IsHub(address) && hub.Options.Token is { Length: > 0 } token) request.Headers.Authorization = new("Bearer", token);
        foreach (var (name, value) in verify.Header ?? new Dictionary<string, string>())
        {
            request.Headers.Remove(name);       // what the hub says counts: two credentials are none
            request.Headers.TryAddWithoutValidation(name, value);
        }
        request.Options.Set(RetryHandler.Repeatable, true);
        using var response = await hub.SendAsync(request, stop);
    }

    static HttpRequestMessage Put(string address, HttpContent content)
    {
        var request = HubTransport.RequestTo(HttpMethod.Put, HubTransport.Verbatim(address), content);
        request.Headers.ExpectContinue = true;                  // hear a refusal before sending gigabytes
        return request;
    }

    static string? FindETag(HttpResponseMessage response) => response.Headers.TryGetValues("ETag", out var values) ? values.FirstOrDefault() : null;

    static JsonContent LfsJson<T>(T body) => JsonContent.Create(body, new MediaTypeHeaderValue(LfsMediaType), Json.Options);
}
