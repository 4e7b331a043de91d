using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Profiles;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Compare;

/// <summary>/compare?m=a&amp;m=b: which of these.</summary>
static class ComparisonPageEndpoints
{
    const int MostModels = 5;
    const int MostKeys = 60;

    public static void Map(IEndpointRouteBuilder app) => app.MapPublicPage("/compare", ShowAsync, "it compares what each viewer may see");

    static async Task<IResult> ShowAsync(Actor actor, HttpContext http, PageFrames frames, Registry registry, ComparedModels models, TensorComparison tensors, CancellationToken stop)
    {
        var asked = http.Request.Query["m"].Select(id => id?.Trim() ?? "").Where(id => id.Length is > 0 and <= 300).Distinct(StringComparer.Ordinal).ToList();
        var reference = await registry.GetAsync(actor, stop);
        var address = ScenarioAddress.Read(http.Request.Query, reference, ReadersDevice.Find(http));
        if (address is { HasDevice: true, Device: { } device }) ReadersDevice.Remember(http, device.Id);
        var problems = new List<string>();
        if (asked.Count > MostModels) problems.Add($"At most {MostModels} models stand side by side; the first {MostModels} are shown.");
        var found = new List<FoundModel>();
        foreach (var id in asked.Take(MostModels))
        {
            var (model, problem) = await models.FindAsync(id, reference, actor, stop);
            if (model is not null) found.Add(model);
            else problems.Add(problem!);
        }
        var (configuration, same) = ConfigurationRows(found);
        var repositories = found.Where(model => model.Proof is not null).Take(2).ToList();
        return new PageResult<ComparisonPage>(new ComparisonPageModel(frames.For(http, "models"))
        {
            Models = [.. found.Select(model => new ComparedModel(model.Id, model.Name, model.Link, Address(found.Where(other => other != model), address)))],
            Sections = found.Count == 0 ? [] : [.. Sections(found, address, reference), .. configuration.Count > 0 ? [new ComparedSection("Configuration", configuration)] : Array.Empty<ComparedSection>()],
            Problems = problems, Form = address.Form, Devices = EstimateForms.Groups(reference), Device = address.Device?.Id ?? "", SameKeys = same, MayAdd = found.Count < MostModels,
            Precisions = [new("", "as stored"), .. reference.Precisions.Select(precision => new Choice(precision.Id, precision.Name))],
            Tensors = repositories is [{ Proof: { } one, Commit: { } before }, { Proof: { } other, Commit: { } after }] ? await tensors.FindAsync(one, before, other, after, stop) : null,
        });
    }

    static Href Address(IEnumerable<FoundModel> models, ScenarioAddress address) =>
        Href.Local($"/compare?{string.Join('&', (string[])[.. models.Select(model => $"m={Uri.EscapeDataString(model.Id)}"), .. address.Query.Length > 0 ? [address.Query] : Array.Empty<string>()])}");

    static IEnumerable<ComparedSection> Sections(List<FoundModel> models, ScenarioAddress address, Reference reference)
    {
        var views = models.Select(model => ProfileViews.Of(model.Profile)).ToList();
        var estimates = models.Select(model => EstimateViews.Find(model.Profile, address, reference)).ToList();
        yield return new("What they are",
        [
            Row("Family", [.. views.Select(view => view.Family)]), Row("Architecture", [.. views.Select(view => view.ModelType ?? "not stated")]), .. Rows([.. views.Select(view => view.Figures)]),
            Row("Stored types", [.. views.Select(view => view.DTypes.Count == 0 ? "no headers" : string.Join(", ", view.DTypes.Take(3).Select(share => share.Name)))]),
        ]);
        yield return new("Dimensions", [.. Rows([.. views.Select(view => view.Shape)])]);
        yield return new($"On {address.Device?.Name}, batch {Amount.Plain(address.Scenario.Batch)}, {Amount.Whole(address.Scenario.Context)} tokens",
        [
            Row("Fit", [.. models.Select(model => Verdict(model.Profile, address, reference))]), .. Rows([.. estimates.Select(estimate => estimate?.Speed ?? [])]),
        ]);
    }

    static string Verdict(Profile profile, ScenarioAddress address, Reference reference)
    {
        if (profile.Parameters is null || address.Device is not { } device) return "not known";
        try
        {
            var estimate = Estimator.Estimate(profile, device, address.Scenario, reference);
            return $"{VerdictWords.Short(estimate.Verdict)}, {Amount.Bytes(estimate.Memory.Total)}";
        }
        catch (ProfileException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>Lines with one label become one row. A figure that one model has and another has not is a difference.</summary>
    static IEnumerable<ComparedRow> Rows(IReadOnlyList<IReadOnlyList<FactLine>> columns)
    {
        foreach (var label in columns.SelectMany(lines => lines.Select(line => line.Label)).Distinct(StringComparer.Ordinal))
        {
            var lines = columns.Select(column => column.FirstOrDefault(line => line.Label == label)).ToList();
            var exact = lines.Select(line => line is null ? "" : line.Exact ?? line.Value ?? "");
            yield return new(label, [.. lines.Select(line => line is null ? "–" : line.Value is null ? "not measured" : line.Origin is null ? line.Value : $"{line.Value} ({line.Origin})")], exact.Distinct(StringComparer.Ordinal).Count() > 1);
        }
    }

    static ComparedRow Row(string label, IReadOnlyList<string> cells) => new(label, cells, cells.Distinct(StringComparer.Ordinal).Count() > 1);

    static (IReadOnlyList<ComparedRow> Rows, int Same) ConfigurationRows(List<FoundModel> models)
    {
        if (models.Count < 2 || models.Count(model => model.Configuration.Count > 0) < 2) return ([], 0);
        var keys = models.SelectMany(model => model.Configuration.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var rows = keys.Select(key => Row(key, [.. models.Select(model => model.Configuration.GetValueOrDefault(key, "–"))])).ToList();
        return ([.. rows.Where(row => row.Differs).Take(MostKeys)], rows.Count(row => !row.Differs));
    }
}
