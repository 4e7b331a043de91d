using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Makes the overview of a population from what its commit holds. Nothing here reads weights.</summary>
static class PopulationOverview
{
    const int MostBlueprintCharacters = 8_000;
    const int MostRevisions = 20;

    /// <summary>Plans by population: the same blueprint gives the same.</summary>
    static readonly ConditionalWeakTable<Population, BlueprintPlan> s_plans = [];

    public static PopulationPageModel Of(PopulationFrame head, Population population, AnalysisFigures figures, string? blueprint, DateTimeOffset committedAt)
    {
        var record = population.Record;
        var stages = Stages(head.Links, population);
        var states = stages.Sum(stage => stage.States);
        var unfinished = stages.Sum(stage => stage.Unfinished + stage.Missing);
        var address = $"{head.Frame.BaseUrl}{head.Links.Repository.Population(head.Commit).Value}";
        var first = population.Members.LastOrDefault(member => member.LastEpoch is not null);
        return new(head)
        {
            Description = record.Description, Licence = record.Licence, Origin = record.Origin == "made" ? "trained from its blueprint" : record.Origin,
            Citation = Cite(head, population, address, committedAt),
            Plate =
            [
                new("Members", Quantity.Exact(population.Members.Count + population.Planned.Count), Standing(stages)),
                new("States kept", Quantity.Count(states), stages.All(stage => stage.PlannedStates is not null) ? $"of {Quantity.Count(stages.Sum(stage => stage.PlannedStates ?? 0))} planned" : null),
                new("All files", Quantity.Bytes(population.SizeBytes), null, Quantity.Of(population.SizeBytes, "byte")),
                new("Families", Quantity.Exact(population.Members.Where(member => member.Card.ParentId is null).Count()), "members that come from nothing"),
                new("Blueprint", $"revision {record.Revision}", Varied(population)),
                new("Licence", record.Licence, Explanation: "license"),
            ],
            Figures = Headlines.Of(population.Members, figures), Missing = figures.Missing, Stages = stages, Effects = Effects(figures.Behaviour["effects"]),
            Datasets = [.. record.Datasets.Take(20).Select(set => Dataset(set.Key, set.Value))], Remarks = [.. population.Remarks.Take(10).Select(PopulationWords.Short)],
            Blueprint = blueprint is null ? null : blueprint.Length > MostBlueprintCharacters ? blueprint[..MostBlueprintCharacters] + "\n…" : blueprint,
            Revisions = record.Origin != "made" ? [] : [.. Enumerable.Range(0, Math.Min(record.Revision, MostRevisions)).Select(back => record.Revision - back).Select(number => new NamedLink($"revision {number}", head.Links.Repository.Blob(head.Links.Revision, PopulationLayout.Revision(number))))],
            Address = address, IsTraining = unfinished > 0,
            StateAddress = first is null ? null : $"{head.Frame.BaseUrl}{head.Links.Repository.Resolve(head.Commit, PopulationLayout.Checkpoint(first.Id, first.LastEpoch!.Value)).Value}",
        };
    }

    public static IReadOnlyList<StageLine> Stages(PopulationLinks links, Population population)
    {
        var plan = PlanOf(population);
        var names = population.Members.Select(member => member.Card.Stage).Concat(population.Planned.Select(member => member.Stage)).Distinct().ToList();
        if (plan is not null) names = [.. plan.Stages.Select(stage => stage.Name).Concat(names).Distinct()];
        return [.. names.Take(30).Select(name =>
        {
            var members = population.Members.Where(member => member.Card.Stage == name).ToList();
            var planned = plan?.Stages.FirstOrDefault(stage => stage.Name == name);
            var missing = population.Planned.Count(member => member.Stage == name);
            return new StageLine(name, PopulationLinks.Condition("stage", name) is { } where ? links.Where(where) : links.Tab("members"), planned?.Members ?? members.Count + missing,
                members.Count(member => member.IsDone), members.Count(member => member is { Ending: not null, IsDone: false }), members.Count(member => member.Ending is null), missing,
                members.Sum(member => (long)member.Checkpoints.Count), planned?.Checkpoints, planned?.CheckpointBytes);
        })];
    }

    /// <summary>What differences between states save, in a sentence.</summary>
    public static string Say(StorageSavings saved) =>
        $"{Quantity.Of(saved.Files, "large file is", "large files are")} stored as differences from others: {Quantity.Bytes(saved.StoredBytes)} instead of {Quantity.Bytes(saved.PlainBytes)}{(saved.Share is { } share ? $", {Amount.Percent(share)}" : "")}. Whoever downloads them gets every bit.";

    static BlueprintPlan? PlanOf(Population population)
    {
        if (population.Blueprint is not { } blueprint) return null;
        if (s_plans.TryGetValue(population, out var known)) return known;
        try
        {
            return s_plans.GetValue(population, _ => BlueprintPlan.Of(blueprint, population.Record.FindFacts));
        }
        catch (Exception problem) when (problem is RecipeException or OverflowException)
        {
            return null;
        }
    }

    static string Standing(IReadOnlyList<StageLine> stages)
    {
        var (done, failed, unfinished, missing) = (stages.Sum(stage => stage.Done), stages.Sum(stage => stage.Failed), stages.Sum(stage => stage.Unfinished), stages.Sum(stage => stage.Missing));
        return string.Join(", ", ((int Count, string Word)[])[(done, "done"), (failed, "failed"), (unfinished, "not ended"), (missing, "to come")] is var all && all.Any(part => part.Count > 0) ? all.Where(part => part.Count > 0).Select(part => $"{Quantity.Exact(part.Count)} {part.Word}") : ["none yet"]);
    }

    static string? Varied(Population population) => MemberTable.FactorNames(population.Members).Count is > 0 and var count ? $"{Quantity.Of(count, "factor")} vary" : null;

    static string Dataset(string name, JsonNode? described)
    {
        var splits = (described as JsonObject)?["splits"] as JsonObject;
        var parts = splits?.Take(8).Select(split => $"{PopulationWords.Short(split.Key)} {Number((split.Value as JsonObject)?["n"])}").ToList() ?? [];
        return PopulationWords.Short(name) + (parts.Count == 0 ? "" : ": " + string.Join(", ", parts));
    }

    static string Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var count) ? Quantity.Exact(count) : "?";

    static IReadOnlyList<EffectLine> Effects(FigureNode effects) =>
    [
        // A factor with a value for each member explains everything and says nothing.
        .. effects.Fields.Take(10).OrderByDescending(stage => stage.Value.Items.Count()).SelectMany(stage => stage.Value.Items.Where(effect => effect["by_chance"].Number is not >= 0.95).Take(12).Select(effect => new EffectLine(stage.Name, effect["factor"].Text ?? "", PopulationWords.Score(effect["explained"].Number), PopulationWords.Score(effect["by_chance"].Number),
            string.Join(", ", effect["levels"].Items.Take(6).Select(level => $"{PopulationWords.Short(level["value"].Text ?? "")} {PopulationWords.Score(level["mean"].Number)} ± {PopulationWords.Score(level["deviation"].Number)}")) + (effect["levels"].Items.Count() is > 6 and var many ? $" and {many - 6} more" : "")))),
    ];

    static string Cite(PopulationFrame head, Population population, string address, DateTimeOffset at)
    {
        var title = population.Record.Title ?? population.Record.Population;
        return $$"""
            @misc{{{Plain(head.Links.Repository.Name)}},
              title = { {{Plain(title)}} },
              author = { {{Plain(head.Links.Repository.Owner)}} },
              year = { {{at.UtcDateTime.Year}} },
              note = { {{Quantity.Of(population.Members.Count, "model")}}, blueprint revision {{population.Record.Revision}} },
              howpublished = { {{address}} }
            }
            """.Replace("{ ", "{", StringComparison.Ordinal).Replace(" }", "}", StringComparison.Ordinal);

        static string Plain(string text) => new([.. text.Where(c => c is not ('{' or '}' or '\\' or '"') && !char.IsControl(c)).Take(200)]);
    }
}
