using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>/devices and /devices/{id}: what hardware can run.</summary>
static class DevicePagesEndpoints
{
    const int PageSize = 60;
    const int FitsPageSize = 40;

    static readonly IReadOnlyList<(string Label, double Most)> s_memory = [("under 1 GB", 1e9), ("1 to 8 GB", 8.6e9), ("8 to 16 GB", 17.2e9), ("16 to 32 GB", 34.4e9), ("32 to 96 GB", 103.1e9), ("more", double.PositiveInfinity)];

    static readonly IReadOnlyList<ListFilter<Device>> s_filters =
    [
        new("kind", "Kind", device => device.Kind.Replace('-', ' ')), new("vendor", "Vendor", device => device.Vendor is null or "-" ? null : device.Vendor),
        new("memory", "Memory", MemoryClass) { Order = [.. s_memory.Select(step => step.Label)] },
    ];

    static readonly IReadOnlyList<ListSort<Device>> s_sorts =
    [
        new("name", "Name", all => all.OrderBy(device => device.Name, StringComparer.OrdinalIgnoreCase)), new("memory", "Memory", all => all.OrderByDescending(device => device.CapacityBytes ?? -1)),
        new("bandwidth", "Bandwidth", all => all.OrderByDescending(device => device.Bandwidth ?? -1)), new("rate", "Rate", all => all.OrderByDescending(device => Rate16(device) ?? -1)),
        new("year", "Year", all => all.OrderByDescending(device => device.ReleaseYear ?? 0)),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicPage("/devices", ListAsync, "public figures of hardware, and what each viewer may see");
        app.MapPublicPage("/devices/{id}", ShowAsync, "public figures of hardware, and what each viewer may see");
    }

    static async Task<IResult> ListAsync(Actor actor, HttpContext http, PageFrames frames, Registry registry, CancellationToken stop)
    {
        var reference = await registry.GetAsync(actor, stop);
        var all = reference.Devices;
        var address = new ListAddress<Device>("/devices", http.Request.Query, s_filters, s_sorts, device => $"{device.Name} {device.Id} {device.Vendor}", PageSize);
        var (shown, total) = address.Take(all);
        return new PageResult<DevicesPage>(new DevicesPageModel(frames.For(http, "devices"), total, all.Count)
        {
            Query = address.Query, Items = [.. shown.Select(device => Line(device, Declared.Of(device.Id)))], Facets = address.Facets(all), Chosen = address.Chosen,
            Sorts = address.Sorts, Carried = address.Carried, FirstPage = address.FirstPage, NextPage = address.NextPage(total),
        });
    }

    static async Task<IResult> ShowAsync(Actor actor, RouteText id, HttpContext http, PageFrames frames, Registry registry, FittingRepositories models, CancellationToken stop)
    {
        var reference = await registry.GetAsync(actor, stop);
        if (reference.FindDevice(id.Value) is not { } device)
        {
            var near = reference.SuggestDevices(id.Value);
            throw Refusal.NotFound($"There is no device of this name.{(near.Count > 0 ? $" Near it: {string.Join(", ", near)}." : "")}");
        }
        var address = ScenarioAddress.Read(http.Request.Query, reference, device.Id);
        var scenario = address.Scenario;
        var words = http.Request.Query["q"].ToString().Trim() is { Length: <= 100 } text ? text : "";
        var (workloads, all) = Fitting(device, scenario, reference, words);
        var page = int.TryParse(http.Request.Query["page"], out var wanted) ? Math.Clamp(wanted, 1, 10_000) : 1;
        var form = address.Form;
        var (fitting, fittingCount) = await models.FindAsync(device, scenario, reference, words, actor, stop);
        return new PageResult<DeviceSpecPage>(new DeviceSpecPageModel(frames.For(http, "devices"), device.Id, device.Name)
        {
            Lead = Lead(device), Spec = [.. DeviceSpec.Lines(device)], Rates = DeviceSpec.Rates(device), HasSparsity = device.HasSparsity, Confidence = $"figures: {device.Confidence}",
            Source = device.Source, SourceLink = Href.TryElsewhere(device.Source, out var link) ? link : null, Note = device.Note, Elsewhere = DeviceSpec.Elsewhere(device.MlsysimFigures),
            Form = words.Length > 0 ? form with { Values = new Dictionary<string, string>(form.Values) { ["q"] = words } } : form,
            Precisions = [new("", "the widest that fits"), .. reference.Precisions.Select(precision => new Choice(precision.Id, precision.Name))],
            Scenario = $"batch {Amount.Plain(scenario.Batch)}, {Amount.Whole(scenario.Context)} tokens of context",
            Models = fitting, FittingModels = fittingCount, AllModels = Href.Local($"/models?fits={Uri.EscapeDataString(device.Id)}"),
            Workloads = [.. workloads.Skip((page - 1) * FitsPageSize).Take(FitsPageSize)], FittingWorkloads = workloads.Count, AllWorkloads = all,
            Problem = device.CapacityBytes is null && !device.IsMicrocontroller ? "Its memory is not known, so nothing can be said to fit." : null,
            FirstPage = page > 1 ? Page(1) : null, NextPage = page * FitsPageSize < workloads.Count ? Page(page + 1) : null,
        });

        Href Page(int number) => Href.Local($"/devices/{Uri.EscapeDataString(device.Id)}?{string.Join('&', (string[])[.. address.Query.Length > 0 ? [address.Query] : Array.Empty<string>(), .. words.Length > 0 ? [$"q={Uri.EscapeDataString(words)}"] : Array.Empty<string>(), $"page={number}"])}#fits");
    }

    static (List<FitLine> Fitting, int All) Fitting(Device device, Scenario scenario, Reference reference, string words)
    {
        var asked = words.Length == 0 ? reference.Workloads : [.. reference.Workloads.Where(workload => workload.Name.Contains(words, StringComparison.OrdinalIgnoreCase))];
        return ([.. asked.Select(workload => (workload, Profile: ReferenceProfiles.Of(workload))).OrderByDescending(pair => pair.Profile.Parameters?.Value ?? 0)
            .Select(pair => FitSearch.Find(pair.Profile, device, scenario, reference) is { } fit ? FitLines.Of(Href.Local($"/workloads/{Uri.EscapeDataString(pair.workload.Id)}?device={Uri.EscapeDataString(device.Id)}"), pair.workload.Name, pair.Profile, fit) : null)
            .OfType<FitLine>()], asked.Count);
    }

    static DeviceLine Line(Device device, Declared? declared) => new(EstimateViews.Link(device), device.Name, device.Vendor ?? "", device.Kind.Replace('-', ' '),
        device.CapacityBytes is { } memory ? Amount.Bytes(memory) : device.SramBytes is { } sram ? Amount.Bytes(sram) : "–", device.Bandwidth is { } bandwidth ? Amount.Bandwidth(bandwidth) : "–",
        Rate16(device) is { } rate ? Amount.Rate(rate) : "–", device.Watts is { } watts ? Amount.Watts(watts) : "–", device.ReleaseYear?.ToString(CultureInfo.InvariantCulture) ?? "–")
    {
        Repository = declared?.Repository, RepositoryLink = declared?.Link,
    };

    static double? Rate16(Device device) => device.PeakRates.TryGetValue(NumberFormat.Bf16, out var brain) ? brain : device.PeakRates.TryGetValue(NumberFormat.Fp16, out var half) ? half : null;

    static string? MemoryClass(Device device) => (device.CapacityBytes ?? device.SramBytes) is { } bytes ? s_memory.First(step => bytes < step.Most).Label : null;

    static string Lead(Device device) => string.Join(", ", ((string?[])
    [
        device.Vendor is null or "-" ? null : device.Vendor, device.Kind.Replace('-', ' '), device.CapacityBytes is { } memory ? $"{Amount.Bytes(memory)} of {device.MemoryType ?? "memory"}" : null,
        device.Bandwidth is { } bandwidth ? Amount.Bandwidth(bandwidth) : null, Rate16(device) is { } rate ? $"{Amount.Rate(rate)} in 16 bit" : null,
    ]).OfType<string>());
}
