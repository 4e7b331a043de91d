using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>The tasks that a run measures.</summary>
/// <param name="Group">Whose members they are, for its aggregates.</param>
/// <param name="Groups">Names under which aggregates are reported.</param>
sealed record ChosenTasks(string Name, IReadOnlyList<TaskDefinition> Tasks, TaskGroup? Group, IReadOnlySet<string> Groups);

/// <summary>Finds tasks in a benchmark's files. Hub and worker ask the same code, and compare what they found by its hash.</summary>
static class EvaluationTasks
{
    const int MostTasks = 500;
    const int NamesShown = 12;

    /// <summary>Longest file that a definition may be, or include.</summary>
    const long MaxBytes = 1 << 20;

    /// <summary>What choosing a task needs of a repository: definitions, and beside them what they include.</summary>
    public static bool IsDefinition(FolderEntry file) => file.SizeBytes <= MaxBytes
        && (file.Path.Value.EndsWith(".yaml", StringComparison.Ordinal) || file.Path.Value.EndsWith(".yml", StringComparison.Ordinal) || file.Path.Value.StartsWith("tasks/", StringComparison.Ordinal));

    /// <param name="name">A task, a group or a tag, of the benchmark or of the shipped suites; null where the benchmark has one only.</param>
    /// <exception cref="EvaluationException">There is none of that name, or it cannot run here; the message says why.</exception>
    public static ChosenTasks Choose(string folder, string? name)
    {
        var library = new TaskLibrary(new TaskFolder(folder));
        if (name is not { Length: > 0 })
            name = library switch
            {
                { GroupNames.Count: 1 } => library.GroupNames.First(),
                { GroupNames.Count: 0, TaskNames.Count: 1 } => library.TaskNames.First(),
                { TaskNames.Count: 0 } => throw new EvaluationException($"The benchmark has no tasks{(library.Problems.Count > 0 ? $"; {library.Problems[0].Path}: {library.Problems[0].Message}" : ": files tasks/ID.yaml define them.")}"),
                _ => throw new EvaluationException($"Say which task; there are {Names(library)}."),
            };
        // Benchmarks whose tasks come along with the hub bring only their data.
        if (!Has(library, name) && Has(SuiteCatalogue.Library, name)) library = SuiteCatalogue.Library;
        var group = library.FindGroup(name);
        if (!Has(library, name)) throw new EvaluationException($"The benchmark has no task '{(name.Length > 100 ? name[..100] + "…" : name)}'; there are {Names(library)}.");
        var tasks = library.GetTasks(name);
        if (tasks.Count > MostTasks) throw new EvaluationException($"'{name}' has {tasks.Count} tasks; at most {MostTasks} are measured in one run.");
        if (tasks.FirstOrDefault(task => !task.IsRunnable) is { } broken) throw new EvaluationException($"The task '{broken.Name}' cannot run here: {broken.Defects[0]}");
        return new(name, tasks, group, group is null ? new HashSet<string>() : Groups(group).ToHashSet(StringComparer.Ordinal));
    }

    static bool Has(TaskLibrary library, string name) => library.GroupNames.Contains(name) || library.TaskNames.Contains(name) || library.Tags.ContainsKey(name);

    static IEnumerable<string> Groups(TaskGroup group) => group.Members.Select(member => member.Group).OfType<TaskGroup>().SelectMany(Groups).Prepend(group.Name);

    static string Names(TaskLibrary library)
    {
        var names = library.GroupNames.Concat(library.TaskNames).Order(StringComparer.Ordinal).ToList();
        return string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? $" and {names.Count - NamesShown} more" : "");
    }

    /// <summary>For whoever asks by request: what is wrong with a task is no fault of the hub.</summary>
    public static ChosenTasks ChooseOrRefuse(string folder, string? name)
    {
        try
        {
            return Choose(folder, name);
        }
        catch (EvaluationException wrong)
        {
            throw Refusal.Invalid(wrong.Message);
        }
    }
}
