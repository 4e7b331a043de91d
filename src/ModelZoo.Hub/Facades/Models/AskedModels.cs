using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Models;

/// <param name="Name">As it was asked for.</param>
sealed record AskedModel(ReadableRepository Repository, string CommitId, string Name);

/// <summary>
/// Finds the model that a client names where addresses carry no owner: <c>owner/name</c>, or <c>owner--name</c> where a slash cannot be written (no name has two
/// hyphens in a row); <c>@revision</c> behind it chooses a commit.
/// </summary>
sealed class AskedModels(AccessPolicy policy, RevisionResolver revisions)
{
    public async Task<AskedModel> GetAsync(string text, string? revision, Actor actor, CancellationToken stop)
    {
        var (name, wanted) = text.IndexOf('@') is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, revision);
        var (owner, rest) = name.Split('/') is [var first, var second] ? (first, second) : name.Split("--") is [var left, var right] ? (left, right) : ("", name);
        ReadableRepository repository;
        try
        {
            repository = await policy.GetAsync(RepositoryKind.Model, owner, rest, actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved moved)
        {
            repository = await policy.GetAsync(moved.Repository.Id, actor, AccessLevel.Read, stop);
        }
        return new(repository, (await revisions.GetAsync(repository, wanted is { Length: > 0 } ? wanted : "HEAD", stop)).CommitId, text);
    }
}
