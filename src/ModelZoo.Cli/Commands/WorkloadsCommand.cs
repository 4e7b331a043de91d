using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Profiling;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo workloads [ID]`: the registry of reference workloads, with sources.</summary>
static class WorkloadsCommand
{
    public static Command Build()
    {
        var id = new Argument<string?>("ID") { Description = "One workload, or part of a name", Arity = ArgumentArity.ZeroOrOne };
        return LocalCall.On(new Command("workloads", "List reference workloads") { id, LocalCall.OwnWorkloads, HubCall.Json }, async call =>
        {
            var reference = await call.ReferenceAsync();
            var wanted = call.Parse.GetValue(id);
            var workloads = wanted is null ? reference.Workloads : reference.FindWorkload(wanted) is { } one ? [one]
                : [.. reference.Workloads.Where(w => w.Id.Contains(wanted, StringComparison.OrdinalIgnoreCase) || w.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase) || w.Task == wanted)];
            if (workloads.Count == 0) throw new UsageException($"No workload matches '{wanted}'.");
            if (call.Screen.IsJson)
            {
                call.Screen.Json(new JsonArray([.. workloads.Select(workload => (JsonNode)RegistryJson.Of(workload))]));
                return;
            }
            call.Screen.Table(["id", "name", "family", "parameters", "FLOP", "per", "standing"], [.. workloads.Select(w => (string[])
            [
                w.Id, w.Name, w.Family ?? "", w.Parameters is { } count ? $"{count:N0}" : "not known", w.Flop is { } flop ? $"{flop:0.###e+0}" : "not known", w.FlopUnit ?? "", w.Verification ?? "",
            ])]);
            if (workloads is [var only]) call.Screen.Say($"{only.Source}{(only.Note is null ? "" : $"\n{only.Note}")}");
        });
    }
}
