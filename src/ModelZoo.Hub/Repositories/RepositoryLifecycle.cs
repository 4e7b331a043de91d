using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories;

/// <summary>What a new repository shall be.</summary>
sealed record NewRepository(RepositoryKind Kind, string Name, bool IsPrivate)
{
    public string? Licence { get; init; }
    public string? Sdk { get; init; }

    /// <summary>Further files of the first commit: path and content.</summary>
    public IReadOnlyList<(RepoPath Path, byte[] Content)> Files { get; init; } = [];
}

/// <summary>Creates, moves and deletes repositories.</summary>
sealed class RepositoryLifecycle(
    HubDatabase database, RepositoryStore repositories, AccountStore accounts, GitObjectStore objects, CommitWriter commits, Jobs.JobStore jobs, TimeProvider time)
{
    static readonly HashSet<string> s_sdks = ["static", "gradio", "docker", "streamlit"];

    /// <summary>Makes the repository with its first commit. Refuses (Conflict, with the existing address) a name that is taken.</summary>
    public async Task<AdministeredRepository> CreateAsync(SignedIn actor, Account owner, NewRepository wanted, CancellationToken stop)
    {
        actor.RequireWrite();
        if (owner.Id != actor.Account.Id && !actor.Actor.IsAdministrator)
            throw Refusal.Forbidden($"You may not create repositories under {owner.Handle}.");
        if (Repository.NameProblem(wanted.Name) is { Length: > 0 } problem) throw Refusal.Invalid(problem);
        if (wanted.Kind == RepositoryKind.Space && (wanted.Sdk is null || !s_sdks.Contains(wanted.Sdk)))
            throw Refusal.Invalid($"A space needs an sdk: {string.Join(", ", s_sdks.Order())}.");

        var id = Ids.Next(time);
        var repository = new Repository
        {
            Id = id, Kind = wanted.Kind, OwnerId = owner.Id, Owner = owner.Handle, Name = wanted.Name, IsPrivate = wanted.IsPrivate,
            Sdk = wanted.Kind == RepositoryKind.Space ? wanted.Sdk : null, SpaceId = id, CreatedAt = time.NowMs(), UpdatedAt = time.NowMs(),
        };
        var proof = AccessPolicy.ForCreator(repository, actor.Actor);
        var blobs = FirstFiles(wanted).Select(file => (file.Path, Blob: StoredObject.Blob(file.Content))).ToList();
        await objects.AddAsync(repository.SpaceId, [.. blobs.Select(file => file.Blob)], stop);
        var draft = new CommitDraft("initial commit", "", null, [.. blobs.Select(file => Put(file.Path, file.Blob))]);
        var prepared = await commits.PrepareAsync(proof, repository.DefaultReference, null, draft, stop);
        try
        {
            await database.WriteAsync(async transaction =>
            {
                await repositories.AddAsync(transaction, repository, stop);
                await commits.ApplyAsync(transaction, prepared, stop);
            }, stop);
        }
        catch (Exception error) when (database.IsUniqueViolation(error))
        {
            throw new Refusal(RefusalKind.Conflict, $"You already created this {wanted.Kind.Word()} repo") { ExistingUrl = repository.Address };
        }
        return proof;
    }

    /// <summary>The text of a pointer means the large content it names, which must be the creator's to use.</summary>
    static FileOperation Put(RepoPath path, StoredObject blob) =>
        blob.Pointer is { } pointer ? new PutLarge(path, pointer.Digest, pointer.SizeBytes) : new PutFile(path, blob.Id);

    /// <summary>Renames, or gives to another owner. The old name redirects until somebody takes it.</summary>
    public async Task<Repository> MoveAsync(AdministeredRepository repository, string newOwner, string newName, CancellationToken stop)
    {
        if (Repository.NameProblem(newName) is { Length: > 0 } problem) throw Refusal.Invalid(problem);
        var owner = await accounts.FindAsync(newOwner, stop);
        var mayGive = owner is not null && (owner.Id == repository.Repository.OwnerId || owner.Id == repository.Actor.Account?.Id
            || repository.Actor.Account is { IsAdministrator: true });
        if (owner is null || !mayGive) throw Refusal.Forbidden($"You may not move repositories to {newOwner}.");
        try
        {
            await database.WriteAsync(async transaction =>
            {
                await repositories.MoveAsync(transaction, repository.Repository, owner, newName, stop);
                await jobs.EnqueueAsync(transaction, ReindexWork.JobFor(repository.Id), stop);      // it is found by its name's words, too
            }, stop);
        }
        catch (Exception error) when (database.IsUniqueViolation(error))
        {
            throw Refusal.Conflict($"A {repository.Repository.Kind.Word()} repository called {owner.Handle}/{newName} already exists");
        }
        return (await repositories.FindAsync(repository.Id, stop))!;
    }

    public Task DeleteAsync(AdministeredRepository repository, CancellationToken stop) =>
        database.WriteAsync(transaction => repositories.RemoveAsync(transaction, repository.Repository, stop), stop);

    static IEnumerable<(RepoPath Path, byte[] Content)> FirstFiles(NewRepository wanted)
    {
        var files = new Dictionary<RepoPath, byte[]>
        {
            [RepoPath.Parse(".gitattributes")] = Encoding.UTF8.GetBytes(
                wanted.Kind == RepositoryKind.Dataset ? GitAttributes.DefaultForDatasets : GitAttributes.DefaultForModels),
        };
        if (wanted.Kind == RepositoryKind.Space)
        {
            files[RepoPath.Parse("README.md")] = Encoding.UTF8.GetBytes(
                $"---\ntitle: {wanted.Name}\nemoji: \"\\U0001F4E6\"\ncolorFrom: green\ncolorTo: blue\nsdk: {wanted.Sdk}\npinned: false\n---\n");
            if (wanted.Sdk == "static")
                files[RepoPath.Parse("index.html")] = Encoding.UTF8.GetBytes($"<!doctype html>\n<title>{wanted.Name}</title>\n<p>This space has no page yet.</p>\n");
        }
        else if (wanted.Licence is { Length: > 0 } licence)
        {
            files[RepoPath.Parse("README.md")] = Encoding.UTF8.GetBytes($"---\nlicense: {licence.ReplaceLineEndings("")}\n---\n");
        }
        foreach (var (path, content) in wanted.Files) files[path] = content;
        return files.Select(file => (file.Key, file.Value));
    }
}
