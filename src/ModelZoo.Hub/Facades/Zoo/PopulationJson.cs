using System.Text.Json.Nodes;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Repositories;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="BlueprintRevision">From 1; grows when members are added.</param>
/// <param name="Origin">made or imported.</param>
/// <param name="Planned">Members of the blueprint that nothing is kept of yet.</param>
/// <param name="Job">The job that trains it now.</param>
/// <param name="Analyses">Names of the analyses that the commit holds.</param>
/// <param name="Remarks">What is wrong with it, in sentences.</param>
sealed record PopulationAnswer(
    string Repository, string Commit, string Population, string? Title, string? Licence, string? Description, int BlueprintRevision, string Origin, int Members, int Done, int Failed, int Unfinished, int Planned,
    int States, long SizeBytes, IReadOnlyList<PopulationStageAnswer> Stages, IReadOnlyList<PopulationFactorAnswer> Factors, IReadOnlyList<string> Splits, JsonNode Datasets, IReadOnlyList<string> Analyses, string? Job, IReadOnlyList<string> Remarks);

sealed record PopulationStageAnswer(string Name, int Members);

/// <param name="Values">As texts, in the order in which members bring them; the first hundred.</param>
sealed record PopulationFactorAnswer(string Name, IReadOnlyList<string> Values);

/// <param name="Total">Members for which the condition holds.</param>
sealed record MembersAnswer(string Commit, int Total, IReadOnlyList<MemberAnswer> Members);

/// <param name="Epoch">The last one measured for which the condition holds; the figures are of it.</param>
/// <param name="Checkpoints">Epochs whose states are kept and for which the condition holds.</param>
/// <param name="Scores">By split.</param>
sealed record MemberAnswer(
    string Id, string Stage, string Status, string Split, long? Seed, long? HeadSeed, JsonObject Factors, string? Parent, int? ParentEpoch, string Root, int? Epoch, double? TrainLoss, double? TrainAccuracy, IReadOnlyDictionary<string, ScoreOfSplit> Scores, IReadOnlyList<int> Checkpoints);

/// <param name="Loss">Mean cross-entropy in nats; null where it was no number.</param>
sealed record ScoreOfSplit(int N, int Correct, double? Accuracy, double? Loss);

/// <param name="Epoch">From 0, the state before the first step.</param>
sealed record EpochAnswer(int Epoch, double? TrainLoss, double? TrainAccuracy, IReadOnlyDictionary<string, ScoreOfSplit> Scores, double? Seconds);

/// <param name="Digest">SHA-256 of large content, else the git blob id.</param>
sealed record PopulationFileAnswer(string Path, long SizeBytes, string Digest);

/// <param name="Card">member.json.</param>
/// <param name="Problem">Why it failed.</param>
sealed record MemberDetailAnswer(string Commit, MemberAnswer Member, JsonNode Card, string? Problem, IReadOnlyList<EpochAnswer> Metrics, IReadOnlyList<PopulationFileAnswer> Files);

/// <param name="Total">States for which the condition holds.</param>
/// <param name="Members">Whose states stand here, and their ancestors.</param>
sealed record StatesAnswer(string Commit, int Total, IReadOnlyList<StateAnswer> States, IReadOnlyList<string> Members);

sealed record StateAnswer(string Member, int Epoch, string Path, long SizeBytes, string Digest);

/// <param name="Soups">Repositories whose recipe names members of this population, those that the asker may read; the newest first, at most thirty.</param>
sealed record LineageAnswer(string Commit, IReadOnlyList<LineageMember> Members, IReadOnlyList<LineageEdge> Edges, IReadOnlyList<LineageSoup> Soups);

sealed record LineageMember(string Id, string Stage, string Status, string Root);

/// <param name="ParentEpoch">Null for whichever was best.</param>
/// <param name="Kind">What the child was made by: finetune.</param>
sealed record LineageEdge(string Child, string Parent, int? ParentEpoch, string Kind);

/// <param name="Commit">The head in which the recipe stands.</param>
/// <param name="Kind">soup or merge.</param>
/// <param name="Sources">Members of this population, in the recipe's order.</param>
/// <param name="Others">Sources from elsewhere.</param>
sealed record LineageSoup(string Repository, string Commit, string Kind, string Method, IReadOnlyList<LineageSource> Sources, int Others);

/// <param name="Epoch">Null for the last one.</param>
/// <param name="Weight">Null where all count the same.</param>
sealed record LineageSource(string Member, int? Epoch, double? Weight);

/// <summary>Populations as the API tells of them. JSON has no NaN and no infinities: what was none is null.</summary>
static class PopulationJson
{
    const int MaxValues = 100;

    public static PopulationAnswer Of(SeenPopulation seen, string? job)
    {
        var (population, record) = (seen.Population, seen.Population.Record);
        var members = population.Members;
        var factors = members.SelectMany(member => member.Card.Factors).GroupBy(factor => factor.Name, StringComparer.Ordinal)
            .Select(group => new PopulationFactorAnswer(group.Key, [.. group.Select(factor => MemberCard.Show(factor.Value)).Distinct().Take(MaxValues)]));
        return new(seen.Repository.Repository.FullName, seen.Commit.Id, record.Population, record.Title, record.Licence, record.Description, record.Revision, record.Origin, members.Count,
            members.Count(member => member.IsDone), members.Count(member => member.Ending is not null && !member.IsDone), members.Count(member => member.Ending is null), population.Planned.Count,
            members.Sum(member => member.Checkpoints.Count), population.SizeBytes, [.. members.GroupBy(member => member.Card.Stage, StringComparer.Ordinal).Select(stage => new PopulationStageAnswer(stage.Key, stage.Count()))],
            [.. factors], MemberTable.SplitNames(members), record.Datasets.DeepClone(), [.. PopulationAnalysis.Names.Where(population.HasAnalysis)], job, population.Remarks);
    }

    public static MemberAnswer Of(ChosenMember chosen)
    {
        var (member, card) = (chosen.Member, chosen.Member.Card);
        var record = chosen.Epoch is { } at ? member.Find(at) : null;
        var factors = new JsonObject();
        foreach (var factor in card.Factors) factors[factor.Name] = Plain(factor.Value);
        return new(card.Id, card.Stage, member.Status, card.Split, card.Seed, card.HeadSeed, factors, card.ParentId, card.ParentEpoch, card.RootId, chosen.Epoch, Finite(record?.TrainLoss), Finite(record?.TrainAccuracy), Scores(record), chosen.States);
    }

    public static EpochAnswer Of(EpochRecord record) => new(record.Epoch, Finite(record.TrainLoss), Finite(record.TrainAccuracy), Scores(record), Finite(record.Seconds));

    public static PopulationFileAnswer Of(FolderEntry file) => new(file.Path.Value, file.SizeBytes, file.ContentId);

    /// <summary>Who descends from whom; a parent that the population does not hold is named all the same.</summary>
    public static LineageAnswer Lineage(SeenPopulation seen, IReadOnlyList<MadeModel> made) => new(seen.Commit.Id,
        [.. seen.Population.Members.Select(member => new LineageMember(member.Id, member.Card.Stage, member.Status, member.Card.RootId))],
        [.. seen.Population.Members.Where(member => member.Card.ParentId is not null).Select(member => new LineageEdge(member.Id, member.Card.ParentId!, member.Card.ParentEpoch, "finetune"))],
        [.. made.Select(model => new LineageSoup(model.Repository.Repository.FullName, model.Commit.Id, model.Recipe.Kind, model.Recipe.Method, [.. model.Members.Select(source => new LineageSource(source.Member!, source.Epoch, source.Weight))], model.Others))]);

    static Dictionary<string, ScoreOfSplit> Scores(EpochRecord? record) =>
        (record?.Splits ?? []).GroupBy(split => split.Split, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Last() is var split ? new ScoreOfSplit(split.Count, split.Correct, Finite(split.Accuracy), Finite(split.Loss)) : null!, StringComparer.Ordinal);

    static JsonValue? Plain(object? value) => value switch
    {
        null => null,
        double number => double.IsFinite(number) ? JsonValue.Create(number) : null,
        long number => JsonValue.Create(number),
        bool flag => JsonValue.Create(flag),
        _ => JsonValue.Create(MemberCard.Show(value)),
    };

    static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
