using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Members;

/// <summary>The population of a commit, for whoever may read the repository.</summary>
sealed record SeenPopulation(ReadableRepository Repository, CommitRow Commit, Population Population);

/// <summary>A member with the states of it that a condition chooses.</summary>
/// <param name="Epoch">The last epoch that was measured and for which it holds; null when nothing was measured.</param>
/// <param name="States">Epochs whose weights are kept and for which it holds.</param>
sealed record ChosenMember(PopulationMember Member, int? Epoch, IReadOnlyList<int> States);

/// <summary>Answers questions about populations: which members, which states, which files.</summary>
sealed class PopulationReader(RevisionResolver revisions, PopulationShelf shelf, TreeReader trees)
{
    public const int MaxConditionLength = 2_000;

    /// <summary>Comparisons of one question, roughly: states times words of the condition.</summary>
    const long MostComparisons = 20_000_000;

    const int MaxNameLength = 200;

    /// <exception cref="Refusal">There is no such revision, it holds no population, or a damaged one.</exception>
    public async Task<SeenPopulation> GetAsync(ReadableRepository repository, string? revision, CancellationToken stop)
    {
        var found = await revisions.GetAsync(repository, revision is { Length: > 0 } given ? given : "HEAD", stop);
        try
        {
            return await shelf.FindAsync(repository, found.Commit, stop) is { } population ? new(repository, found.Commit, population)
                : throw Refusal.NotFound($"{repository.Repository.FullName} holds no population at this revision: '{PopulationLayout.Record}' is missing.");
        }
        catch (Exception damaged) when (damaged is PopulationException or RecipeException)
        {
            throw new Refusal(RefusalKind.Unprocessable, $"The population cannot be read: {damaged.Message}");
        }
    }

    /// <summary>Members and states for which a condition holds; all when it is null.</summary>
    /// <exception cref="Refusal">The text is no condition, or too much work on so many states.</exception>
    public static IReadOnlyList<ChosenMember> Choose(Population population, string? where, CancellationToken stop)
    {
        if (where is null) return [.. population.Members.Select(member => new ChosenMember(member, LastEpoch(member), member.Checkpoints))];
        if (where.Length > MaxConditionLength) throw Refusal.Invalid($"A condition has at most {MaxConditionLength} characters.");
        var states = population.Members.Sum(member => 1L + member.Records.Count + member.Checkpoints.Count);
        if (states * (1 + where.Length / 8) > MostComparisons) throw Refusal.Invalid($"This condition is too long for a population of {states} states; ask for less at once.");
        var filter = Parse(where);
        var chosen = new List<ChosenMember>();
        foreach (var member in population.Members)
        {
            stop.ThrowIfCancellationRequested();
            var (kept, measured) = (member.Checkpoints.Where(epoch => filter.Holds(member, epoch)).ToList(), member.Records.Select(record => (int?)record.Epoch).LastOrDefault(epoch => filter.Holds(member, epoch!.Value)));
            // A member that never came to a state is asked as it stands.
            if (kept.Count > 0 || measured is not null || (member.Records.Count == 0 && filter.Holds(member, -1))) chosen.Add(new(member, measured, kept));
        }
        // Nothing, because nobody knows the name, is a slip of the pen and no answer.
        return chosen.Count > 0 || filter.FindUnknown(population.Members) is not { } unknown ? chosen : throw Refusal.Invalid(unknown);
    }

    /// <summary>By a factor or score of the chosen epoch, the largest first unless told otherwise; members without it last.</summary>
    public static IReadOnlyList<ChosenMember> Sort(IReadOnlyList<ChosenMember> members, string? by, bool ascending)
    {
        if (by is null) return members;
        if (by.Length > MaxNameLength) throw Refusal.Invalid($"\"sort\" has at most {MaxNameLength} characters.");
        var keyed = members.Select(member => (Member: member, Key: MemberFilter.Find(member.Member, member.Epoch ?? member.Member.LastEpoch ?? -1, by))).ToList();
        var known = keyed.Where(pair => pair.Key is not null and not double.NaN).ToList();
        var sorted = known.All(pair => pair.Key is long or int or double)
            ? Order(known, pair => Convert.ToDouble(pair.Key, System.Globalization.CultureInfo.InvariantCulture), null)
            : Order(known, pair => MemberCard.Show(pair.Key), StringComparer.Ordinal);
        return [.. sorted.Concat(keyed.Where(pair => pair.Key is null or double.NaN)).Select(pair => pair.Member)];

        IEnumerable<(ChosenMember Member, object? Key)> Order<TKey>(IEnumerable<(ChosenMember Member, object? Key)> pairs, Func<(ChosenMember Member, object? Key), TKey> key, IComparer<TKey>? comparer) =>
            ascending ? pairs.OrderBy(key, comparer) : pairs.OrderByDescending(key, comparer);
    }

    /// <summary>A member by its id or the beginning of it.</summary>
    public static PopulationMember GetMember(Population population, string id) => (id.Length <= MaxNameLength ? population.Find(id) : null) ?? throw Refusal.NotFound("There is no such member.");

    /// <summary>The files of a member.</summary>
    public async Task<IReadOnlyList<FolderEntry>> FilesAsync(SeenPopulation seen, PopulationMember member, CancellationToken stop)
    {
        var (space, folder) = (seen.Repository.Repository.SpaceId, RepoPath.Parse($"{PopulationLayout.Members}/{member.Id}"));
        if (await trees.FindAsync(space, seen.Commit.Tree, folder, stop) is not { IsFolder: true } entry) return [];
        var files = new List<FolderEntry>();
        await foreach (var file in trees.WalkAsync(space, entry.Id, folder, stop))
            if (file.Mode is EntryMode.File or EntryMode.Executable) files.Add(file);
        return files;
    }

    /// <summary>The file of a state; null when the commit has none there.</summary>
    public async Task<FolderEntry?> FindStateAsync(SeenPopulation seen, PopulationMember member, int epoch, CancellationToken stop) =>
        await trees.FindAsync(seen.Repository.Repository.SpaceId, seen.Commit.Tree, RepoPath.Parse(PopulationLayout.Checkpoint(member.Id, epoch)), stop);

    static int? LastEpoch(PopulationMember member) => member.Records.Count > 0 ? member.Records[^1].Epoch : null;

    static MemberFilter Parse(string where)
    {
        try
        {
            return MemberFilter.Parse(where);
        }
        catch (RecipeException problem)
        {
            throw Refusal.Invalid(problem.Message);
        }
    }
}
