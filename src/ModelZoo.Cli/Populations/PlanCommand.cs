using System.CommandLine;
using System.Globalization;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Training;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population plan` and `zoo population templates`: what a blueprint makes and costs, before anything trains.</summary>
static class PlanCommand
{
    public static Command Build()
    {
        var blueprint = BlueprintSource.Argument();
        var workers = new Option<int?>("--workers") { Description = "Members trained at once [default: the blueprint's, or one for each core]", HelpName = "N" };
        var quick = new Option<bool>("--no-calibration") { Description = "Estimate no time: nothing is measured" };
        var members = new Option<bool>("--members") { Description = "List every member" };
        return LocalCall.On(new Command("plan", "Say what a blueprint makes: members, checkpoints, bytes, time") { blueprint, workers, quick, members, HubCall.Json }, async call =>
        {
            var source = await BlueprintSource.ReadAsync(call.Get(blueprint), call.Stop);
            var plan = BlueprintPlan.Of(source.Blueprint);
            var cores = Workers(call.Get(workers), source.Blueprint);
            var seconds = call.Get(quick) ? null : Estimate(plan, cores, call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(Json(source.Blueprint, plan, cores, seconds, call.Get(members)));
            else Show(call.Screen, source.Blueprint, plan, cores, seconds, call.Get(members));
        });
    }

    public static Command BuildTemplates() => LocalCall.On(new Command("templates", "List the blueprints that come with the program") { HubCall.Json }, call =>
    {
        var rows = BlueprintTemplates.Names.Select(name => (name, plan: BlueprintPlan.Of(Blueprint.Parse(BlueprintTemplates.Find(name)!)))).ToList();
        if (call.Screen.IsJson) call.Screen.Json(rows.Select(row => new { row.name, members = row.plan.MemberCount, checkpoints = row.plan.Checkpoints, checkpointBytes = row.plan.CheckpointBytes, text = BlueprintTemplates.Find(row.name) }));
        else call.Screen.Table(["template", "members", "checkpoints", "size"], [.. rows.Select(row => new[] { row.name, $"{row.plan.MemberCount}", $"{row.plan.Checkpoints}", Size(row.plan.CheckpointBytes) })]);
        return Task.CompletedTask;
    });

    internal static int Workers(int? asked, Blueprint blueprint) => asked switch
    {
        null => blueprint.Budget.Parallel > 0 ? blueprint.Budget.Parallel : Environment.ProcessorCount,
        >= 1 and <= 4096 and var count => count,
        _ => throw new UsageException("--workers is a number from 1 on."),
    };

    /// <summary>Seconds of each stage on one core from what a few steps took, and null where nothing could be measured.</summary>
    static IReadOnlyList<double?> Estimate(BlueprintPlan plan, int cores, CancellationToken stop)
    {
        var rates = new Dictionary<string, double?>(StringComparer.Ordinal);
        return [.. plan.Stages.Select(stage =>
        {
            double? sum = 0;
            var members = plan.Members.Where(member => member.Stage == stage.Name).ToList();
            // One measurement for each kind of work; members of a stage may differ in shape.
            foreach (var group in members.GroupBy(member => $"{member.Architecture} {member.Head} {member.Effective.Word("objective.kind")} {member.Effective.Whole("train.batch")}"))
            {
                if (!rates.TryGetValue(group.Key, out var rate)) rates[group.Key] = rate = Calibration.Measure(group.First(), stop);
                sum += stage.TrainingFlop / stage.Members * group.Count() / rate;
            }
            return sum / Math.Min(cores, Math.Max(1, stage.Members));
        })];
    }

    static void Show(Screen screen, Blueprint blueprint, BlueprintPlan plan, int cores, IReadOnlyList<double?>? seconds, bool listMembers)
    {
        screen.Line($"{blueprint.Population}: {plan.MemberCount} members, {plan.Checkpoints} checkpoints, {Size(plan.CheckpointBytes)} of weights");
        screen.Table(["stage", "members", "checkpoints", "size", "time"], [.. plan.Stages.Select((stage, i) => new[] { stage.Name, $"{stage.Members}", $"{stage.Checkpoints}", Size(stage.CheckpointBytes), Time(seconds?[i]) })]);
        if (seconds is not null)
            screen.Line(seconds.Any(each => each is null) ? "Some of it cannot be timed here: a sample needs too much work, has several channels, or its data set is not known."
                : $"About {Time(seconds.Sum())} with {cores} {(cores == 1 ? "worker" : "workers")}, by a short measurement on this machine as busy as it is now; saving is not counted.");
        foreach (var remark in plan.Remarks) screen.Line(remark);
        if (!listMembers) return;
        foreach (var member in plan.Members) screen.Line($"{member.Id}\t{member.Label}\t{blueprint.Split.Of(member)}");
    }

    static object Json(Blueprint blueprint, BlueprintPlan plan, int cores, IReadOnlyList<double?>? seconds, bool listMembers) => new
    {
        population = blueprint.Population,
        members = plan.MemberCount,
        checkpoints = plan.Checkpoints,
        checkpointBytes = plan.CheckpointBytes,
        trainingFlop = plan.TrainingFlop,
        workers = cores,
        seconds = seconds is null || seconds.Any(each => each is null) ? null : seconds.Sum(),
        stages = plan.Stages.Select((stage, i) => new { stage.Name, stage.Members, stage.Checkpoints, stage.CheckpointBytes, stage.TrainingFlop, seconds = seconds?[i] }),
        remarks = plan.Remarks,
        list = listMembers ? plan.Members.Select(member => new { id = member.Id, stage = member.Stage, factors = member.Factors.ToDictionary(factor => factor.Name, factor => factor.Value), parent = member.Parent?.Member.Id, split = blueprint.Split.Of(member) }) : null,
    };

    internal static string Size(long? bytes) => bytes is { } known ? Screen.Size(known) : "unknown";

    internal static string Time(double? seconds) => seconds switch
    {
        null => "unknown",
        < 90 => $"{seconds.Value.ToString(seconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture)} s",
        < 5400 => $"{(seconds.Value / 60).ToString("0", CultureInfo.InvariantCulture)} min",
        < 172_800 => $"{(seconds.Value / 3600).ToString("0.0", CultureInfo.InvariantCulture)} h",
        _ => $"{(seconds.Value / 86_400).ToString("0.0", CultureInfo.InvariantCulture)} days",
    };
}
