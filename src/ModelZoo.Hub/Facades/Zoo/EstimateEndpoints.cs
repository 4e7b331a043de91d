using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Whether a model fits a device, what bounds it and how fast it can be: the JSON of `zoo fit --json`.</summary>
static class EstimateEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost($"{ZooRoutes.Base}/estimate", EstimateAsync)
        .Describe<JsonObject>("estimate", "estimates", "Memory, time and what bounds a model on a device; one scenario or a list of scenarios").ProducesProblem(404).ProducesProblem(422);

    static async Task<IResult> EstimateAsync(Actor actor, HttpRequest request, ModelLookup models, DeviceCatalogue devices, CancellationToken stop)
    {
        var body = await EstimateBody.ReadAsync(request, stop);
        try
        {
            var model = await ModelAsync(body, models, actor, stop);
            var known = new Dictionary<string, Device>(StringComparer.Ordinal);
            var drafts = new Dictionary<string, Profile>(StringComparer.Ordinal);
            var answers = new List<JsonObject>();
            foreach (var (asked, number) in body.Scenarios.Select((asked, i) => (asked, i + 1)))
            {
                try
                {
                    var json = FitJson.Of(Report(model.Profile, await DeviceAsync(asked.Device, devices, known, actor, stop), asked, await ConcurrencyAsync(asked, models, drafts, actor, stop)));
                    if (model.CommitId is { } commit) json["commit"] = commit;
                    answers.Add(json);
                }
                catch (ProfileException mistake) when (body.IsSweep)
                {
                    throw Refusal.Invalid($"Scenario {number}: {mistake.Message}");
                }
            }
            return Results.Json(body.IsSweep ? new JsonObject { ["model"] = model.Profile.Name, ["commit"] = model.CommitId, ["estimates"] = new JsonArray([.. answers]) } : answers[0]);
        }
        catch (ProfileException mistake)
        {
            throw Refusal.Invalid(mistake.Message);
        }
    }

    static FitReport Report(Profile profile, Device device, AskedScenario asked, ConcurrencyPlan? concurrency)
    {
        var reference = Reference.BuiltIn;
        var training = asked.Training is { } plan ? EstimateBody.Fields(plan, ScenarioFields.TrainingNames, []) : null;
        var scenario = ScenarioFields.Read(asked.Find, reference);
        if (asked.TakesCompanions) scenario = scenario with { CompanionBytes = scenario.CompanionBytes + profile.Companions.Sum(companion => companion.Bytes) };
        return FitReport.Of(profile, device, scenario, reference, asked.Grid is { } grid ? ScenarioFields.FindGrid(grid, reference) : null,
            training is null ? null : ScenarioFields.ReadTraining(training.GetValueOrDefault), asked.Serving is { } serving ? EstimateBody.Serving(serving) : null, concurrency);
    }

    /// <summary>How many are served at a time; its draft is named as models are.</summary>
    static async Task<ConcurrencyPlan?> ConcurrencyAsync(AskedScenario asked, ModelLookup models, Dictionary<string, Profile> drafts, Actor actor, CancellationToken stop)
    {
        if (asked.Concurrency is not { } given) return null;
        var fields = EstimateBody.Fields(given, [.. ScenarioFields.ConcurrencyNames, "draft"], []);
        var plan = ScenarioFields.ReadConcurrency(fields.GetValueOrDefault);
        if (!fields.TryGetValue("draft", out var draft)) return plan;
        if (!drafts.TryGetValue(draft, out var profile)) drafts[draft] = profile = (await models.GetAsync(draft, null, actor, stop)).Profile;
        return plan with { Draft = profile };
    }

    static async Task<NamedModel> ModelAsync(EstimateBody body, ModelLookup models, Actor actor, CancellationToken stop)
    {
        if ((body.Model is null ? 0 : 1) + (body.Config is null ? 0 : 1) + (body.Workload is null ? 0 : 1) != 1)
            throw Refusal.Invalid("Give one of \"model\" (an id of /api/zoo/workloads, or owner/name), \"config\" (a config.json) and \"workload\" (a record).");
        if (body.Config is { } config) return new(Profiler.OfConfig(ModelConfig.From(config), "config.json"), null);
        if (body.Workload is { } record) return new(Profiler.OfReference(OwnRecord.From(RecordKind.Workload, Row(record)).ToWorkload(Row(record)["id"])), null);
        return await models.GetAsync(body.Model!, body.Revision, actor, stop);
    }

    static async Task<Device> DeviceAsync(JsonElement? asked, DeviceCatalogue devices, Dictionary<string, Device> known, Actor actor, CancellationToken stop)
    {
        if (asked is not { } device) throw Refusal.Invalid("\"device\" must be an id of /api/zoo/devices or a record with the same fields.");
        if (device.ValueKind != JsonValueKind.String)
        {
            var row = Row(device);
            return OwnRecord.From(RecordKind.Device, row).ToDevice(row["id"]);
        }
        var id = device.GetString()!;
        if (known.TryGetValue(id, out var same)) return same;
        return known[id] = await FindAsync(devices, id, actor, stop);
    }

    /// <exception cref="Refusal">There is no such device for this actor.</exception>
    public static async Task<Device> FindAsync(DeviceCatalogue devices, string id, Actor actor, CancellationToken stop)
    {
        if (await devices.FindAsync(id, actor, stop) is { } found) return found;
        var near = Reference.BuiltIn.SuggestDevices(id.Length > 100 ? id[..100] : id);
        throw Refusal.NotFound($"There is no device '{(id.Length > 100 ? id[..100] + "…" : id)}'{(near.Count > 0 ? $"; near it: {string.Join(", ", near)}" : "")}.");
    }

    /// <summary>A record in the body, read as the rows of tables are.</summary>
    public static IReadOnlyDictionary<string, string> Row(JsonElement record)
    {
        if (record.ValueKind != JsonValueKind.Object) throw Refusal.Invalid("A record must be a JSON object with the fields of the tables in data/.");
        var row = RecordTable.Parse(Encoding.UTF8.GetBytes(record.GetRawText()))[0];
        return row.ContainsKey("id") ? row : new Dictionary<string, string>(row, StringComparer.Ordinal) { ["id"] = "given" };
    }
}
