using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Profiles;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>A repository that declares a device or a workload.</summary>
sealed record Declared(string Repository, Href Link)
{
    /// <summary>Null for the rows of the registry itself, whose ids have no colon.</summary>
    public static Declared? Of(string id) => id.LastIndexOf(':') is > 0 and var colon && id[..colon] is var repository
        ? new(repository, Href.Local("/" + string.Join('/', repository.Split('/').Select(Uri.EscapeDataString)))) : null;
}

/// <summary>The registry as one viewer sees it: the built-in rows, and those that repositories he may read declare.</summary>
sealed class Registry(RecordCatalogue own)
{
    public async Task<Reference> GetAsync(Actor actor, CancellationToken stop)
    {
        var devices = await own.ListAsync(RecordKind.Device, actor, stop);
        var workloads = await own.ListAsync(RecordKind.Workload, actor, stop);
        return Reference.BuiltIn.And([.. devices.Select(found => found.Record.ToDevice(found.Id))], [.. workloads.Select(found => found.Record.ToWorkload(found.Id))]);
    }
}
