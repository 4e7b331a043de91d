using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace ModelZoo.Profiling;

/// <summary>
/// The registry: devices, reference workloads, number formats, efficiencies and grids of data/, with what a user adds. Rows of a user come
/// first and replace those of the same id.
/// </summary>
public sealed class Reference
{
    static readonly Lazy<Reference> s_builtIn = new(() =>
    {
        using var configurations = JsonDocument.Parse(Resource("data/workloads/configurations.json"));
        var byId = configurations.RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.Clone(), StringComparer.Ordinal);
        return new(
            [.. Rows("data/devices/devices.csv").Select(Device.From)],
            [.. Rows("data/workloads/workloads.csv").Select(row => ReferenceWorkload.From(row, byId.TryGetValue(row["id"], out var found) ? found : null))],
            [.. Rows("data/devices/precisions.csv").Select(Precision.From)],
            [.. Rows("data/devices/efficiencies.csv").Select(Efficiency.From)],
            [.. Rows("data/devices/grids.csv").Select(Grid.From)]);
    });

    readonly FrozenDictionary<string, Device> _devices;
    readonly FrozenDictionary<string, ReferenceWorkload> _workloads;
    readonly FrozenDictionary<string, Precision> _precisions;
    readonly FrozenDictionary<string, Grid> _grids;

    Reference(IReadOnlyList<Device> devices, IReadOnlyList<ReferenceWorkload> workloads, IReadOnlyList<Precision> precisions, IReadOnlyList<Efficiency> efficiencies, IReadOnlyList<Grid> grids)
    {
        (Devices, Workloads, Precisions, Efficiencies, Grids) = (devices, workloads, precisions, efficiencies, grids);
        _devices = First(devices, device => device.Id);
        _workloads = First(workloads, workload => workload.Id);
        _precisions = First(precisions, precision => precision.Id);
        _grids = First(grids, grid => grid.Id);
    }

    public static Reference BuiltIn => s_builtIn.Value;

    public IReadOnlyList<Device> Devices { get; }
    public IReadOnlyList<ReferenceWorkload> Workloads { get; }
    public IReadOnlyList<Precision> Precisions { get; }
    public IReadOnlyList<Efficiency> Efficiencies { get; }
    public IReadOnlyList<Grid> Grids { get; }

    public Device? FindDevice(string id) => _devices.GetValueOrDefault(id);

    public ReferenceWorkload? FindWorkload(string id) => _workloads.GetValueOrDefault(id);

    public Precision? FindPrecision(string id) => _precisions.GetValueOrDefault(id);

    public Grid? FindGrid(string id) => _grids.GetValueOrDefault(id);

    /// <summary>Ids of devices that look like what was meant.</summary>
    public IReadOnlyList<string> SuggestDevices(string id) => Suggest(id, Devices.Select(device => device.Id));

    public IReadOnlyList<string> SuggestWorkloads(string id) => Suggest(id, Workloads.Select(workload => workload.Id));

    /// <summary>This registry and a user's own devices: CSV or JSON with the same fields.</summary>
    public Reference WithDevices(ReadOnlySpan<byte> table)
    {
        var own = RecordTable.Parse(table).Select(Device.From).ToList();
        return new([.. own, .. Devices.ExceptBy(own.Select(d => d.Id), d => d.Id)], Workloads, Precisions, Efficiencies, Grids);
    }

    public Reference WithWorkloads(ReadOnlySpan<byte> table)
    {
        var own = RecordTable.Parse(table).Select(row => ReferenceWorkload.From(row)).ToList();
        return new(Devices, [.. own, .. Workloads.ExceptBy(own.Select(w => w.Id), w => w.Id)], Precisions, Efficiencies, Grids);
    }

    /// <summary>This registry with further rows behind its own; rows whose id is taken are left out.</summary>
    public Reference And(IReadOnlyList<Device> devices, IReadOnlyList<ReferenceWorkload> workloads) => devices.Count + workloads.Count == 0 ? this
        : new([.. Devices, .. devices.ExceptBy(Devices.Select(d => d.Id), d => d.Id)], [.. Workloads, .. workloads.ExceptBy(Workloads.Select(w => w.Id), w => w.Id)], Precisions, Efficiencies, Grids);

    /// <summary>The default share of the peaks; the last rows of the table match everything.</summary>
    public Efficiency GetEfficiency(Phase phase, Device device, double weightBits)
    {
        foreach (var row in Efficiencies)
            if (row.Fits(phase, device, weightBits)) return row;
        throw new ProfileException($"No efficiency is given for {phase}.");
    }

    static List<string> Suggest(string id, IEnumerable<string> all)
    {
        var parts = id.Split('-', ' ', '/', '_').Where(part => part.Length > 1).ToList();
        return [.. all.Select(candidate => (candidate, Hits: parts.Count(part => candidate.Contains(part, StringComparison.OrdinalIgnoreCase))))
            .Where(pair => pair.Hits > 0).OrderByDescending(pair => pair.Hits).Take(5).Select(pair => pair.candidate)];
    }

    static FrozenDictionary<string, T> First<T>(IReadOnlyList<T> items, Func<T, string> id) =>
        items.DistinctBy(id, StringComparer.OrdinalIgnoreCase).ToFrozenDictionary(id, StringComparer.OrdinalIgnoreCase);

    static IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string name) => RecordTable.Parse(Resource(name));

    static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new InvalidOperationException($"'{name}' is not built in.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
