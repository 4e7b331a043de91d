namespace ModelZoo.Evaluation.Tasks;

/// <summary>The tasks and groups that come along (data/suites). Their data do not: docs/tasks.md says which files each expects.</summary>
public static class SuiteCatalogue
{
    const string Prefix = "data/suites/";

    /// <summary>The files as they are, for those who copy one to begin with.</summary>
    public static ITaskSource Source { get; } = TaskTexts.Embedded(typeof(SuiteCatalogue).Assembly, Prefix);

    public static TaskLibrary Library { get; } = new(Source);

    /// <summary>Groups and the tasks that belong to none, by name.</summary>
    public static IReadOnlyList<Suite> All { get; } = [.. Read().OrderBy(suite => suite.Name, StringComparer.Ordinal)];

    /// <summary>Null when none comes along under this name.</summary>
    public static Suite? Find(string name) => All.FirstOrDefault(suite => suite.Name == name);

    static IEnumerable<Suite> Read()
    {
        var inGroups = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Library.GroupNames)
        {
            var group = Library.FindGroup(name)!;
            inGroups.UnionWith(group.Tasks.Select(task => task.Name));
            yield return new(name, group.Alias, group, group.Tasks);
        }
        foreach (var name in Library.TaskNames.Where(name => !inGroups.Contains(name)))
            yield return new(name, Library.FindTask(name)!.Alias, null, [Library.FindTask(name)!]);
    }
}

/// <param name="Group">Null where the suite is one task.</param>
public sealed record Suite(string Name, string? Alias, TaskGroup? Group, IReadOnlyList<TaskDefinition> Tasks);
