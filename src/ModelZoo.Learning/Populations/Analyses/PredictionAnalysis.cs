using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Populations;

/// <summary>
/// Properties from weights: ridge and boosted trees on statistics of tensors, trained on the train members and told of the test members (section 7.1 of the reference).
/// With all epochs together training progress explains most; within one epoch it cannot.
/// </summary>
static class PredictionAnalysis
{
    /// <summary>Shares of the training at which states are looked at.</summary>
    static readonly double[] s_moments = [0.1, 0.2, 0.4, 0.7, 1];
    const double ClassPenalty = 10;

    public static async Task<AnalysisPart> RunAsync(AnalysisInput input, CancellationToken stop)
    {
        var tasks = new JsonArray();
        // Statistics are compared tensor by tensor, so all members of one task have the same shapes.
        foreach (var group in input.Members.GroupBy(member => $"{member.Card.Stage}, head {member.Card.Head?.Kind.ToString().ToLowerInvariant()}, {member.Card.Architecture}, {member.Card.Head}"))
        {
            var members = group.ToList();
            if (members.Count < 12) continue;
            var states = new List<(PopulationMember Member, int Epoch, double[] Features)>();
            foreach (var member in members)
                foreach (var epoch in s_moments.Select(share => (int)Math.Round(share * member.LastEpoch!.Value)).Distinct().Where(epoch => epoch > 0 && member.Checkpoints.Contains(epoch)))
                    states.Add((member, epoch, await FeaturesAsync(input, member, epoch, stop)));
            var usable = states.Where(state => state.Features.All(double.IsFinite)).ToList();
            if (usable.Count > 0) tasks.Add((JsonNode)Describe(members, usable));
        }
        return new("prediction", new() { ["method"] = "ridge on mean, variance and percentiles 1, 25, 50, 75, 99 of each tensor, its penalty chosen on the val members; and gradient-boosted trees (300 of depth 4, rate 0.1) on the same", ["tasks"] = tasks }, []);
    }

    static JsonObject Describe(List<PopulationMember> members, List<(PopulationMember Member, int Epoch, double[] Features)> states)
    {
        var first = members[0].Card;
        var json = new JsonObject { ["stage"] = first.Stage, ["head"] = first.Head?.Kind.ToString().ToLowerInvariant(), ["members"] = members.Count, ["features"] = states[0].Features.Length, ["epochs"] = new JsonArray([.. states.Select(state => state.Epoch).Distinct().Order().Select(epoch => (JsonNode)epoch)]) };
        foreach (var (name, target) in ((string, Func<PopulationMember, int, double?>)[])[("test_accuracy", (member, epoch) => member.Accuracy(epoch, "test")), ("gap", (member, epoch) => member.Find(epoch)?.TrainAccuracy - member.Accuracy(epoch, "test")), ("epoch", (_, epoch) => epoch)])
        {
            var samples = states.Select(state => new PropertySample(state.Member.Id, state.Epoch, state.Member.Card.Split, state.Features, target(state.Member, state.Epoch) ?? double.NaN)).ToList();
            if (!samples.Any(sample => double.IsFinite(sample.Target))) continue;
            // What happens when states of one member fall on both sides: shown so that nobody does it.
            List<PropertySample> byState = [.. samples.Select(sample => sample with { Split = Fnv1a64.Hash($"{sample.Member}@{sample.Epoch}") % 100 is var bucket && bucket < 70 ? "train" : bucket < 85 ? "val" : "test" })];
            json[name] = Run(samples, byState, PropertyModel.Ridge, name != "epoch");
            json[name]!["trees"] = Run(samples, byState, PropertyModel.Trees, name != "epoch");
        }
        var last = states.GroupBy(state => state.Member.Id).Select(group => group.MaxBy(state => state.Epoch)).ToList();
        var classes = new JsonObject();
        foreach (var factor in members.SelectMany(member => member.Card.Factors).Select(factor => factor.Name).Where(name => name != "seed").Distinct().Append("parent"))
        {
            var samples = last.Select(state => (state.Member.Card.Split, state.Features, Class: factor == "parent" ? state.Member.Card.ParentId ?? "" : state.Member.Card.Factor(factor) ?? "")).ToList();
            var kinds = samples.Select(sample => sample.Class).Distinct().Count();
            if (kinds is > 1 and <= 50 && PropertyPrediction.Classify(samples, ClassPenalty) is { } accuracy) classes[factor] = new JsonObject { ["classes"] = kinds, ["accuracy"] = accuracy };
        }
        json["classification"] = classes;
        return json;
    }

    static JsonObject Run(List<PropertySample> samples, List<PropertySample> byState, PropertyModel kind, bool isWithin)
    {
        var found = PropertyPrediction.Run(samples, kind);
        var within = new JsonObject();
        if (isWithin) foreach (var (epoch, score) in found.WithinEpoch) within[$"{epoch}"] = Score(score);
        return new() { ["all_epochs"] = Score(found.All), ["within_epoch"] = within, ["leaky_split_by_state"] = Score(PropertyPrediction.Run(byState, kind).All) };
    }

    static JsonObject? Score(PredictionScore? score) => score is null ? null : new() { ["r2"] = AnalysisPart.Number(score.RSquared), ["kendall"] = AnalysisPart.Number(score.KendallTau), ["alpha"] = score.Alpha, ["train_rows"] = score.TrainRows, ["test_rows"] = score.TestRows };

    static async Task<double[]> FeaturesAsync(AnalysisInput input, PopulationMember member, int epoch, CancellationToken stop)
    {
        var features = new List<double>();
        foreach (var tensor in (await input.Population.OpenCheckpointAsync(member, epoch, Scope.All, stop)).Tensors) features.AddRange((await TensorStatistics.OfAsync(tensor, PercentileSet.Inner, stop)).Features);
        return [.. features];
    }
}
