using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.Populations;

/// <summary>Behaviour: scores by epoch and setting, agreement of predictions, factor effects (section 6 of the reference).</summary>
static class BehaviourAnalysis
{
    /// <summary>Members whose representations are compared: each pair costs the square of the samples.</summary>
    const int MostAligned = 16;

    /// <summary>Agreement is also told of members that are this good, because poor ones disagree by chance.</summary>
    const double Able = 0.85;

    public static async Task<AnalysisPart> RunAsync(AnalysisInput input, CancellationToken stop)
    {
        var summary = new JsonObject { ["epochs"] = Epochs(input), ["cells"] = CellScores(input), ["effects"] = Effects(input) };
        var files = new List<PopulationFile>();
        var scores = new List<IReadOnlyList<string>> { (List<string>)["member_id", "split", "n", "accuracy", "nll", "brier", "ece", "gap"] };
        var pairs = new List<IReadOnlyList<string>> { (List<string>)["a", "b", "same_family", "agreement", "kappa", "expected", "double_fault", "error_overlap", "same_wrong_answer", "js"] };
        var sets = new JsonArray();
        foreach (var group in input.Members.GroupBy(member => (member.Card.DatasetId, member.Card.Head?.Out)))
        {
            var found = new List<(PopulationMember Member, Predictions Said)>();
            if (input.Data(group.First()) is not { } data || (data.Find("test") ?? data.Find("val")) is not { } set) continue;
            var labels = set.Labels.Select(label => (int)label).ToArray();
            foreach (var member in group)
                if (await input.Population.FindLogitsAsync(member, member.LastEpoch!.Value, set.Name, stop) is { } logits && logits.Length == labels.Length * set.Classes && logits.All(float.IsFinite)) found.Add((member, new(logits, labels, set.Classes)));
            foreach (var (member, said) in found)
                scores.Add([member.Id, set.Name, $"{said.Count}", CsvText.Number(said.Accuracy), CsvText.Number(said.NegativeLogLikelihood), CsvText.Number(said.Brier), CsvText.Number(said.CalibrationError), CsvText.Number(member.Find(member.LastEpoch!.Value)?.TrainAccuracy - said.Accuracy)]);
            if (found.Count > 1) sets.Add((JsonNode)await CompareAsync(input, set, [.. AnalysisInput.Evenly(found, AnalysisInput.MostPaired)], pairs, stop));
        }
        summary["sets"] = sets;
        if (sets.Count == 0) summary["remark"] = "No logits are kept, or the data is not at hand, so nothing is said of agreement.";
        files.Add(AnalysisPart.Table("scores", scores));
        files.Add(AnalysisPart.Table("agreement", pairs));
        return new("behaviour", summary, files);
    }

    /// <summary>Accuracy over members by stage, origin and epoch: min, quartiles, max.</summary>
    static JsonArray Epochs(AnalysisInput input)
    {
        var rows = new JsonArray();
        foreach (var group in input.Members.GroupBy(member => (member.Card.Stage, Origin: input.OriginOf(member))))
            foreach (var split in MemberTable.SplitNames(group))
                foreach (var epoch in group.SelectMany(member => member.Records).Select(record => record.Epoch).Distinct().Order())
                {
                    var values = group.Select(member => member.Accuracy(epoch, split)).OfType<double>().ToList();
                    var gaps = group.Select(member => member.Find(epoch)?.TrainAccuracy - member.Accuracy(epoch, split)).OfType<double>().ToList();
                    if (values.Count > 0) rows.Add((JsonNode)new JsonObject { ["stage"] = group.Key.Stage, ["origin"] = group.Key.Origin, ["split"] = split, ["epoch"] = epoch, ["members"] = values.Count, ["accuracy"] = AnalysisPart.Quartiles(values), ["gap"] = AnalysisPart.Quartiles(gaps) is { Count: 5 } gap ? gap[2]!.DeepClone() : null });
                }
        return rows;
    }

    /// <summary>Last accuracy of each setting, over its seeds and parents.</summary>
    static JsonArray CellScores(AnalysisInput input)
    {
        var rows = new JsonArray();
        foreach (var cell in input.Members.GroupBy(member => (Setting: Cells.Of(member), Origin: input.OriginOf(member))).OrderBy(cell => cell.Key.Setting, StringComparer.Ordinal))
        {
            var splits = new JsonObject();
            foreach (var split in MemberTable.SplitNames(cell))
            {
                var values = cell.Select(member => member.LastEpoch is { } epoch ? member.Accuracy(epoch, split) : null).OfType<double>().ToList();
                if (values.Count > 0) splits[split] = new JsonObject { ["mean"] = values.Average(), ["deviation"] = AnalysisPart.Deviation(values) };
            }
            if (splits.Count > 0) rows.Add((JsonNode)new JsonObject { ["setting"] = cell.Key.Setting, ["origin"] = cell.Key.Origin, ["members"] = cell.Count(), ["accuracy"] = splits });
        }
        return rows;
    }

    static JsonObject Effects(AnalysisInput input)
    {
        var effects = new JsonObject();
        foreach (var stage in input.Members.GroupBy(member => member.Card.Stage))
        {
            var split = MemberTable.SplitNames(stage) is var names && names.Contains("test") ? "test" : names.Count > 0 ? names[0] : null;
            if (split is null) continue;
            var rows = stage.Select(member => (Member: member, Metric: member.LastEpoch is { } epoch ? member.Accuracy(epoch, split) : null)).Where(row => row.Metric is not null)
                .Select(row => ((IReadOnlyDictionary<string, string>)row.Member.Card.Factors.Append(new("parent", row.Member.Card.ParentId ?? "")).Append(new("origin", input.OriginOf(row.Member))).GroupBy(factor => factor.Name).ToDictionary(group => group.Key, group => MemberCard.Show(group.Last().Value)), row.Metric!.Value)).ToList();
            if (rows.Count < 2) continue;
            effects[stage.Key] = new JsonArray([.. FactorEffect.Of(rows).Select(effect => (JsonNode)new JsonObject
            {
                ["factor"] = effect.Factor, ["metric"] = $"{split}_accuracy", ["explained"] = AnalysisPart.Number(effect.Explained), ["by_chance"] = AnalysisPart.Number(effect.Chance),
                ["levels"] = new JsonArray([.. effect.Levels.Select(level => (JsonNode)new JsonObject { ["value"] = level.Value, ["members"] = level.Count, ["mean"] = level.Mean, ["deviation"] = level.StandardDeviation })]),
            })]);
        }
        return effects;
    }

    static async Task<JsonObject> CompareAsync(AnalysisInput input, Datasets.ImageSet set, IReadOnlyList<(PopulationMember Member, Predictions Said)> found, List<IReadOnlyList<string>> pairs, CancellationToken stop)
    {
        var compared = new Comparison[found.Count, found.Count];
        Parallel.For(0, found.Count, new() { CancellationToken = stop, TaskScheduler = TaskScheduler.Current }, i =>
        {
            for (var j = 0; j < i; j++) compared[j, i] = Comparison.Of(found[j].Said, found[i].Said);
        });
        var (within, across, ableWithin, ableAcross) = (new List<Comparison>(), new List<Comparison>(), new List<Comparison>(), new List<Comparison>());
        for (var i = 0; i < found.Count; i++)
            for (var j = i + 1; j < found.Count; j++)
            {
                var (pair, same) = (compared[i, j], AnalysisInput.FamilyOf(found[i].Member) == AnalysisInput.FamilyOf(found[j].Member));
                pairs.Add([found[i].Member.Id, found[j].Member.Id, same ? "1" : "0", CsvText.Number(pair.Agreement), CsvText.Number(pair.Kappa), CsvText.Number(pair.Expected), CsvText.Number(pair.DoubleFault), CsvText.Number(pair.ErrorOverlap), CsvText.Number(pair.SameWrongAnswer), CsvText.Number(pair.JensenShannon)]);
                (same ? within : across).Add(pair);
                if (found[i].Said.Accuracy >= Able && found[j].Said.Accuracy >= Able) (same ? ableWithin : ableAcross).Add(pair);
            }
        return new()
        {
            ["dataset"] = found[0].Member.Card.DatasetId, ["split"] = set.Name, ["n"] = set.Count, ["members"] = found.Count, ["accuracy"] = AnalysisPart.Quartiles(found.Select(each => each.Said.Accuracy)), ["ensemble_accuracy"] = Predictions.EnsembleAccuracy([.. found.Select(each => each.Said)]),
            ["within"] = Means(within), ["across"] = Means(across), ["able"] = new JsonObject { ["accuracy_from"] = Able, ["members"] = found.Count(each => each.Said.Accuracy >= Able), ["within"] = Means(ableWithin), ["across"] = Means(ableAcross) },
            ["cka"] = await AlignAsync(input, set, [.. AnalysisInput.Evenly(found, MostAligned).Select(each => each.Member)], stop),
        };
    }

    static JsonObject Means(List<Comparison> pairs) => new()
    {
        ["pairs"] = pairs.Count, ["agreement"] = AnalysisPart.Number(AnalysisPart.Mean([.. pairs.Select(pair => pair.Agreement)])), ["kappa"] = AnalysisPart.Number(AnalysisPart.Mean([.. pairs.Select(pair => pair.Kappa)])), ["expected"] = AnalysisPart.Number(AnalysisPart.Mean([.. pairs.Select(pair => pair.Expected)])), ["js"] = AnalysisPart.Number(AnalysisPart.Mean([.. pairs.Select(pair => pair.JensenShannon)])),
    };

    /// <summary>Mean similarity of what the heads read, for some members taken evenly.</summary>
    static async Task<JsonObject> AlignAsync(AnalysisInput input, Datasets.ImageSet set, IReadOnlyList<PopulationMember> members, CancellationToken stop)
    {
        var features = new List<(PopulationMember Member, float[] Values)>();
        foreach (var member in members)
            if (member.Card is { Architecture: { } model, Head: { } head } && set.Fits(model))
                features.Add((member, Evaluator.Features(model, head, await input.Population.ReadParametersAsync(member, member.LastEpoch!.Value, stop), set, stop)));
        var (within, across) = (new List<double>(), new List<double>());
        for (var i = 0; i < features.Count; i++)
            for (var j = i + 1; j < features.Count; j++)
                if (KernelAlignment.Linear(features[i].Values, features[j].Values, set.Count) is { } value) (AnalysisInput.FamilyOf(features[i].Member) == AnalysisInput.FamilyOf(features[j].Member) ? within : across).Add(value);
        return new() { ["members"] = features.Count, ["within"] = AnalysisPart.Number(AnalysisPart.Mean(within)), ["across"] = AnalysisPart.Number(AnalysisPart.Mean(across)) };
    }
}
