using ModelZoo.Hub.Repositories;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>What a commit of a population says of itself.</summary>
static class CommitWords
{
    const int Named = 3;

    public static (string Summary, string Description) Of(IReadOnlyList<FileOperation> operations)
    {
        var paths = operations.Select(operation => operation.Path.Value).ToList();
        var words = new List<string>();
        foreach (var member in paths.Where(path => path.Split('/') is [PopulationLayout.Members, _, _, ..]).GroupBy(path => path.Split('/')[1]))
            words.Add(member.Contains(PopulationLayout.Ending(member.Key)) ? $"{member.Key} ended"
                : member.Select(PopulationLayout.FindEpoch).OfType<int>().DefaultIfEmpty(-1).Max() is >= 0 and var epoch ? $"{member.Key} at epoch {epoch}" : member.Key);
        if (paths.Contains(PopulationLayout.Record)) words.Insert(0, "Begin the population");
        foreach (var analysis in paths.Where(path => path.StartsWith(PopulationLayout.Analyses + "/", StringComparison.Ordinal) && path.EndsWith(".json", StringComparison.Ordinal)))
            words.Add($"analysis: {Path.GetFileNameWithoutExtension(analysis)}");
        if (words.Count == 0) words.AddRange(paths.Select(path => path));
        var summary = words.Count <= Named ? string.Join(", ", words) : $"{string.Join(", ", words.Take(Named))} and {words.Count - Named} more";
        return (summary, "Made by this hub.");
    }
}
