using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;

namespace ModelZoo.Learning.Populations;

/// <summary>Who descends from whom, recovered from weights alone and held against the record (section 7.2 of the reference).</summary>
static class LineageAnalysis
{
    public static async Task<AnalysisPart> RunAsync(AnalysisInput input, CancellationToken stop)
    {
        var rows = new List<IReadOnlyList<string>> { (List<string>)["member_id", "parent_id", "nearest", "distance", "margin", "right", "kurtosis_change"] };
        var bases = input.Members.Where(member => member.Card.ParentId is null).ToList();
        var children = AnalysisInput.Evenly([.. input.Members.Where(member => member.Card.ParentId is { } id && bases.Exists(one => one.Id == id))], AnalysisInput.MostPaired);
        var opened = new List<(PopulationMember Member, Checkpoint State)>();
        foreach (var member in bases.Concat(children)) opened.Add((member, await input.Population.OpenCheckpointAsync(member, member.LastEpoch!.Value, Scope.Backbone, stop)));
        long asked = 0, right = 0, direct = 0, sharper = 0, judged = 0, medoids = 0, families = 0;
        var (margins, truth, guess) = (new List<double>(), new List<string>(), new List<string>());
        foreach (var group in opened.GroupBy(each => each.State.ShapeGroup))
        {
            var inside = group.ToList();
            var table = await DistanceTable.ComputeAsync([.. inside.Select(each => each.State)], stop);
            var usable = Enumerable.Range(0, inside.Count).Where(i => double.IsFinite(table.Norm(i))).ToList();
            var roots = usable.Where(i => inside[i].Member.Card.ParentId is null).ToList();
            if (roots.Count == 0) continue;
            foreach (var i in usable.Except(roots))
            {
                var nearest = Lineage.FindNearest(i, roots, (a, b) => table.Relative(a, b) ?? 0);
                var (member, found) = (inside[i].Member, inside[nearest.Candidate].Member.Id);
                asked++;
                if (found == member.Card.ParentId) right++;
                if (nearest.Margin is { } margin) margins.Add(margin);
                truth.Add(member.Card.ParentId!);
                guess.Add(found);
                var change = await KurtosisChangeAsync(input, member, stop);
                if (change is { } known) (judged, sharper) = (judged + 1, sharper + (known > 0 ? 1 : 0));
                rows.Add([member.Id, member.Card.ParentId!, found, CsvText.Number(nearest.Distance), CsvText.Number(nearest.Margin), found == member.Card.ParentId ? "1" : "0", CsvText.Number(change)]);
            }
            foreach (var root in roots)
            {
                var family = usable.Where(i => i == root || inside[i].Member.Card.ParentId == inside[root].Member.Id).ToList();
                if (family.Count < 3) continue;
                families++;
                if (family[Lineage.Medoid(family.Count, (a, b) => table.Distance(family[a], family[b]))] == root) medoids++;
                var tree = Lineage.Arborescence(family.Count, family.IndexOf(root), (a, b) => table.Distance(family[a], family[b]));
                direct += tree.Count(parent => parent == family.IndexOf(root));
            }
        }
        var summary = new JsonObject
        {
            ["children"] = asked, ["bases"] = bases.Count, ["nearest_base_is_parent"] = AnalysisPart.Number(asked > 0 ? (double)right / asked : null), ["margin"] = AnalysisPart.Quartiles(margins), ["adjusted_rand"] = AnalysisPart.Number(truth.Count > 1 ? Lineage.AdjustedRand(truth, guess) : null),
            ["families"] = families, ["base_is_medoid"] = medoids, ["attached_directly_to_base"] = AnalysisPart.Number(asked > 0 ? (double)direct / asked : null), ["kurtosis_higher_in_child"] = AnalysisPart.Number(judged > 0 ? (double)sharper / judged : null),
            ["remark"] = "attached_directly_to_base is the share of siblings that a tree of least distance puts right below their base: gentle fine-tunes lie between the base and hot ones, so a near sibling is no parent.",
        };
        return new("lineage", summary, [AnalysisPart.Table("lineage", rows)]);
    }

    /// <summary>Sum of kurtoses of the square matrices, child less parent: fine-tuning raises it.</summary>
    static async Task<double?> KurtosisChangeAsync(AnalysisInput input, PopulationMember child, CancellationToken stop)
    {
        var parent = input.Population.Find(child.Card.ParentId!)!;
        if (AnalysisInput.StartOf(child, parent) is not { } start || !parent.Checkpoints.Contains(start)) return null;
        return await SumAsync(child, child.LastEpoch!.Value) - await SumAsync(parent, start);

        async Task<double?> SumAsync(PopulationMember member, int epoch)
        {
            double? sum = null;
            foreach (var tensor in await input.Population.OpenStateAsync(member, epoch, stop))
                if (tensor.Shape is [var rows, var columns] && rows == columns && !Scope.IsHead(tensor.Name) && (await TensorStatistics.OfAsync(tensor, PercentileSet.Inner, stop)).Kurtosis is { } kurtosis) sum = (sum ?? 0) + kurtosis;
            return sum;
        }
    }
}
