using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Profiles;

/// <summary>Which repository's weights to look at.</summary>
sealed record WeightSummaryWork(long RepositoryId);

/// <summary>Reads the headers of a model's weight files and keeps what clients ask for: parameters by type, GGUF facts.</summary>
sealed class WeightSummaryJob(
    HubDatabase database, RepositoryStore repositories, ReferenceStore references, CommitStore commits, TreeReader trees, IBlobStore blobs,
    WeightSummaryStore summaries) : JobHandler<WeightSummaryWork>, ILateProjection
{
    public const string JobName = "weights.summarise";

    /// <summary>Shards that one model may have here; more are left out.</summary>
    const int MaxFiles = 2_000;

    public override string Name => JobName;

    public static NewJob For(long repositoryId) =>
        new(JobName, JsonSerializer.Serialize(new WeightSummaryWork(repositoryId)), Subject: repositoryId.ToString(), RepositoryId: repositoryId);

    protected override async Task<string> RunAsync(WeightSummaryWork payload, JobRun run, CancellationToken stop)
    {
        if (await repositories.FindAsync(payload.RepositoryId, stop) is not { } repository) return "The repository is gone.";
        return await RebuildAsync(repository, run, stop) is { } count ? $"{count:N0} parameters." : "No weight file that is read for this.";
    }

    Task ILateProjection.RebuildAsync(Repository repository, JobRun run, CancellationToken stop) => RebuildAsync(repository, run, stop);

    /// <returns>Parameters; null when there is nothing to summarise, and then there is no row.</returns>
    async Task<long?> RebuildAsync(Repository repository, JobRun run, CancellationToken stop)
    {
        while (await references.FindAsync(repository.Id, repository.DefaultReference, stop) is { } head)
        {
            var row = await SummariseAsync(repository, ObjectId.Parse(head.CommitId), run, stop);
            var written = await database.WriteAsync(async transaction =>
            {
                await ReferenceStore.HoldAsync(transaction, repository.Id, stop);
                var now = (await ReferenceStore.ListAsync(transaction, repository.Id, stop)).FirstOrDefault(r => r.Name == repository.DefaultReference);
                if (now?.CommitId != head.CommitId) return false;       // what was read is not the head any more: read again
                await summaries.ReplaceAsync(transaction, row, stop);
                await RepositoryStore.MarkChangedAsync(transaction, repository.Id, stop);
                return true;
            }, stop);
            if (written) return row.Parameters;
        }
        return null;
    }

    async Task<WeightSummaryRow> SummariseAsync(Repository repository, ObjectId commitId, JobRun run, CancellationToken stop)
    {
        var row = new WeightSummaryRow { RepositoryId = repository.Id, CommitId = commitId.Hex };
        if (repository.Kind != RepositoryKind.Model) return row;
        var commit = (await commits.FindAsync(repository.SpaceId, commitId, stop))!;
        var files = new List<FolderEntry>();
        await foreach (var entry in trees.WalkAsync(repository.SpaceId, commit.Tree, null, stop))
            if (!entry.IsFolder && files.Count < MaxFiles) files.Add(entry);

        var safetensors = await ReadAsync(repository, Pick(files, "model", "diffusion_pytorch_model", "adapter_model", ".safetensors"), run, stop);
        var gguf = await ReadAsync(repository, [.. files.Where(f => f.Path.Value.EndsWith(".gguf", StringComparison.Ordinal)).Take(1)], run, stop);
        if (safetensors.Count > 0)
        {
            var summary = WeightSummary.Of(safetensors);
            var parameters = new JsonObject();
            foreach (var (type, count) in summary.ParametersByDType) parameters[type] = count;
            row = row with
            {
                Parameters = summary.TotalParameters,
                SafetensorsJson = new JsonObject { ["parameters"] = parameters, ["total"] = summary.TotalParameters }.ToJsonString(),
            };
        }
        if (gguf.Count > 0)
        {
            var summary = WeightSummary.Of(gguf);
            var json = new JsonObject { ["total"] = summary.TotalParameters };
            if (summary.Architecture is not null) json["architecture"] = summary.Architecture;
            if (summary.ContextLength is not null) json["context_length"] = summary.ContextLength;
            if (summary.ChatTemplate is { Length: < 100_000 }) json["chat_template"] = summary.ChatTemplate;
            row = row with { Parameters = row.Parameters ?? summary.TotalParameters, GgufJson = json.ToJsonString() };
        }
        return row;
    }

    /// <summary>The files of the main model in the root: one file, or all its shards.</summary>
    static List<FolderEntry> Pick(List<FolderEntry> files, string first, string second, string third, string ending)
    {
        foreach (var stem in (string[])[first, second, third])
        {
            var whole = files.Find(f => f.Path.Value == stem + ending);
            if (whole is not null) return [whole];
            var shards = files.Where(f => f.Path.Parent is null && f.Path.Name.StartsWith(stem + "-", StringComparison.Ordinal)
                && f.Path.Name.Contains("-of-", StringComparison.Ordinal) && f.Path.Name.EndsWith(ending, StringComparison.Ordinal)).ToList();
            if (shards.Count > 0) return shards;
        }
        return [.. files.Where(f => f.Path.Parent is null && f.Path.Name.EndsWith(ending, StringComparison.Ordinal)).Take(1)];
    }

    async Task<List<WeightFile>> ReadAsync(Repository repository, List<FolderEntry> files, JobRun run, CancellationToken stop)
    {
        var read = new List<WeightFile>();
        foreach (var file in files)
        {
            IByteSource source = file.Pointer is { } pointer
                ? new BlobByteSource(blobs, pointer)
                : new MemoryByteSource(await trees.GetContentAsync(repository.SpaceId, file.Id, stop));
            try
            {
                read.Add(await WeightReader.ReadHeaderAsync(source, stop));
            }
            catch (Exception error) when (error is WeightFormatException or OverflowException)
            {
                run.Log($"{file.Path}: {error.Message}");
            }
        }
        return read;
    }
}

/// <summary>Asks for a new summary when a commit touched weight files of the default branch; otherwise the summary holds for the new commit too.</summary>
sealed class WeightSummaryFollower(JobStore jobs, WeightSummaryStore summaries) : ICommitFollower, IForkFollower
{
    public async Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop)
    {
        if (commit.Repository.Kind != RepositoryKind.Model || commit.Reference != commit.Repository.DefaultReference) return;
        if (commit.Changes.Any(change => change.Path.Name.EndsWith(".safetensors", StringComparison.Ordinal) || change.Path.Name.EndsWith(".gguf", StringComparison.Ordinal)))
            await jobs.EnqueueAsync(transaction, WeightSummaryJob.For(commit.Repository.Id), stop);
        else await summaries.CarryOverAsync(transaction, commit.Repository.Id, commit.Commit.Id.Hex, stop);
    }

    /// <summary>A summary on its way to the origin is one that the fork needs too.</summary>
    public async Task FollowAsync(DbTransaction transaction, Repository origin, Repository fork, CancellationToken stop)
    {
        if (fork.Kind == RepositoryKind.Model && !await summaries.TryCopyAsync(transaction, origin.Id, fork.Id, stop))
            await jobs.EnqueueAsync(transaction, WeightSummaryJob.For(fork.Id), stop);
    }
}
