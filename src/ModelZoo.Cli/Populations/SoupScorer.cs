using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>Finds what scores members that somebody named.</summary>
static class SoupScorer
{
    /// <summary>Null when the inputs are not members of one architecture whose data is at hand, with a validation split.</summary>
    public static MemberScorer? Find(LocalCall call, IReadOnlyList<MergeSource> sources, out string? why)
    {
        string? missing = null;
        var scorer = MemberScorer.Find([.. sources.Select(source => source.State is { } state ? (state.Population, state.Member) : ((Population, PopulationMember)?)null)], set =>
        {
            try
            {
                return BlueprintSource.OpenData(call, [set])(set);
            }
            catch (UsageException problem)
            {
                missing = problem.Message;
                return null;
            }
        }, out why);
        why = missing ?? why;
        if (scorer is not { HasValidation: false }) return scorer;
        why = "their data has no validation split";
        return null;
    }
}
