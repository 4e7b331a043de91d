using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.Populations;

/// <summary>Barriers between members, and what averaging the last epochs of each gains (sections 7.3 and 10.4 of the reference).</summary>
static class AveragingAnalysis
{
    const int PairsEach = 24;
    const int Steps = 10;
    const int Window = 5;
    const string SameHead = "siblings, same first head";

    public static async Task<AnalysisPart> RunAsync(AnalysisInput input, CancellationToken stop)
    {
        var measured = input.Members.Where(member => member is { IsDone: true, Card: { Architecture: { } model, Head: { } head } } && input.Data(member) is { } data && data.Train.Fits(model) && data.Find("val") is not null && data.Train.Classes == head.Out && member.Records.Any(record => record.Splits.Count > 0)).ToList();
        var files = new List<PopulationFile>();
        var summary = new JsonObject { ["barriers"] = await BarriersAsync(input, measured, files, stop), ["epochs"] = await EpochsAsync(input, measured, files, stop) };
        if (measured.Count == 0) summary["remark"] = "No member has a validation split whose data is at hand, so nothing was measured.";
        return new("averaging", summary, files);
    }

    /// <summary>Pairs of three kinds, drawn by a hash of their names: siblings that began from the same head, siblings that did not, members of different families.</summary>
    static async Task<JsonObject> BarriersAsync(AnalysisInput input, List<PopulationMember> members, List<PopulationFile> files, CancellationToken stop)
    {
        var kinds = new Dictionary<string, List<(PopulationMember A, PopulationMember B)>>(StringComparer.Ordinal) { [SameHead] = [], ["siblings, other first heads"] = [], ["other families"] = [] };
        foreach (var group in members.Where(member => member.Card.ParentId is not null).GroupBy(member => (member.Card.Head, $"{member.Card.Architecture}", member.Card.DatasetId)))
        {
            var list = AnalysisInput.Evenly(group.ToList(), 120);
            for (var i = 0; i < list.Count; i++)
                for (var j = i + 1; j < list.Count; j++)
                    kinds[AnalysisInput.FamilyOf(list[i]) != AnalysisInput.FamilyOf(list[j]) ? "other families" : list[i].Card.HeadSeed == list[j].Card.HeadSeed ? SameHead : "siblings, other first heads"].Add((list[i], list[j]));
        }
        var rows = new List<IReadOnlyList<string>> { (List<string>)["kind", "a", "b", "same_head_seed", "loss_barrier", "accuracy_barrier", "midpoint_accuracy", "connected"] };
        var summary = new JsonObject { ["split"] = "val", ["connected_up_to"] = LinearPath.ConnectedBelow };
        foreach (var (kind, pairs) in kinds)
        {
            var found = new List<LinearPath>();
            foreach (var (a, b) in pairs.OrderBy(pair => Randomness.Fnv1a64.Hash($"{pair.A.Id}|{pair.B.Id}")).Take(PairsEach))
            {
                var path = await MeasureAsync(input, a, b, stop);
                found.Add(path);
                rows.Add([kind, a.Id, b.Id, a.Card.HeadSeed == b.Card.HeadSeed ? "1" : "0", CsvText.Number(path.LossBarrier), CsvText.Number(path.AccuracyBarrier), CsvText.Number(path.Points[Steps / 2].Accuracy), path.IsConnected ? "1" : "0"]);
            }
            if (found.Count > 0) summary[kind] = new JsonObject { ["pairs"] = found.Count, ["accuracy_barrier"] = found.Average(path => path.AccuracyBarrier), ["loss_barrier"] = AnalysisPart.Number(found.Average(path => path.LossBarrier)), ["midpoint_accuracy"] = found.Average(path => path.Points[Steps / 2].Accuracy), ["connected"] = found.Count(path => path.IsConnected) };
        }
        files.Add(AnalysisPart.Table("barriers", rows));
        return summary;
    }

    static async Task<LinearPath> MeasureAsync(AnalysisInput input, PopulationMember a, PopulationMember b, CancellationToken stop)
    {
        var (first, second) = (await input.Population.ReadParametersAsync(a, a.LastEpoch!.Value, stop), await input.Population.ReadParametersAsync(b, b.LastEpoch!.Value, stop));
        var set = input.Data(a)!.Find("val")!;
        var points = new PathPoint[Steps + 1];
        Parallel.For(0, points.Length, new() { CancellationToken = stop, TaskScheduler = TaskScheduler.Current }, i =>
        {
            var (alpha, between) = ((double)i / Steps, new float[first.Length]);
            for (var p = 0; p < between.Length; p++) between[p] = (float)((1 - alpha) * first[p] + alpha * second[p]);
            var result = Evaluator.Run(a.Card.Architecture!, a.Card.Head!, between, set, stop);
            points[i] = new(alpha, result.Loss, result.Accuracy);
        });
        return new(points);
    }

    /// <summary>The mean of the last epochs of each member against the last epoch, and whether the validation loss would have told.</summary>
    static async Task<JsonArray> EpochsAsync(AnalysisInput input, List<PopulationMember> members, List<PopulationFile> files, CancellationToken stop)
    {
        var rows = new List<IReadOnlyList<string>> { (List<string>)["member_id", "setting", "split", "epochs", "last_accuracy", "mean_accuracy", "soup_accuracy", "last_nll", "soup_nll", "kept_by_val", "train_loss_fall"] };
        var gains = new List<(string Setting, double VsLast, double VsMean, double Loss, bool Kept, double? Fall)>();
        foreach (var member in members.Where(member => member.Card.ParentId is not null || members.TrueForAll(other => other.Card.ParentId is null)))
        {
            var epochs = member.Checkpoints.Where(epoch => epoch > 0).TakeLast(Window).ToList();
            if (epochs.Count < Window || input.Data(member) is not { } data || (data.Find("test") ?? data.Find("val")) is not { } told) continue;
            var (soup, last) = await AverageAsync(input, member, epochs, stop);
            var (model, head) = (member.Card.Architecture!, member.Card.Head!);
            if (soup.Any(value => !float.IsFinite(value))) continue;
            var (own, end) = (Evaluator.Run(model, head, soup, told, stop), Evaluator.Run(model, head, last, told, stop));
            var kept = Evaluator.Run(model, head, soup, data.Find("val")!, stop).Loss < Evaluator.Run(model, head, last, data.Find("val")!, stop).Loss;
            var mean = epochs.Select(epoch => member.Accuracy(epoch, told.Name)).OfType<double>().ToList() is { Count: > 0 } each ? each.Average() : double.NaN;
            double? fall = member.Find(epochs[0])?.TrainLoss is { } before and > 0 && member.Find(epochs[^1])?.TrainLoss is { } after ? 1 - after / before : null;
            gains.Add((Cells.Of(member), own.Accuracy - end.Accuracy, own.Accuracy - mean, own.Loss - end.Loss, kept, fall));
            rows.Add([member.Id, Cells.Of(member), told.Name, $"{epochs[0]}-{epochs[^1]}", CsvText.Number(end.Accuracy), CsvText.Number(mean), CsvText.Number(own.Accuracy), CsvText.Number(end.Loss), CsvText.Number(own.Loss), kept ? "1" : "0", CsvText.Number(fall)]);
        }
        files.Add(AnalysisPart.Table("epoch-soups", rows));
        return [.. Groups().Where(group => group.Of.Count > 0).Select(group => (JsonNode)new JsonObject
        {
            ["members_of"] = group.Name, ["members"] = group.Of.Count, ["accuracy_vs_last"] = group.Of.Average(gain => gain.VsLast), ["accuracy_vs_mean"] = AnalysisPart.Number(group.Of.Average(gain => gain.VsMean)), ["nll_vs_last"] = AnalysisPart.Number(group.Of.Average(gain => gain.Loss)),
        })];

        IEnumerable<(string Name, List<(string Setting, double VsLast, double VsMean, double Loss, bool Kept, double? Fall)> Of)> Groups()
        {
            foreach (var cell in gains.GroupBy(gain => gain.Setting).OrderBy(cell => cell.Key, StringComparer.Ordinal)) yield return (cell.Key, [.. cell]);
            yield return ("soups whose validation loss is below that of the last epoch", [.. gains.Where(gain => gain.Kept)]);
            yield return ("the others", [.. gains.Where(gain => !gain.Kept)]);
            yield return ("training loss fell by less than 20 % in the window", [.. gains.Where(gain => gain.Fall < 0.2)]);
            yield return ("it fell by 20 % or more", [.. gains.Where(gain => gain.Fall >= 0.2)]);
        }
    }

    static async Task<(float[] Soup, float[] Last)> AverageAsync(AnalysisInput input, PopulationMember member, List<int> epochs, CancellationToken stop)
    {
        double[]? sum = null;
        float[] last = [];
        foreach (var epoch in epochs)
        {
            last = await input.Population.ReadParametersAsync(member, epoch, stop);
            sum ??= new double[last.Length];
            for (var i = 0; i < last.Length; i++) sum[i] += last[i];
        }
        return ([.. sum!.Select(value => (float)(value / epochs.Count))], last);
    }
}
