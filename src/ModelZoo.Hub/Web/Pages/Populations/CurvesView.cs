using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Pages.Catalogue;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Curves of a stage: a panel for each split, or for each value of a fact.</summary>
public sealed record CurvesView(string Sentence, IReadOnlyList<CurvePlot> Panels, IReadOnlyList<LinkChoice> Choices, int Left)
{
    const int MostPanels = 12;

    /// <summary>Points of thin lines on a page: each costs about six characters.</summary>
    const int MostPoints = 3_600;

    /// <summary>Epochs at which a panel is told; longer runs are thinned.</summary>
    const int MostEpochs = 60;

    /// <summary>Null where no member was measured.</summary>
    internal static CurvesView? Of(PopulationLinks links, IReadOnlyList<PopulationMember> all, IQueryCollection query)
    {
        var stages = all.Where(member => member.Records.Count > 0).GroupBy(member => member.Card.Stage).OrderByDescending(stage => stage.Count()).Take(12).ToList();
        if (stages.Count == 0) return null;
        var stage = stages.FirstOrDefault(each => each.Key == Asked("stage")) ?? stages[0];
        var members = stage.ToList();
        var isLoss = Asked("value") == "loss";
        var splits = (IReadOnlyList<string>)[.. members.Any(member => member.Records.Any(record => (isLoss ? record.TrainLoss : record.TrainAccuracy) is not null)) ? (string[])["train"] : [], .. MemberTable.SplitNames(members).Where(split => split.Length > 0).Take(6)];
        if (splits.Count == 0) return null;
        var facts = PivotView.FactsOf(members);
        var by = facts.FirstOrDefault(fact => fact == Asked("by"));
        var split = splits.FirstOrDefault(each => each == Asked("split")) ?? PopulationWords.Split(members) ?? splits[0];
        var (groups, left) = by is null ? ([.. splits.Select(each => (Title: each, Members: members, Split: each))], 0) : Groups(members, by, split);
        var last = members.Max(PopulationWords.LastEpoch);
        var panels = groups.Select((group, i) => Panel(group.Title, group.Split, group.Members, isLoss, last, Math.Max(1, MostPoints / groups.Count)) with { Group = by is null ? i : 0 }).Where(panel => panel.Bands.Count > 0).ToList();
        var (low, high) = isLoss ? (0, LossTop(panels)) : (0, 1);
        panels = [.. panels.Select(panel => panel with { Low = low, High = high, LastEpoch = last })];
        var drawn = panels.Sum(panel => panel.Lines.Count);
        var sentence = $"{Quantity.Of(members.Count, "member")} of {PopulationWords.Short(stage.Key)} over {Quantity.Of(last, "epoch")}. The strong line is the median, the band the middle half of the members that were measured at that epoch{(drawn < groups.Sum(group => group.Members.Count) ? "; of the thin lines, one for each member, some are drawn, taken evenly" : "; each thin line is a member")}.";
        return new(sentence, panels,
        [
            new("Stage", [.. stages.Select(each => Choose(each.Key, each.Key == stage.Key, ("stage", each.Key)))]),
            new("Value", [Choose("accuracy", !isLoss, ("value", null)), Choose("loss", isLoss, ("value", "loss"))]),
            new("By", [Choose("nothing", by is null, ("by", null)), .. facts.Take(12).Select(fact => Choose(fact, fact == by, ("by", fact)))]),
            .. by is null ? (LinkChoice[])[] : [new("Split", [.. splits.Select(each => Choose(each.Replace('_', ' '), each == split, ("split", each)))])],
        ], left);

        string? Asked(string name) => query[name].ToString() is { Length: > 0 and <= 300 } text ? text : null;

        SortLink Choose(string label, bool chosen, (string Name, string? Value) field) =>
            new(PopulationWords.Short(label), chosen, links.Page("curves", [.. ((string[])["stage", "value", "by", "split"]).Where(name => name != field.Name).Select(name => (name, Asked(name))), field]));
    }

    static (IReadOnlyList<(string Title, List<PopulationMember> Members, string Split)> Groups, int Left) Groups(List<PopulationMember> members, string by, string split)
    {
        var levels = PopulationWords.Levels(members.Select(member => MemberListView.Find(member, by)).Where(value => value is not null));
        return ([.. levels.Take(MostPanels).Select(level => ($"{by} {level}", members.Where(member => PopulationWords.Value(MemberListView.Find(member, by)) == level).ToList(), split))], Math.Max(0, levels.Count - MostPanels));
    }

    static CurvePlot Panel(string title, string split, IReadOnlyList<PopulationMember> members, bool isLoss, int last, int mostPoints)
    {
        var lines = members.Select(member => (IReadOnlyList<CurvePoint>)[.. member.Records.Select(record => (record.Epoch, Value: ValueOf(record, split, isLoss))).Where(pair => pair.Value is not null).Select(pair => new CurvePoint(pair.Epoch, pair.Value!.Value))]).Where(line => line.Count > 0).ToList();
        var epochs = PopulationWords.Evenly([.. lines.SelectMany(line => line).Select(point => point.Epoch).Distinct().Order()], MostEpochs).ToHashSet();
        var bands = lines.SelectMany(line => line).Where(point => epochs.Contains(point.Epoch)).GroupBy(point => point.Epoch).OrderBy(group => group.Key).Select(group =>
        {
            var sorted = group.Select(point => point.Value).Order().ToArray();
            return new CurveBand(group.Key, PopulationWords.At(sorted, 0.25), PopulationWords.At(sorted, 0.5), PopulationWords.At(sorted, 0.75), sorted.Length);
        }).ToList();
        var thin = PopulationWords.Evenly([.. lines.Select(line => (IReadOnlyList<CurvePoint>)[.. line.Where(point => epochs.Contains(point.Epoch))])], Math.Max(8, mostPoints / Math.Max(1, epochs.Count)));
        var measure = $"{split.Replace('_', ' ')} {(isLoss ? "loss" : "accuracy")}";
        var finding = bands.Count == 0 ? "Nothing was measured." : string.Create(CultureInfo.InvariantCulture, $"{PopulationWords.Short(title)}: median {measure} {PopulationWords.Score(bands[0].Median)} at epoch {bands[0].Epoch}, {PopulationWords.Score(bands[^1].Median)} at epoch {bands[^1].Epoch}; half of {Quantity.Of(bands[^1].Count, "member")} lie between {PopulationWords.Score(bands[^1].Low)} and {PopulationWords.Score(bands[^1].High)} there.");
        return new(finding, PopulationWords.Short(title).Replace('_', ' '), measure, last, 0, 1, thin, bands);
    }

    /// <summary>Losses that explode would flatten everybody else: the axis ends above where nearly all are.</summary>
    static double LossTop(IReadOnlyList<CurvePlot> panels)
    {
        var sorted = panels.SelectMany(panel => panel.Lines).SelectMany(line => line).Select(point => point.Value).Order().ToArray();
        return sorted.Length == 0 ? 1 : Math.Max(1e-6, PopulationWords.At(sorted, 0.99) * 1.05);
    }

    internal static double? ValueOf(EpochRecord record, string split, bool isLoss)
    {
        var value = split == "train" && record.Find("train") is null ? isLoss ? record.TrainLoss : record.TrainAccuracy
            : record.Find(split) is { } score ? isLoss ? score.Loss : score.Accuracy
            : record.Others?.TryGetValue($"{split}_{(isLoss ? "loss" : "acc")}", out var other) == true ? other : null;
        return value is { } number && double.IsFinite(number) && Math.Abs(number) < 1e12 ? number : null;
    }
}
