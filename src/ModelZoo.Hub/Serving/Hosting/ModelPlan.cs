using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Inference;
using ModelZoo.Inference.Lora;

namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>What is to be loaded: a commit of a model, or of an adapter on a commit of its base.</summary>
/// <param name="Base">Null where the commit is a model of its own.</param>
sealed record ModelPlan(ReadableRepository Repository, string CommitId, (ReadableRepository Repository, string CommitId)? Base, long FileBytes)
{
    /// <summary>Equal plans share a worker, whoever asks: each asker's rights were checked before.</summary>
    public string Key => Base is { } other ? $"{Repository.Id}/{CommitId}/{other.Repository.Id}/{other.CommitId}" : $"{Repository.Id}/{CommitId}";
}

/// <summary>Makes plans. An adapter runs on the base that its configuration names, which whoever asks must be able to read, too.</summary>
sealed class ModelPlanner(CommitFolders folders, AccessPolicy policy, RevisionResolver revisions)
{
    static readonly string[] s_weights = [".onnx", ".safetensors"];

    public async Task<ModelPlan> MakeAsync(ReadableRepository repository, string commitId, CancellationToken stop)
    {
        var needed = (await folders.ListAsync(repository, commitId, stop)).Where(NeededFiles.OfModel).ToList();
        var bytes = needed.Sum(file => file.SizeBytes);
        var isAdapter = needed.Exists(file => file.Path.Value == AdapterConfig.FileName)
            && !needed.Exists(file => file.Path.Value != LoraAdapter.WeightsName && s_weights.Contains(Path.GetExtension(file.Path.Value)));
        if (!isAdapter) return new(repository, commitId, null, bytes);
        var config = await ReadAsync(repository, commitId, stop);
        if (config.BaseModel?.Split('/') is not [var owner, var name]) throw new Refusal(RefusalKind.Unprocessable, $"The adapter's base, '{config.BaseModel}', is no model of this hub: it must be named owner/name.");
        ReadableRepository other;
        try
        {
            other = await policy.GetAsync(RepositoryKind.Model, owner, name, repository.Actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved moved)
        {
            other = await policy.GetAsync(moved.Repository.Id, repository.Actor, AccessLevel.Read, stop);
        }
        catch (Refusal)
        {
            throw new Refusal(RefusalKind.Unprocessable, $"The adapter's base, {owner}/{name}, is not on this hub, or you may not read it.");
        }
        var commit = await revisions.FindAsync(other, config.Revision ?? "HEAD", stop)
            ?? throw new Refusal(RefusalKind.Unprocessable, $"The adapter's base, {owner}/{name}, has no revision '{config.Revision}'.");
        var below = (await folders.ListAsync(other, commit.CommitId, stop)).Where(NeededFiles.OfModel).Sum(file => file.SizeBytes);
        return new(repository, commitId, (other, commit.CommitId), bytes + below);
    }

    async Task<AdapterConfig> ReadAsync(ReadableRepository repository, string commitId, CancellationToken stop)
    {
        using var folder = await folders.OpenAsync(repository, commitId, file => file.Path.Value == AdapterConfig.FileName, stop);
        try
        {
            return AdapterConfig.Parse(await File.ReadAllBytesAsync(Path.Combine(folder.Path, AdapterConfig.FileName), stop));
        }
        catch (InferenceException e)
        {
            throw new Refusal(RefusalKind.Unprocessable, e.Message);
        }
    }
}
