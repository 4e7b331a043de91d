using System.CommandLine;
using System.Globalization;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population show DIR`: its members with factors, scores and states.</summary>
static class ShowCommand
{
    public static readonly Option<string?> Where = new("--where") { Description = "Only members and states for which it holds: \"epoch >= 5 and optimizer = 'sgd'\"", HelpName = "CONDITION" };

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The population's folder" };
        var sort = new Option<string?>("--sort") { Description = "By a factor or score, the largest first: test_accuracy, val_loss, lr, …", HelpName = "NAME" };
        return LocalCall.On(new Command("show", "List the members of a population with factors, scores and status") { folder, Where, sort, HubCall.Json }, async call =>
        {
            var population = await OpenAsync(call.Get(folder), call.Stop);
            var filter = call.Get(Where) is { } condition ? MemberFilter.Parse(condition) : null;
            var isRunning = new FolderPlace(call.Get(folder)).IsLocked;
            var rows = population.Members.Select(member => (Member: member, Epoch: EpochOf(member, filter))).Where(row => row.Epoch is not null || filter is null).ToList();
            if (rows.Count == 0 && filter?.FindUnknown(population.Members) is { } unknown) throw new UsageException(unknown);
            if (call.Get(sort) is { } name) rows = [.. rows.OrderByDescending(row => MemberFilter.Find(row.Member, row.Epoch ?? 0, name) is { } value and not string and not bool ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : double.NegativeInfinity)];
            if (call.Screen.IsJson) call.Screen.Json(Json(population, rows, isRunning));
            else Show(call.Screen, population, rows, isRunning, PopulationPart.FindNote(call.Get(folder)));
        });
    }

    public static Task<Population> OpenAsync(string folder, CancellationToken stop) =>
        Directory.Exists(folder) ? Population.OpenAsync(FolderFiles.OfMany(folder, name => !name.StartsWith('.')), stop) : throw new UsageException($"There is no folder '{folder}'.");

    /// <summary>The last epoch for which the condition holds.</summary>
    static int? EpochOf(PopulationMember member, MemberFilter? filter) =>
        member.Records.Select(record => (int?)record.Epoch).LastOrDefault(epoch => filter is null || filter.Holds(member, epoch!.Value));

    static void Show(Screen screen, Population population, List<(PopulationMember Member, int? Epoch)> rows, bool isRunning, string? part)
    {
        var members = population.Members;
        var record = population.Record;
        screen.Line($"{record.Population}, revision {record.Revision}{(record.Licence is null ? "" : $", {record.Licence}")}: {members.Count} members, {members.Count(member => member.IsDone)} done, {members.Count(member => member.Ending is { } && !member.IsDone)} failed, {(part is null ? $"{population.Planned.Count} planned" : $"{population.Planned.Count} not here")}; {members.Sum(member => member.Checkpoints.Count)} checkpoints, {Screen.Size(population.SizeBytes)}{(isRunning ? "; training now" : "")}");
        if (part is not null) screen.Line($"This is {part}");
        foreach (var remark in population.Remarks) screen.Line(remark);
        var factors = MemberTable.FactorNames(rows.Select(row => row.Member));
        var splits = MemberTable.ScoreNames([.. rows.Select(row => row.Member)]);
        screen.Table(["member", .. factors, "parent", "split", "epoch", "status", "loss", "train", .. splits], [.. rows.Select(row => (string[])
        [
            row.Member.Id, .. factors.Select(name => row.Member.Card.Factor(name) ?? ""), row.Member.Card.ParentId is { } parent ? $"{parent}@{row.Member.Card.ParentEpoch?.ToString(CultureInfo.InvariantCulture) ?? "best"}" : "", row.Member.Card.Split,
            row.Epoch?.ToString(CultureInfo.InvariantCulture) ?? "", isRunning && row.Member.Ending is null ? "running" : row.Member.Status, Number(row.Epoch is { } at ? row.Member.Find(at)?.TrainLoss : null), Number(row.Epoch is { } on ? row.Member.Find(on)?.TrainAccuracy : null),
            .. splits.Select(split => Number(row.Epoch is { } epoch ? row.Member.Accuracy(epoch, split) : null)),
        ])]);
    }

    static string Number(double? value) => value is { } known ? known.ToString("0.000", CultureInfo.InvariantCulture) : "";

    static object Json(Population population, List<(PopulationMember Member, int? Epoch)> rows, bool isRunning) => new
    {
        population = population.Record.Population,
        revision = population.Record.Revision,
        licence = population.Record.Licence,
        running = isRunning,
        planned = population.Planned.Select(member => member.Id),
        remarks = population.Remarks,
        sizeBytes = population.SizeBytes,
        members = rows.Select(row => new
        {
            id = row.Member.Id, stage = row.Member.Card.Stage, status = row.Member.Status, factors = row.Member.Card.Factors.ToDictionary(factor => factor.Name, factor => factor.Value), parent = row.Member.Card.ParentId, parentEpoch = row.Member.Card.ParentEpoch,
            root = row.Member.Card.RootId, split = row.Member.Card.Split, epoch = row.Epoch, checkpoints = row.Member.Checkpoints,
            scores = row.Epoch is { } epoch ? row.Member.Find(epoch)?.Splits.ToDictionary(split => split.Split, split => new { split.Count, split.Correct, accuracy = Finite(split.Accuracy), loss = Finite(split.Loss) }) : null,
        }),
    };

    static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
