using System.Text.Json.Nodes;

namespace ModelZoo.Learning.Populations;

/// <summary>All analyses of a population by name. Each streams over members and leaves its figures in files that can be made again.</summary>
public static class PopulationAnalysis
{
    static readonly Dictionary<string, Func<AnalysisInput, CancellationToken, Task<AnalysisPart>>> s_known = new(StringComparer.Ordinal)
    {
        ["weights"] = WeightAnalysis.RunAsync, ["behaviour"] = BehaviourAnalysis.RunAsync, ["lineage"] = LineageAnalysis.RunAsync, ["prediction"] = PredictionAnalysis.RunAsync, ["averaging"] = AveragingAnalysis.RunAsync,
    };

    public static IReadOnlyList<string> Names => [.. s_known.Keys];

    /// <summary>Runs one analysis; its summary is among its files.</summary>
    public static async Task<AnalysisPart> RunAsync(string name, AnalysisInput input, CancellationToken stop)
    {
        if (!s_known.TryGetValue(name, out var run)) throw new PopulationException($"There is no analysis '{name}'; there are {string.Join(", ", s_known.Keys)}.");
        if (input.Members.Count == 0) throw new PopulationException("No member keeps a state, so there is nothing to analyse.");
        var part = await run(input, stop);
        var summary = new JsonObject { ["analysis"] = name, ["population"] = input.Population.Record.Population, ["revision"] = input.Population.Record.Revision, ["members"] = input.Members.Count, ["program"] = PopulationStore.Code };
        foreach (var (key, value) in part.Summary) summary[key == "members" ? "paired_members" : key] = value?.DeepClone();
        return part with { Summary = summary, Files = [.. part.Files, new($"{PopulationLayout.Analyses}/{name}.json", JsonText.Page(summary))] };
    }
}
