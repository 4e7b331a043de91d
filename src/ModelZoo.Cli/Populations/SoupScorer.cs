using ModelZoo.Hub.Populations.Making;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>Finds what scores members that somebody named.</summary>
static class SoupScorer
{
    /// <summary>Null when the inputs are not members of one architecture whose data is at hand, with a validation split.</summary>
    public static async Task<(MemberScorer? Scorer, string? Why)> FindAsync(LocalCall call, IReadOnlyList<MergeSource> sources)
    {
        var sets = sources.Select(source => source.State is { } state && state.Member.Card.Dataset is { } name ? state.Population.Blueprint?.Datasets.GetValueOrDefault(name) : null).OfType<BlueprintDataset>().DistinctBy(set => set.Id);
        PopulationData data;
        try
        {
            data = await BlueprintSource.OpenDataAsync(call, sets, pulls: true);
        }
        catch (UsageException problem)
        {
            return (null, problem.Message);
        }
        var scorer = MemberScorer.Find([.. sources.Select(source => source.State is { } state ? (state.Population, state.Member) : ((Population, PopulationMember)?)null)], data.Find, out var why);
        return scorer is { HasValidation: false } ? (null, "their data has no validation split") : (scorer, why);
    }
}
