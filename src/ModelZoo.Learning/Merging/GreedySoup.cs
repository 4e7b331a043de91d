using System.Text.Json.Nodes;

namespace ModelZoo.Learning.Merging;

/// <summary>An ingredient and what became of it.</summary>
/// <param name="SoupScore">Score of the soup with it; null for the first, which begins the soup.</param>
public sealed record GreedyStep(string Name, double Score, double? SoupScore, bool Kept);

/// <summary>Which ingredients a greedy soup keeps.</summary>
public sealed record GreedySelection(IReadOnlyList<MergeInput> Kept, double Score, IReadOnlyList<GreedyStep> Steps)
{
    /// <summary>
    /// Begins with the best ingredient and adds the next best while the average does not get worse. Only a validation score may be given: the selection
    /// fits itself to it.
    /// </summary>
    /// <param name="ingredients">With their own validation scores.</param>
    /// <param name="strict">Keep only what improves the score, as the published code does; otherwise what does not lower it.</param>
    /// <remarks>Wortsman et al. 2022, recipe 1, arXiv:2203.05482.</remarks>
    public static async Task<GreedySelection> ChooseAsync(IReadOnlyList<(MergeInput Input, double Score)> ingredients, Func<MergedModel, CancellationToken, ValueTask<double>> score, CancellationToken stop, bool strict = false)
    {
        if (ingredients.Count == 0) throw new MergeException("A soup needs at least one ingredient.");
        var ordered = ingredients.Where(each => !double.IsNaN(each.Score)).OrderByDescending(each => each.Score).ThenBy(each => each.Input.Name, StringComparer.Ordinal).ToList();
        if (ordered.Count == 0) throw new MergeException("No ingredient has a score.");
        var kept = new List<MergeInput> { ordered[0].Input };
        var best = ordered[0].Score;
        var steps = new List<GreedyStep> { new(ordered[0].Input.Name, best, null, true) };
        foreach (var (input, own) in ordered.Skip(1))
        {
            var reached = await score(Merger.Merge([.. kept, input], null, new Average()), stop);
            var keep = strict ? reached > best : reached >= best;
            steps.Add(new(input.Name, own, reached, keep));
            if (!keep) continue;
            kept.Add(input);
            best = reached;
        }
        return new(kept, best, steps);
    }

    /// <summary>As recipes keep it.</summary>
    public JsonArray ToJson() => new([.. Steps.Select(step => (JsonNode)new JsonObject { ["name"] = step.Name, ["score"] = step.Score, ["soupScore"] = step.SoupScore, ["kept"] = step.Kept })]);
}
