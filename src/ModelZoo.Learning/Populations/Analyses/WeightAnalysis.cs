using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Populations;

/// <summary>Weight space: norms, distances between all last states, principal directions, and how each member moved (section 5 of the reference).</summary>
static class WeightAnalysis
{
    /// <summary>States of a trajectory that are looked at; longer ones are thinned.</summary>
    const int MostStates = 64;
    const int Directions = 10;

    public static async Task<AnalysisPart> RunAsync(AnalysisInput input, CancellationToken stop)
    {
        var summary = new JsonObject { ["scope"] = Scope.Backbone.Name };
        var files = new List<PopulationFile>();
        var pairs = new List<IReadOnlyList<string>> { (List<string>)["group", "a", "b", "l2", "cosine", "relative", "normalized"] };
        var map = new List<IReadOnlyList<string>> { (List<string>)["group", "member_id", "family", .. Enumerable.Range(1, Directions).Select(k => $"pc{k}")] };
        var groups = new JsonArray();
        var members = AnalysisInput.Evenly(input.Members, AnalysisInput.MostPaired);
        if (members.Count < input.Members.Count) summary["remark"] = $"Pairs are of {members.Count} members taken evenly from {input.Members.Count}.";
        var opened = new List<(PopulationMember Member, Checkpoint State)>();
        foreach (var member in members) opened.Add((member, await input.Population.OpenCheckpointAsync(member, member.LastEpoch!.Value, Scope.Backbone, stop)));
        var g = 0;
        foreach (var group in opened.GroupBy(each => each.State.ShapeGroup).OrderByDescending(group => group.Count()))
        {
            var inside = group.ToList();
            var table = await DistanceTable.ComputeAsync([.. inside.Select(each => each.State)], stop);
            var good = Enumerable.Range(0, table.Count).Where(i => double.IsFinite(table.Norm(i))).ToList();
            if (good.Count < table.Count)
            {
                // A model that diverged would make every figure meaningless; it is named and left out.
                summary["not_finite"] = new JsonArray([.. Enumerable.Range(0, table.Count).Except(good).Select(i => (JsonNode)inside[i].Member.Id)]);
                inside = [.. good.Select(i => inside[i])];
                if (inside.Count == 0) continue;
                table = await DistanceTable.ComputeAsync([.. inside.Select(each => each.State)], stop);
            }
            g++;
            groups.Add((JsonNode)Describe(table, [.. inside.Select(each => each.Member)], g, pairs, map));
        }
        (summary["groups"], summary["movement"]) = (groups, await MovementAsync(input, files, stop));
        files.Add(AnalysisPart.Table("distances", pairs));
        files.Add(AnalysisPart.Table("components", map));
        return new("weights", summary, files);
    }

    static JsonObject Describe(DistanceTable table, IReadOnlyList<PopulationMember> members, int group, List<IReadOnlyList<string>> pairs, List<IReadOnlyList<string>> map)
    {
        var families = members.Select(AnalysisInput.FamilyOf).ToList();
        var (within, across) = (new List<(double Relative, double Cosine)>(), new List<(double Relative, double Cosine)>());
        for (var i = 0; i < table.Count; i++)
            for (var j = i + 1; j < table.Count; j++)
            {
                pairs.Add([$"{group}", members[i].Id, members[j].Id, CsvText.Number(table.Distance(i, j)), CsvText.Number(table.Cosine(i, j)), CsvText.Number(table.Relative(i, j)), CsvText.Number(table.Normalized(i, j))]);
                (families[i] == families[j] ? within : across).Add((table.Relative(i, j) ?? 0, table.Cosine(i, j) ?? 0));
            }
        var components = table.Components(Directions);
        for (var i = 0; i < table.Count; i++) map.Add([$"{group}", members[i].Id, families[i], .. components.Coordinates[i].Select(value => CsvText.Number(value))]);
        return new()
        {
            ["group"] = group, ["members"] = table.Count, ["parameters"] = table.Parameters, ["norm"] = AnalysisPart.Quartiles(Enumerable.Range(0, table.Count).Select(table.Norm)),
            ["relative_within"] = Spread(within.Select(pair => pair.Relative)), ["relative_across"] = Spread(across.Select(pair => pair.Relative)), ["cosine_within"] = AnalysisPart.Number(AnalysisPart.Mean([.. within.Select(pair => pair.Cosine)])), ["cosine_across"] = AnalysisPart.Number(AnalysisPart.Mean([.. across.Select(pair => pair.Cosine)])),
            ["between_over_within"] = AnalysisPart.Number(table.BetweenOverWithin(families)), ["spread"] = AnalysisPart.Number(table.Spread), ["mean_parameter_variance"] = AnalysisPart.Number(table.MeanParameterVariance),
            ["explained"] = new JsonArray([.. components.Explained.Take(Directions).Select(share => (JsonNode)share)]), ["participation_ratio"] = AnalysisPart.Number(components.ParticipationRatio),
        };

        static JsonObject Spread(IEnumerable<double> values)
        {
            var all = values.ToList();
            return new() { ["pairs"] = all.Count, ["mean"] = AnalysisPart.Number(AnalysisPart.Mean(all)), ["min"] = AnalysisPart.Number(all.Count > 0 ? all.Min() : null), ["max"] = AnalysisPart.Number(all.Count > 0 ? all.Max() : null) };
        }
    }

    /// <summary>How far each member went from its parent, and how straight.</summary>
    static async Task<JsonObject> MovementAsync(AnalysisInput input, List<PopulationFile> files, CancellationToken stop)
    {
        var rows = new List<IReadOnlyList<string>> { (List<string>)["member_id", "family", "norm", "from_parent", "from_parent_relative", "path_length", "displacement", "path_over_displacement", "order_recovered"] };
        var moved = new List<(PopulationMember Member, double Relative)>();
        long edges = 0, right = 0;
        foreach (var member in input.Members)
        {
            var epochs = AnalysisInput.Evenly(member.Checkpoints, MostStates);
            var states = new List<Checkpoint>();
            foreach (var epoch in epochs) states.Add(await input.Population.OpenCheckpointAsync(member, epoch, Scope.Backbone, stop));
            var parent = member.Card.ParentId is { } id ? input.Population.Find(id) : null;
            if (parent is not null && AnalysisInput.StartOf(member, parent) is { } start && parent.Checkpoints.Contains(start)) states.Add(await input.Population.OpenCheckpointAsync(parent, start, Scope.Backbone, stop));
            else parent = null;
            if (states.Any(state => state.ShapeGroup != states[0].ShapeGroup)) continue;
            var table = await DistanceTable.ComputeAsync(states, stop);
            var (last, n) = (epochs.Count - 1, epochs.Count);
            if (!Enumerable.Range(0, states.Count).All(i => double.IsFinite(table.Norm(i)))) continue;
            var (length, displacement) = (Enumerable.Range(1, last).Sum(i => table.Distance(i - 1, i)), table.Distance(0, last));
            double? from = parent is null ? null : table.Distance(n, last), relative = from / (parent is null ? null : table.Norm(n) is > 0 and var norm ? norm : null);
            if (relative is { } known) moved.Add((member, known));
            double? order = null;
            if (n > 2 && Enumerable.Range(1, last).All(i => table.Distance(i - 1, i) > 0))
            {
                // Checkpoints of one run should come out as a chain.
                var tree = Lineage.Arborescence(n, 0, table.Distance);
                var hits = Enumerable.Range(1, last).Count(i => tree[i] == i - 1);
                (edges, right, order) = (edges + last, right + hits, (double)hits / last);
            }
            rows.Add([member.Id, AnalysisInput.FamilyOf(member), CsvText.Number(table.Norm(last)), CsvText.Number(from), CsvText.Number(relative), CsvText.Number(length), CsvText.Number(displacement), CsvText.Number(displacement > 0 ? length / displacement : null), CsvText.Number(order)]);
        }
        files.Add(AnalysisPart.Table("movement", rows));
        var bySetting = new JsonObject();
        foreach (var cell in moved.GroupBy(each => Cells.Of(each.Member)).OrderBy(group => group.Average(each => each.Relative))) bySetting[cell.Key] = cell.Average(each => each.Relative);
        return new() { ["from_parent_relative"] = bySetting, ["epoch_order_edges"] = edges, ["epoch_order_recovered"] = AnalysisPart.Number(edges > 0 ? (double)right / edges : null) };
    }
}

/// <summary>Members of one setting: all factors but the seed.</summary>
static class Cells
{
    public static string Of(PopulationMember member) => $"{member.Card.Stage}: {string.Join(", ", member.Card.Factors.Where(factor => factor.Name != "seed").Select(factor => $"{factor.Name}={MemberCard.Show(factor.Value)}"))}".TrimEnd(':', ' ');
}
