using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>Makes one commit: asks how each file should travel, leaves out what the hub has, sends large files, then the commit itself.</summary>
sealed class CommitUpload(HubTransport hub, RepoId repo, CommitRequest commit, IProgress<TransferProgress>? progress)
{
    /// <summary>Most files in one question (hub-protocol.md 8.1), and how much of each the hub may look at.</summary>
    const int PreuploadFiles = 256, SampleBytes = 512;

    /// <summary>A card larger than this is left to the commit to judge.</summary>
    const int MaxCardBytes = 1 << 20;

    sealed record Planned(AddFile Add, bool IsLarge, string? KnownOid);

    public async Task<CommitOutcome> RunAsync(IReadOnlyList<CommitOperation> operations, CancellationToken stop)
    {
        var adds = LastOfEachPath(operations);
        await CheckCardAsync(adds, stop);
        var (planned, ignored, head) = await PlanAsync(adds, stop);
        using var xet = planned.Exists(file => file.IsLarge) ? await FindXetAsync(stop) : null;
        var (regular, pending, unchanged) = await SortOutAsync(planned, xet is not null, stop);
        var deletions = operations.Where(o => o is not AddFile).ToArray();
        if (regular.Count + pending.Count + deletions.Length == 0)
        {
            var current = head ?? (await hub.GetAsync<Repository>($"{repo.ApiPath}/revision/{Address.Revision(commit.Branch)}", stop)).Sha;
            return new(current ?? "", false, null, null, 0, unchanged, ignored, 0);
        }
        var (large, sent, known) = await SendAsync(pending, xet, stop);
        var answer = await CommitAsync(regular, large, deletions, stop);
        foreach (var add in regular) progress?.Report(new(add.Path, TransferStage.Done, add.Source.SizeBytes, add.Source.SizeBytes));
        return new(answer.CommitOid, true, answer.CommitUrl, answer.PullRequestUrl, regular.Count + large.Count, unchanged, ignored, sent, known);
    }

    async Task<XetAccess?> FindXetAsync(CancellationToken stop) =>
        hub.Options.UseXet ? await XetAccess.FindAsync(hub, XetAccess.WritePath(repo, commit.Branch, commit.CreatePullRequest), stop) : null;

    async Task<XetOutcome> SendAsync(List<PendingFile> files, XetAccess? xet, CancellationToken stop)
    {
        if (files.Count == 0) return new([], 0, 0);
        if (xet is not null) return await new XetUpload(hub, xet, progress).RunAsync(files, stop);
        LargeFile[] large = [.. files.Select(file => new LargeFile(file.Path, file.Source, file.Digest!))];
        return new(large, await new LfsUpload(hub, repo, commit.Branch, progress).RunAsync(large, stop), 0);
    }

    static List<AddFile> LastOfEachPath(IReadOnlyList<CommitOperation> operations)
    {
        var byPath = new Dictionary<RepoPath, AddFile>();
        foreach (var add in operations.OfType<AddFile>()) byPath[add.Path] = add;
        return [.. byPath.Values];
    }

    /// <summary>A card that the hub would refuse should be known before gigabytes have moved.</summary>
    async Task CheckCardAsync(List<AddFile> adds, CancellationToken stop)
    {
        if (adds.Find(a => a.Path.Value == "README.md") is not { Source.SizeBytes: <= MaxCardBytes } card) return;
        using var reader = new StreamReader(card.Source.Open());
        var body = new { content = await reader.ReadToEndAsync(stop), repoType = repo.Kind.Word() };
        using var request = hub.JsonRequest(HttpMethod.Post, "/api/validate-yaml", body, repeatable: true);
        using var response = await hub.SendRawAsync(request, stop);
        if ((int)response.StatusCode == 400) throw await ZooApiException.FromAsync(response, stop);
    }

    async Task<(List<Planned> Files, int Ignored, string? Head)> PlanAsync(List<AddFile> adds, CancellationToken stop)
    {
        var (files, ignored, head) = (new List<Planned>(), 0, (string?)null);
        foreach (var some in adds.Chunk(PreuploadFiles))
        {
            var questions = new List<object>();
            foreach (var add in some) questions.Add(new { path = add.Path.Value, size = add.Source.SizeBytes, sample = await SampleAsync(add.Source, stop) });
            var answer = await hub.PostAsync<Preupload>(
                $"{repo.ApiPath}/preupload/{Address.Revision(commit.Branch)}{PullRequestQuery}", new { files = questions, gitIgnore = commit.GitIgnore }, stop, repeatable: true);
            head ??= answer.CommitOid;
            var byPath = answer.Files.ToDictionary(f => f.Path);
            foreach (var add in some)
            {
                if (!byPath.TryGetValue(add.Path.Value, out var how)) throw new ZooApiException(200, $"The hub's answer leaves out '{add.Path}'.");
                if (how.ShouldIgnore && commit.HonourIgnored) ignored++;
                else files.Add(new(add, how.UploadMode == "lfs" && add.Source.SizeBytes > 0, how.Oid));
            }
        }
        return (files, ignored, head);
    }

    string PullRequestQuery => commit.CreatePullRequest ? "?create_pr=1" : "";

    static async Task<string> SampleAsync(UploadSource source, CancellationToken stop)
    {
        await using var content = source.Open();
        var buffer = new byte[Math.Min(SampleBytes, source.SizeBytes)];
        var length = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        return Convert.ToBase64String(buffer, 0, length);
    }

    /// <summary>As chunks, large files that are new at their path are hashed on their way; where there is an older version, what is new is found first.</summary>
    async Task<(List<AddFile> Regular, List<PendingFile> Large, int Unchanged)> SortOutAsync(List<Planned> files, bool asChunks, CancellationToken stop)
    {
        var surveys = new ChunkSurvey?[files.Count];
        var digests = new Digest?[files.Count];
        var same = new bool[files.Count];
        var work = new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount, 2, 4), CancellationToken = stop };
        await Parallel.ForAsync(0, files.Count, work, async (i, stopFile) =>
        {
            var (add, isLarge, known) = files[i];
            if (isLarge && asChunks && known is null) return;
            if (isLarge)
            {
                var done = 0L;
                void Passed(int bytes) => progress?.Report(new(add.Path, TransferStage.Hashing, done += bytes, add.Source.SizeBytes));
                if (asChunks) digests[i] = (surveys[i] = await ChunkSurvey.OfAsync(add.Source, Passed, stopFile)).Digest;
                else digests[i] = await HashAsync(add.Source, Passed, stopFile);
                same[i] = known == digests[i]!.Hex;
            }
            else if (known is not null)
            {
                await using var content = add.Source.Open();
                same[i] = known == (await ContentHash.GitBlobAsync(content, add.Source.SizeBytes, null, stopFile)).Hex;
            }
        });
        var (regular, large, unchanged) = (new List<AddFile>(), new List<PendingFile>(), 0);
        for (var i = 0; i < files.Count; i++)
        {
            var add = files[i].Add;
            if (same[i])
            {
                unchanged++;
                progress?.Report(new(add.Path, TransferStage.Skipped, add.Source.SizeBytes, add.Source.SizeBytes));
            }
            else if (files[i].IsLarge) large.Add(new(add.Path, add.Source, digests[i], surveys[i]?.Chunks));
            else regular.Add(add);
        }
        return (regular, large, unchanged);
    }

    static async Task<Digest> HashAsync(UploadSource source, Action<int> passed, CancellationToken stop)
    {
        await using var content = source.Open();
        return await ContentHash.Sha256Async(content, passed, stop);
    }

    async Task<Committed> CommitAsync(List<AddFile> regular, IReadOnlyList<LargeFile> large, CommitOperation[] deletions, CancellationToken stop)
    {
        var body = new CommitContent(commit);
        foreach (var deletion in deletions)
        {
            if (deletion is DeleteFolder) body.DeleteFolder(deletion.Path);
            else body.DeleteFile(deletion.Path);
        }
        foreach (var add in regular) body.AddFile(add.Path, add.Source);
        foreach (var file in large) body.AddLfsFile(file.Path, file.Digest, file.Source.SizeBytes);
        var request = hub.Request(HttpMethod.Post, $"{repo.ApiPath}/commit/{Address.Revision(commit.Branch)}{PullRequestQuery}", body);
        request.Headers.ExpectContinue = true;
        return await hub.ReadAsync<Committed>(request, stop);
    }

    sealed record Preupload(IReadOnlyList<PreuploadFile> Files, string? CommitOid);

    sealed record PreuploadFile(string Path, string? UploadMode, bool ShouldIgnore, string? Oid);

    sealed record Committed(string CommitOid, Uri? CommitUrl, Uri? PullRequestUrl);
}
