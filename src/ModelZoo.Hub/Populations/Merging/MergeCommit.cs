using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Learning.Merging;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Commits a merge where it was asked for: a new repository, a branch, or a pull request.</summary>
sealed partial class MergeCommit(
    AccessPolicy policy, RepositoryLifecycle repositories, ReferenceWriter references, RevisionResolver revisions, CommitStore commits, CommitWriter writer, PullRequests pulls, GitObjectStore objects,
    BlobUploads uploads, TreeReader trees, HubOptions options)
{
    /// <summary>Commits behind the head in which an earlier try is looked for.</summary>
    const int Looked = 50;

    /// <summary>What an earlier try of the same job committed; null when there was none.</summary>
    public async Task<string?> FindEarlierAsync(MergeWorkTarget target, Actor actor, string mark, CancellationToken stop)
    {
        if (await FindAsync(target, actor, stop) is not { } repository) return null;
        if (target.IsPullRequest) return await pulls.FindMarkedAsync(repository.Id, actor.Account!.Id, mark, stop) is { } number ? Opened(number, repository.Repository) : null;
        if (await revisions.FindAsync(repository, target.Reference, stop) is not { } head) return null;
        return (await commits.FirstParentsAsync(repository.Repository.SpaceId, head.Commit.ObjectId, Looked, stop)).FirstOrDefault(commit => commit.Body.Contains(mark, StringComparison.Ordinal)) is { } earlier
            ? Committed(repository.Repository, earlier.Id) : null;
    }

    public async Task<string> WriteAsync(
        MergeWork work, OpenedSources sources, MadeMerge made, JsonObject recipe, IReadOnlyList<string> weights, string scratch, Actor actor, string mark, JobRun run, CancellationToken stop)
    {
        var target = work.Target!;
        var repository = await FindAsync(target, actor, stop) ?? await CreateAsync(target, actor, stop);
        var fresh = target.RepositoryId is null;
        var contributor = (ContributingRepository)repository;
        var operations = new List<FileOperation>();
        foreach (var path in weights)
        {
            var name = Path.GetFileName(path);
            run.Log($"{name}: {new FileInfo(path).Length} bytes");
            operations.Add(name.EndsWith(".json", StringComparison.Ordinal) ? await TextAsync(contributor, name, await File.ReadAllBytesAsync(path, stop), stop) : await LargeAsync(contributor, name, path, stop));
        }
        foreach (var (name, content) in made.Extra) operations.Add(await TextAsync(contributor, name, MergeRecipe.Bytes(content), stop));
        operations.AddRange(await CompanionsAsync(work, sources, made, contributor, scratch, stop));
        operations.Add(await TextAsync(contributor, MergeRecipe.FileName, MergeRecipe.Bytes(recipe), stop));
        var head = await revisions.FindAsync(repository, target.Reference, stop);
        // A branch that is made for this begins where the default branch stands.
        var start = head ?? await revisions.FindAsync(repository, repository.Repository.DefaultReference, stop);
        var before = start is null ? null : await TopFilesAsync(repository.Repository, start.Commit.Tree, stop);
        if (before is null || fresh || !before.Contains("README.md") || before.Contains(MergeRecipe.FileName))
            operations.Add(await TextAsync(contributor, "README.md", Encoding.UTF8.GetBytes(MergeRecipe.Card(work, sources, recipe, target.Name)), stop));
        // Weights of what was there before would be read instead of these, or beside them.
        var written = operations.Select(operation => operation.Path.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var old in before ?? [])
            if (WeightName().IsMatch(old) && !written.Contains(old)) operations.Add(new DeleteIfPresent(RepoPath.Parse(old)));

        var (title, description) = (MergeRecipe.Title(work, sources), $"Made by this hub from {string.Join(", ", sources.All.Select(source => source.Repository.Repository.FullName).Distinct().Take(10))}. {mark}");
        if (target.IsPullRequest)
        {
            var pull = await pulls.OpenForAsync(repository.Id, actor.Account!, new Proposal(title, description, target.Reference) { Mark = mark }, new(title, description, null, operations), stop);
            return Opened(pull.Number, repository.Repository);
        }
        var writable = (WritableRepository)await policy.GetAsync(repository.Id, actor, AccessLevel.Write, stop);
        if (head is null) await references.CreateBranchAsync(writable, target.Reference["refs/heads/".Length..], start?.Commit, overwrite: false, keepExisting: true, stop);
        var outcome = await writer.WriteAsync(writable, target.Reference, new(title, description, null, operations), stop);
        return Committed(repository.Repository, ((CommitOutcome.Written)outcome).Commit.Id.Hex);
    }

    static string Opened(long number, Repository repository) => $"Pull request {number} of {repository.FullName} has the merge.";

    static string Committed(Repository repository, string commit) => $"{repository.FullName} has the merge at commit {commit}.";

    /// <summary>Null for a repository that is still to be made.</summary>
    async Task<ReadableRepository?> FindAsync(MergeWorkTarget target, Actor actor, CancellationToken stop)
    {
        var level = target.IsPullRequest ? AccessLevel.Contribute : AccessLevel.Write;
        if (target.RepositoryId is { } id) return await policy.GetAsync(id, actor, level, stop);
        try
        {
            return await policy.GetAsync(RepositoryKind.Model, target.Owner, target.Name, actor, level, stop);
        }
        catch (Refusal missing) when (missing is { Kind: RefusalKind.NotFound, Missing: MissingThing.Repository })
        {
            return null;
        }
        catch (RepositoryMoved)
        {
            return null;
        }
    }

    async Task<ReadableRepository> CreateAsync(MergeWorkTarget target, Actor actor, CancellationToken stop) =>
        await repositories.CreateAsync(new(actor.Account!, actor.Credential!), actor.Account!, new(RepositoryKind.Model, target.Name, target.IsPrivate), stop);

    /// <summary>What makes the weights a model, from the base or the first; the tokenizer from whom the configuration says.</summary>
    async Task<IReadOnlyList<FileOperation>> CompanionsAsync(MergeWork work, OpenedSources sources, MadeMerge made, ContributingRepository target, string scratch, CancellationToken stop)
    {
        var operations = new List<FileOperation>();
        if (made.Extra.Count > 0) return operations;
        var configuration = work.Configuration is { } yaml ? MergeConfiguration.Parse(yaml) : null;
        var (main, tokens) = (sources.Origin ?? sources.Models[0], MergeTokenizers.Choose(configuration, sources));
        foreach (var (source, name) in MergeFiles.Companions(main).Where(name => main == tokens || !MergeFiles.IsTokenizer(name)).Select(name => (main, name))
            .Concat(main == tokens ? [] : MergeFiles.Companions(tokens).Where(MergeFiles.IsTokenizer).Select(name => (tokens, name))))
        {
            if (name == "config.json" && await ConfigAsync(source, made, stop) is { } config)
            {
                operations.Add(await TextAsync(target, name, config, stop));
                continue;
            }
            var local = Path.Combine(scratch, $"copy-{name}");
            await using (var file = File.Create(local)) await MergeFiles.CopyAsync(source, name, file, stop);
            // What the source keeps as large content is kept so here, too.
            operations.Add(source.Tree.Find(name)!.Pointer is not null ? await LargeAsync(target, name, local, stop) : await TextAsync(target, name, await File.ReadAllBytesAsync(local, stop), stop));
        }
        return operations;
    }

    /// <summary>The configuration of a model whose layers were restacked says how many there are now, and the type that was written.</summary>
    static async Task<byte[]?> ConfigAsync(OpenedSource source, MadeMerge made, CancellationToken stop)
    {
        if (await MergeFiles.ReadTextAsync(source, "config.json", stop) is not { } text) return null;
        try
        {
            return JsonNode.Parse(text) is JsonObject config && ModelConfiguration.Fit(config, made.Tensors, made.Head) ? MergeRecipe.Bytes(config) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    async Task<HashSet<string>> TopFilesAsync(Repository repository, ObjectId tree, CancellationToken stop)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in trees.WalkAsync(repository.SpaceId, tree, null, stop))
            if (!entry.IsFolder && entry.Path.Segments.Length == 1) names.Add(entry.Path.Value);
        return names;
    }

    async Task<FileOperation> TextAsync(ContributingRepository target, string path, byte[] content, CancellationToken stop)
    {
        if (content.Length > options.Limits.InlineBytes)
        {
            var local = Path.GetTempFileName();
            try
            {
                await File.WriteAllBytesAsync(local, content, stop);
                return await LargeAsync(target, path, local, stop);
            }
            finally
            {
                File.Delete(local);
            }
        }
        var blob = StoredObject.Blob(content);
        await objects.AddAsync(target.Repository.SpaceId, [blob], stop);
        return new PutFile(RepoPath.Parse(path), blob.Id);
    }

    async Task<FileOperation> LargeAsync(ContributingRepository target, string path, string local, CancellationToken stop)
    {
        Digest digest;
        long size;
        await using (var content = File.OpenRead(local))
            (digest, size) = (Digest.Parse(Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop))), content.Length);
        return await uploads.TakeFileAsync(target, RepoPath.Parse(path), local, digest, size, stop);
    }

    [GeneratedRegex(@"^(model|pytorch_model)(-\d+-of-\d+)?\.(safetensors|bin)(\.index\.json)?$")]
    private static partial Regex WeightName();
}
