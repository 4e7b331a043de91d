using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Finds what scores members of populations: their own data, made here or read with the rights of whoever asks.</summary>
sealed class MergeScoring(PopulationDatasets datasets)
{
    /// <summary>Of data that is made for this; a blueprint may be anybody's.</summary>
    const long MostMadePixels = 64 << 20;

    /// <returns>No scorer where the models are not members of one architecture, or their data is not at hand: then why, to stand behind a colon.</returns>
    public async Task<(MemberScorer? Scorer, string? Why)> FindAsync(IReadOnlyList<OpenedSource> models, Actor actor, CancellationToken stop)
    {
        var sets = models.Select(model => model.State is var (population, member, _) && member.Card.Dataset is { } name ? population.Blueprint?.Datasets.GetValueOrDefault(name) : null).OfType<BlueprintDataset>().DistinctBy(set => set.Id).ToList();
        if (sets.Exists(set => set.Origin == DatasetOrigin.Builtin && MadePixels(set) > MostMadePixels)) return (null, "their data is larger than what is made for a comparison");
        PopulationData data;
        try
        {
            // Members of different data are never compared, so more than one set need not be opened.
            data = await datasets.OpenAsync(sets.Count == 1 ? sets : [], actor, stop);
        }
        catch (RecipeException missing)
        {
            return (null, $"their data is not at hand ({missing.Message.TrimEnd('.')})");
        }
        var scorer = MemberScorer.Find([.. models.Select(model => model.State is var (population, member, _) ? (population, member) : ((Population, PopulationMember)?)null)], data.Find, out var why);
        return scorer is { HasValidation: false } ? (null, "their data has no validation split") : (scorer, why);
    }

    static long MadePixels(BlueprintDataset set)
    {
        var facts = set.KnownFacts!;
        var count = facts.TrainCount + new[] { "val", "test" }.Sum(split => set.Args.GetValueOrDefault(split) is IReadOnlyDictionary<string, object?> args && args.GetValueOrDefault("n") is long n ? n : 0);
        return count * (facts.Image ?? 8) * (facts.Image ?? 8);
    }
}
