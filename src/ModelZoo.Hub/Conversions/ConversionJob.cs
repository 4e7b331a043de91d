using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Conversions;

/// <summary>
/// Converts a commit's weights and opens a pull request with them. Everything that it stores before is content without a reference, so it may be
/// killed at any moment; the pull request carries the job's id, by which another try finds it.
/// </summary>
sealed partial class ConversionJob(
    AccountStore accounts, AccessPolicy policy, CommitStore commits, TreeReader trees, GitObjectStore objects, IBlobStore blobs, BlobUploads uploads,
    PullRequests pulls, WorkScratch scratch) : JobHandler<ConversionWork>
{
    public const string JobName = "weights.convert";

    /// <summary>Share of a job's progress that converting takes; the rest is checking and storing.</summary>
    const double ConvertingShare = 0.7;

    public override string Name => JobName;

    public override int MostAtOnce => 1;

    /// <summary>The number of the pull request that a finished job opened.</summary>
    public static long? FindPullRequest(Job job) =>
        job is { Name: JobName, State: "done" } && PullRequestNumber().Match(job.Message) is { Success: true } match ? long.Parse(match.Groups[1].Value) : null;

    /// <summary>The repository that the pull request is in.</summary>
    public static long FindTarget(Job job) => System.Text.Json.JsonSerializer.Deserialize<ConversionWork>(job.Payload)!.TargetId;

    protected override async Task<string> RunAsync(ConversionWork work, JobRun run, CancellationToken stop)
    {
        try
        {
            var mark = $"Job {run.Job.Id}.";
            if (await pulls.FindMarkedAsync(work.TargetId, work.AccountId, mark, stop) is { } earlier) return Opened(earlier);
            return await ConvertAsync(work, mark, run, stop);
        }
        catch (Exception hopeless) when (hopeless is ConversionException or WeightFormatException or FileNotFoundException
            or Refusal { Kind: RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Invalid or RefusalKind.Unauthenticated })
        {
            throw new HopelessJob(hopeless.Message, hopeless);
        }
    }

    async Task<string> ConvertAsync(ConversionWork work, string mark, JobRun run, CancellationToken stop)
    {
        var account = await accounts.FindAsync(work.AccountId, stop) ?? throw new HopelessJob("The account is gone.");
        if (account.DisabledAt is not null) throw new HopelessJob($"The account {account.Handle} is disabled.");
        var actor = new Actor(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
        var source = await policy.GetAsync(work.SourceId, actor, AccessLevel.Read, stop);
        var target = (ContributingRepository)await policy.GetAsync(work.TargetId, actor, AccessLevel.Contribute, stop);
        var commit = await commits.FindAsync(source.Repository.SpaceId, ObjectId.Parse(work.CommitId), stop) ?? throw new HopelessJob("The commit is gone.");
        run.Report(0, "reading headers");
        var files = await TreeFiles.ReadAsync(trees, blobs, source.Repository.SpaceId, commit.Tree, stop);

        using var folder = scratch.Open(run.Job.Id);
        var made = ConversionNames.Choose(work, source.Repository, files);
        var options = new ConversionOptions(work.To)
        {
            Type = work.DType, MaxShardBytes = work.MaxShardBytes, ModelName = source.Repository.Name, MaxBytes = scratch.RoomBytes(),
            Progress = new StageProgress(run, ConvertingShare),
        };
        run.Log($"Converting {source.Repository.FullName} at {commit.Id[..10]} to {made.Words}.");
        var outcome = await WeightConverter.ConvertAsync(files, work.File, Path.Combine(folder.Path, made.FileName), options, stop);
        foreach (var remark in outcome.Remarks) run.Log(remark);
        run.Report(ConvertingShare, "comparing with the original");
        var checkedBytes = await WeightConverter.VerifyAsync(files, work.File, outcome, options, stop);

        var written = new List<WrittenFile>();
        foreach (var path in outcome.Files)
        {
            var file = await DescribeAsync(path, made.Folder, stop);
            run.Report(ConvertingShare + 0.1 + (0.2 * written.Count / outcome.Files.Count), $"storing {file.Path}");
            run.Log($"{file.Path}: {file.SizeBytes} bytes, sha256 {file.Digest}");
            written.Add(file);
        }
        if (work.TargetId == work.SourceId && written.TrueForAll(file => files.Find(file.Path.Value)?.Pointer?.Digest == file.Digest)) return "The repository has exactly these files already.";
        var operations = new List<FileOperation>();
        foreach (var file in written) operations.Add(await StoreAsync(target, file, stop));
        var description = ConversionNames.Describe(source.Repository, commit.Id, made, outcome, written, checkedBytes, mark);
        var draft = new CommitDraft(made.Title, description, null, operations);
        var pull = await pulls.OpenForAsync(work.TargetId, account, new Proposal(made.Title, description, work.Target) { Mark = mark }, draft, stop);
        return Opened(pull.Number);
    }

    static string Opened(long number) => $"Pull request {number} has the converted weights.";

    static async Task<WrittenFile> DescribeAsync(string path, string folder, CancellationToken stop)
    {
        await using var content = File.OpenRead(path);
        var digest = Digest.Parse(Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop)));
        return new(path, RepoPath.Parse(folder + Path.GetFileName(path)), digest, content.Length);
    }

    /// <summary>Weights become blobs; an index of them is text like any other.</summary>
    async Task<FileOperation> StoreAsync(ContributingRepository target, WrittenFile file, CancellationToken stop)
    {
        if (file.Path.Value.EndsWith(".json", StringComparison.Ordinal))
        {
            var blob = StoredObject.Blob(await File.ReadAllBytesAsync(file.LocalPath, stop));
            await objects.AddAsync(target.Repository.SpaceId, [blob], stop);
            return new PutFile(file.Path, blob.Id);
        }
        return await uploads.TakeFileAsync(target, file.Path, file.LocalPath, file.Digest, file.SizeBytes, stop);
    }

    [GeneratedRegex(@"^Pull request (\d{1,18}) ")]
    private static partial Regex PullRequestNumber();

    sealed class StageProgress(JobRun run, double share) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => run.Report(value.TotalBytes == 0 ? 0 : share * value.DoneBytes / value.TotalBytes, $"converting {value.Tensor}");
    }
}

/// <summary>A converted file, before the store has it.</summary>
sealed record WrittenFile(string LocalPath, RepoPath Path, Digest Digest, long SizeBytes);
