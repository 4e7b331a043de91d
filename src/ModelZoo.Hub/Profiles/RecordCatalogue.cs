using System.Text.Json;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Profiles;

/// <summary>Where a record of a repository stands: <c>owner/name:id</c>, with <c>datasets/</c> or <c>spaces/</c> before it where it is one.</summary>
sealed record RecordAddress(RepositoryKind Kind, string Owner, string Name, string Id)
{
    public static RecordAddress? TryParse(string text)
    {
        if (text.Length > 300 || text.LastIndexOf(':') is var colon && colon <= 0) return null;
        var (repository, id) = (text[..colon], text[(colon + 1)..]);
        var kind = RepositoryKind.Model;
        foreach (var other in (RepositoryKind[])[RepositoryKind.Dataset, RepositoryKind.Space])
            if (other.AddressPrefix() is { Length: > 0 } prefix && repository.StartsWith(prefix, StringComparison.Ordinal)) (kind, repository) = (other, repository[prefix.Length..]);
        return repository.Split('/') is [{ Length: > 0 } owner, { Length: > 0 } name] && id.Length > 0 ? new(kind, owner, name, id) : null;
    }

    public static string Format(RepositoryKind kind, string owner, string name, string id) => $"{kind.AddressPrefix()}{owner}/{name}:{id}";
}

/// <summary>Finds records of repositories for whoever may read them. To others a hidden one is like a missing one.</summary>
sealed class RecordCatalogue(RecordStore records, AccessPolicy policy)
{
    /// <summary>Records of repositories that a list shows.</summary>
    public const int MostListed = 2_000;

    /// <summary>The record, under the name that its repository has now.</summary>
    public async Task<(string Id, OwnRecord Record)?> FindAsync(RecordKind kind, string id, Actor actor, CancellationToken stop)
    {
        if (RecordAddress.TryParse(id) is not { } address) return null;
        if (await policy.FindReadableAsync(address.Kind, address.Owner, address.Name, actor, stop) is not { Repository: var repository }) return null;
        return await records.FindAsync(repository.Id, kind, address.Id, stop) is { } row
            ? (RecordAddress.Format(repository.Kind, repository.Owner, repository.Name, row.Id), Read(row)) : null;
    }

    public async Task<IReadOnlyList<(string Id, OwnRecord Record)>> ListAsync(RecordKind kind, Actor actor, CancellationToken stop) =>
    [
        .. (await records.ListReadableAsync(kind, actor, MostListed, stop)).Select(row =>
        {
            _ = RepositoryKinds.TryParse(row.RepositoryKind, out var repositoryKind);
            return (RecordAddress.Format(repositoryKind, row.Owner, row.RepositoryName, row.Id), Read(row));
        }),
    ];

    static OwnRecord Read(RecordRow row) => new(row.Id, row.Name, JsonSerializer.Deserialize<Dictionary<string, string>>(row.FieldsJson)!);
}
