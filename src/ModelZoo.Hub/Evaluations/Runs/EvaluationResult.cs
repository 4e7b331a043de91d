using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelZoo.Evaluation.Records;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Signing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>What became of a run's records.</summary>
/// <param name="HoldsSamples">True: the commit has the samples, and what was kept beside it may go.</param>
sealed record StoredResult(string Words, string ScoresJson, string FilesJson, string? CommitId, long? PullNumber, bool HoldsSamples);

/// <summary>Signs the values of a run and commits them with their evidence: to the branch where the asker may write, else as a pull request.</summary>
sealed class EvaluationResult(
    ScoreSigner signer, AccessPolicy policy, CommitWriter writer, PullRequests pulls, BlobUploads uploads, GitObjectStore objects, TreeReader trees, RevisionResolver revisions, HubOptions options, TimeProvider time)
{
    const long MaxTextBytes = 32 * 1024 * 1024;

    /// <summary>The result that the branch holds already, signed, of the same files, data and tasks in the same way.</summary>
    public async Task<StoredResult?> FindSameAsync(MeasuredThing measured, CancellationToken stop)
    {
        if (measured.IsEndpoint || await revisions.FindAsync(measured.Model, measured.Row.Target, stop) is not { } head) return null;
        var names = Names(measured);
        var tree = head.Commit.Tree;
        if (await TextAsync(measured.Model.Repository, tree, names.Scores, stop) is not { } scores) return null;
        var (all, files) = (new List<ScoreRecord>(), new Dictionary<string, string>());
        foreach (var task in measured.Chosen.Tasks)
        {
            var records = await RecordsAsync(measured.Model.Repository, tree, names.Evidence(task.Name), stop);
            if (records.Count == 0 || !records.All(record => record.Model?.Digest == measured.FilesDigest && record.Task?.Hash == task.Hash && record.Protocol?.Limit is null && record.Unranked is null
                && record.Dataset?.Revision == (task.DatasetPath is { } path && measured.Datasets.TryGetValue(path, out var other) ? other.Revision : measured.Row.BenchmarkCommit)
                && (record.Run?.Seed ?? measured.Row.Settings.Seed) == measured.Row.Settings.Seed
                && (measured.Row.Settings.NumFewshot is null || record.Protocol?.NumFewshot == measured.Row.Settings.NumFewshot))) return null;
            if (!await AreVouchedAsync(records, ResultYaml.Tokens(scores, task.Name), stop)) return null;
            all.AddRange(records);
            if (records.Select(record => record.Samples?.Path).OfType<string>().FirstOrDefault(path => path.StartsWith(".eval_results/", StringComparison.Ordinal)) is { } samples) files[task.Name] = samples;
        }
        return new($"Measured already: {Summary(measured, all)}", Encoding.UTF8.GetString(ScoreRecords.Serialize(all)), JsonSerializer.Serialize(files), head.CommitId, null, true);
    }

    /// <summary>Every value that is listed has a token of this hub over just that value.</summary>
    async Task<bool> AreVouchedAsync(IReadOnlyList<ScoreRecord> records, IReadOnlyList<string> tokens, CancellationToken stop)
    {
        var claims = new List<ScoreClaim>();
        foreach (var token in tokens)
            if (await signer.VerifyAsync(token, stop) is { } claim) claims.Add(claim);
        return records.Where(IsListed).All(record => claims.Exists(claim => claim.Metric == record.Metric && claim.Filter == record.Filter && claim.Value == record.Value
            && claim.TaskId == record.Task.Id && claim.TaskHash == record.Task.Hash && claim.FilesDigest == record.Model?.Digest && claim.DatasetDigest == record.Dataset?.Digest));
    }

    /// <summary>Subgroups stand in the evidence alone, and what is undefined is no value.</summary>
    static bool IsListed(ScoreRecord record) => record is { Subgroup: null, Value: not null };

    public async Task<StoredResult> StoreAsync(MeasuredThing measured, RunFolder folder, Account account, CancellationToken stop)
    {
        var (row, names, repository) = (measured.Row, Names(measured), measured.Model.Repository);
        var mark = $"Evaluation {Ids.ToWire(row.Id)}.";
        var records = WorkerRecords.Read(folder.Output, measured);
        // Samples show the documents: they go no further than the data itself may be seen.
        var mayShow = !measured.Benchmark.Repository.IsPrivate || (repository.IsPrivate && repository.OwnerId == measured.Benchmark.Repository.OwnerId);
        var packed = new Dictionary<string, PackedSamples>(StringComparer.Ordinal);
        foreach (var group in records.GroupBy(record => record.Task.Id, StringComparer.Ordinal))
            if (await WorkerRecords.PackAsync(folder, group, stop) is { } samples) packed[group.Key] = samples;
        records = [.. records.Select(record => record with
        {
            Samples = packed.TryGetValue(record.Task.Id, out var samples) ? new(mayShow ? names.Samples(record.Task.Id) : "kept by the hub", samples.LinesDigest) : null,
        })];
        var (json, words) = (Encoding.UTF8.GetString(ScoreRecords.Serialize(records)), Summary(measured, records));
        if (row.Settings.Limit is { } limit) return new($"{words}. Limited to {limit} samples, so no repository was changed.", json, "{}", null, null, false);

        var files = mayShow ? packed.Keys.ToDictionary(task => task, names.Samples) : [];
        var head = await revisions.FindAsync(measured.Model, row.Target, stop);
        var existing = head is null ? null : await TextAsync(repository, head.Commit.Tree, names.Scores, stop);
        if (head is not null && existing is not null && await IsStatedAsync(repository, head.Commit.Tree, existing, names, records, stop))
            return new($"{words}. The repository states exactly this already.", json, JsonSerializer.Serialize(files), head.CommitId, null, mayShow);
        if (await pulls.FindMarkedAsync(repository.Id, account.Id, mark, stop) is { } earlier) return new($"{words}. Pull request {earlier} has the result.", json, JsonSerializer.Serialize(files), null, earlier, mayShow);

        var operations = new List<FileOperation>();
        var signed = new List<SignedScore>();
        foreach (var group in records.GroupBy(record => record.Task.Id, StringComparer.Ordinal))
        {
            operations.Add(await TextAsync(measured.Model, names.Evidence(group.Key), [.. ScoreRecords.Serialize([.. group]), (byte)'\n'], stop));
            if (files.TryGetValue(group.Key, out var at)) operations.Add(await uploads.TakeFileAsync(measured.Model, RepoPath.Parse(at), packed[group.Key].LocalPath, stop));
            foreach (var record in group.Where(IsListed)) signed.Add(new(record, await SignAsync(measured, record, stop), names.Evidence(group.Key), files.GetValueOrDefault(group.Key)));
        }
        var yaml = ResultYaml.Write(existing, measured.Benchmark.Repository.FullName, row.BenchmarkCommit, signed, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), Page(row));
        operations.Add(await TextAsync(measured.Model, names.Scores, Encoding.UTF8.GetBytes(yaml), stop));
        var title = $"Add scores of {measured.Chosen.Name} on {measured.Benchmark.Repository.FullName}";
        if (!row.Settings.Proposes && measured.Model.IsWriter)
        {
            var writable = (WritableRepository)await policy.GetAsync(repository.Id, measured.Model.Actor, AccessLevel.Write, stop);
            var outcome = await writer.WriteAsync(writable, row.Target, new(title, $"{words}\n\nMeasured by this hub. {mark}", null, operations), stop);
            return new($"{words}.", json, JsonSerializer.Serialize(files), ((CommitOutcome.Written)outcome).Commit.Id.Hex, null, mayShow);
        }
        var pull = await pulls.OpenForAsync(repository.Id, account, new(title, $"{words}\n\nMeasured by this hub. {mark}", row.Target) { Mark = mark }, new(title, mark, null, operations), stop);
        return new($"{words}. Pull request {pull.Number} has the result.", json, JsonSerializer.Serialize(files), pull.Head.Hex, pull.Number, mayShow);
    }

    Task<string> SignAsync(MeasuredThing measured, ScoreRecord record, CancellationToken stop) => signer.SignAsync(new()
    {
        Model = measured.Model.Repository.FullName, Commit = measured.Row.CommitId, FilesDigest = measured.FilesDigest, Dataset = measured.Benchmark.Repository.FullName, DatasetCommit = measured.Row.BenchmarkCommit,
        DatasetDigest = record.Dataset?.Digest, TaskId = record.Task.Id, TaskHash = record.Task.Hash, Metric = record.Metric, Filter = record.Filter, Value = record.Value!.Value,
        Standing = measured.IsEndpoint ? ScoreClaim.Reproduced : ScoreClaim.Verified,
    }, stop);

    /// <summary>Every task's evidence at the head says the same of the same, and its tokens hold.</summary>
    async Task<bool> IsStatedAsync(Repository repository, ObjectId tree, string existing, ResultNames names, IReadOnlyList<ScoreRecord> records, CancellationToken stop)
    {
        foreach (var group in records.GroupBy(record => record.Task.Id, StringComparer.Ordinal))
        {
            var there = await RecordsAsync(repository, tree, names.Evidence(group.Key), stop);
            if (!there.Select(Essence).SequenceEqual(group.Select(Essence)) || !await AreVouchedAsync(there, ResultYaml.Tokens(existing, group.Key), stop)) return false;
        }
        return true;
    }

    /// <summary>What two runs of the same thing have in common: all but time and place, and the commit where its files are the same.</summary>
    static string Essence(ScoreRecord record) => JsonSerializer.Serialize(record with { Run = null, Model = record.Model is { Digest: not null } model ? model with { Revision = null, Repo = null } : record.Model, Dataset = record.Dataset is { } dataset ? dataset with { Revision = null } : null }, ScoreRecords.Format);

    static string Summary(MeasuredThing measured, IReadOnlyList<ScoreRecord> records)
    {
        var words = new List<string>();
        foreach (var task in measured.Chosen.Tasks)
        {
            var own = records.Where(record => record.Task.Id == task.Name && record.Subgroup is null).ToList();
            var primary = task.Zoo.PrimaryMetric ?? (task.Metrics is [var first, ..] ? first.Name : null);
            if ((own.Find(record => record.Metric == primary && record.Filter == (task.Zoo.PrimaryFilter ?? record.Filter)) ?? own.FirstOrDefault()) is { } shown)
                words.Add($"{task.Name} {shown.Metric} {shown.Value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "undefined"}");
        }
        return words.Count <= 6 ? string.Join(", ", words) : $"{string.Join(", ", words.Take(6))} and {words.Count - 6} more";
    }

    string? Page(EvaluationRow row) => options.PublicUrl is { } url ? $"{url.TrimEnd('/')}/evaluations/{Ids.ToWire(row.Id)}" : null;

    static ResultNames Names(MeasuredThing measured) => new(measured.Benchmark.Repository.Owner, measured.Benchmark.Repository.Name);

    async Task<IReadOnlyList<ScoreRecord>> RecordsAsync(Repository repository, ObjectId tree, string path, CancellationToken stop)
    {
        try
        {
            return await TextAsync(repository, tree, path, stop) is { } text ? ScoreRecords.Parse(Encoding.UTF8.GetBytes(text)) : [];
        }
        catch (ModelZoo.Evaluation.EvaluationException)
        {
            return [];
        }
    }

    async Task<string?> TextAsync(Repository repository, ObjectId tree, string path, CancellationToken stop) =>
        await trees.FindAsync(repository.SpaceId, tree, RepoPath.Parse(path), stop) is { Mode: EntryMode.File or EntryMode.Executable, Pointer: null, BlobBytes: <= MaxTextBytes } file
            ? Encoding.UTF8.GetString(await trees.GetContentAsync(repository.SpaceId, file.Id, stop)) : null;

    async Task<FileOperation> TextAsync(ReadableRepository target, string path, byte[] content, CancellationToken stop)
    {
        if (content.Length > options.Limits.InlineBytes)
        {
            var file = Path.GetTempFileName();
            try
            {
                await File.WriteAllBytesAsync(file, content, stop);
                return await uploads.TakeFileAsync((ContributingRepository)target, RepoPath.Parse(path), file, stop);
            }
            finally
            {
                File.Delete(file);
            }
        }
        var blob = StoredObject.Blob(content);
        await objects.AddAsync(target.Repository.SpaceId, [blob], stop);
        return new PutFile(RepoPath.Parse(path), blob.Id);
    }
}
