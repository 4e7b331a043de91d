using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Workloads;

/// <summary>/workloads and /workloads/{id}: published models to measure with.</summary>
static class WorkloadPagesEndpoints
{
    const int PageSize = 60;

    static readonly IReadOnlyList<ListFilter<ReferenceWorkload>> s_filters =
        [new("family", "Family", workload => workload.Family), new("task", "Task", workload => workload.Task), new("architecture", "Architecture", workload => workload.Architecture)];

    static readonly IReadOnlyList<ListSort<ReferenceWorkload>> s_sorts =
    [
        new("name", "Name", all => all.OrderBy(workload => workload.Name, StringComparer.OrdinalIgnoreCase)), new("parameters", "Parameters", all => all.OrderByDescending(workload => workload.Parameters ?? -1)),
        new("published", "Published", all => all.OrderByDescending(workload => workload.ReleaseDate ?? "", StringComparer.Ordinal)),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicPage("/workloads", ListAsync, "published figures of models, and what each viewer may see");
        app.MapPublicPage("/workloads/{id}", ShowAsync, "published figures of models, and what each viewer may see");
    }

    static async Task<IResult> ListAsync(Actor actor, HttpContext http, PageFrames frames, Registry registry, CancellationToken stop)
    {
        var reference = await registry.GetAsync(actor, stop);
        var all = reference.Workloads;
        var address = new ListAddress<ReferenceWorkload>("/workloads", http.Request.Query, s_filters, s_sorts, workload => $"{workload.Name} {workload.Id} {workload.ModelType}", PageSize);
        var (shown, total) = address.Take(all);
        return new PageResult<WorkloadsPage>(new WorkloadsPageModel(frames.For(http, "devices"), total, all.Count)
        {
            Query = address.Query, Items = [.. shown.Select(workload => Line(workload, Declared.Of(workload.Id)))], Facets = address.Facets(all), Chosen = address.Chosen,
            Sorts = address.Sorts, Carried = address.Carried, FirstPage = address.FirstPage, NextPage = address.NextPage(total),
        });
    }

    static async Task<IResult> ShowAsync(Actor actor, RouteText id, HttpContext http, PageFrames frames, Registry registry, CancellationToken stop)
    {
        var reference = await registry.GetAsync(actor, stop);
        if (reference.FindWorkload(id.Value) is not { } workload)
        {
            var near = reference.SuggestWorkloads(id.Value);
            throw Refusal.NotFound($"There is no reference workload of this name.{(near.Count > 0 ? $" Near it: {string.Join(", ", near)}." : "")}");
        }
        var profile = ReferenceProfiles.Of(workload);
        var address = ScenarioAddress.Read(http.Request.Query, reference, ReadersDevice.Find(http), profile);
        if (address is { HasDevice: true, Device: { } device }) ReadersDevice.Remember(http, device.Id);
        return new PageResult<WorkloadPage>(new WorkloadPageModel(frames.For(http, "devices"), workload.Id, workload.Name, ProfileViews.Of(profile),
            EstimateForms.Of(Href.Local($"/workloads/{Uri.EscapeDataString(workload.Id)}"), address, reference, profile))
        {
            Lead = string.Join(", ", ((string?[])[workload.Family, workload.Task, workload.Architecture, workload.ReleaseDate]).OfType<string>()),
            Published = [.. Published(workload, profile)], Source = workload.Source, SourceLink = Href.TryElsewhere(workload.Source, out var link) ? link : null,
            Verification = workload.Verification is { } word ? $"verification: {word}" : null, Note = workload.Note, Compare = Href.Local($"/compare?m={Uri.EscapeDataString(workload.Id)}"),
            Estimate = EstimateViews.Find(profile, address, reference),
        });
    }

    static WorkloadLine Line(ReferenceWorkload workload, Declared? declared) => new(Href.Local($"/workloads/{Uri.EscapeDataString(workload.Id)}"), workload.Name, workload.Family ?? "", workload.Task ?? "",
        workload.Parameters is { } count ? Amount.Parameters(count) : "–", workload.ActiveParameters is { } active && active != workload.Parameters ? Amount.Parameters(active) : "",
        workload.Flop is { } flop ? Amount.Flop(flop) : "–", workload.ReleaseDate is { Length: >= 7 } date ? date[..7] : workload.ReleaseDate ?? "–")
    {
        Repository = declared?.Repository, RepositoryLink = declared?.Link,
    };

    static IEnumerable<PublishedLine> Published(ReferenceWorkload workload, Profile profile)
    {
        yield return Compare("Parameters", workload.Parameters, workload.Configuration is null ? null : profile.Parameters?.Value, value => Amount.Whole(value));
        if (workload.ActiveParameters is not null) yield return Compare("Active parameters", workload.ActiveParameters, workload.Configuration is null ? null : profile.ActiveParameters?.Value, value => Amount.Whole(value));
        if (workload.Flop is not null) yield return Compare($"Work {workload.FlopUnit}", workload.Flop, workload.Configuration is null ? null : profile.FlopPerUnit?.Value, Amount.Flop);
        if (workload.TrainingTokens is { } tokens) yield return new("Training tokens", Amount.Parameters(tokens), "", "");
        if (workload.TrainingFlop is { } training) yield return new("Training work", Amount.Flop(training), "", "");
    }

    static PublishedLine Compare(string name, double? published, double? computed, Func<double, string> say) => new(name, published is { } there ? say(there) : "not published", computed is { } here ? say(here) : "not computed",
        published is > 0 and { } a && computed is { } b ? a == b ? "none" : $"{((b - a) / a * 100).ToString("+0.##;−0.##", CultureInfo.InvariantCulture)} %" : "");
}
