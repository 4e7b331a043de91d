using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ModelZoo.Hub.Repositories.Access;

/// <summary>Endpoint metadata: which kind of repository an address without a kind in it names.</summary>
sealed record AddressedKind(RepositoryKind Kind);

/// <summary>Reads kind, owner and name from the matched route: `{kinds}` or <see cref="AddressedKind"/>, `{owner}`, `{name}`.</summary>
static class RepositoryAddress
{
    public static (RepositoryKind Kind, string Owner, string Name) Of(HttpContext http)
    {
        var values = http.GetRouteData().Values;
        if (!RepositoryKinds.TryParse(values["kinds"] as string, out var kind))
            kind = http.GetEndpoint()?.Metadata.GetMetadata<AddressedKind>()?.Kind
                ?? throw new InvalidOperationException($"{http.GetEndpoint()} takes a repository but does not say of which kind.");
        // An address with a single segment is a repository of nobody: it does not exist.
        var owner = values["owner"] as string ?? "";
        var name = values["name"] as string ?? "";
        return (kind, owner, name.EndsWith(".git", StringComparison.Ordinal) ? name[..^4] : name);
    }
}
