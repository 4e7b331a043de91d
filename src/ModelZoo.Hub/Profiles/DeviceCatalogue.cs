using ModelZoo.Hub.Accounts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Profiles;

/// <summary>The devices of the registry and those that repositories add, as one actor may see them.</summary>
sealed class DeviceCatalogue(RecordCatalogue own)
{
    /// <summary>An id of the registry, or <c>owner/name:id</c> of a repository that the actor may read; null when there is none.</summary>
    public async Task<Device?> FindAsync(string id, Actor actor, CancellationToken stop) =>
        Reference.BuiltIn.FindDevice(id) ?? (await own.FindAsync(RecordKind.Device, id, actor, stop) is var (address, record) ? record.ToDevice(address) : null);

    /// <summary>Those of the registry first.</summary>
    public async Task<IReadOnlyList<Device>> ListAsync(Actor actor, CancellationToken stop) =>
        [.. Reference.BuiltIn.Devices, .. (await own.ListAsync(RecordKind.Device, actor, stop)).Select(found => found.Record.ToDevice(found.Id))];
}

/// <summary>The reference workloads of the registry and those that repositories add, as one actor may see them.</summary>
sealed class WorkloadCatalogue(RecordCatalogue own)
{
    public async Task<ReferenceWorkload?> FindAsync(string id, Actor actor, CancellationToken stop) =>
        Reference.BuiltIn.FindWorkload(id) ?? (await own.FindAsync(RecordKind.Workload, id, actor, stop) is var (address, record) ? record.ToWorkload(address) : null);

    public async Task<IReadOnlyList<ReferenceWorkload>> ListAsync(Actor actor, CancellationToken stop) =>
        [.. Reference.BuiltIn.Workloads, .. (await own.ListAsync(RecordKind.Workload, actor, stop)).Select(found => found.Record.ToWorkload(found.Id))];
}
