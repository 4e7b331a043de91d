namespace ModelZoo.Evaluation.Tasks;

/// <param name="Path">Of the file.</param>
public sealed record TaskProblem(string Path, string Message);

/// <summary>
/// The tasks, groups and tags of a set of task files, as lm-evaluation-harness finds them: every <c>.yaml</c> file that says <c>task</c> or
/// <c>group</c>. Files that are broken are listed and hold up no others. Safe to use from several threads once it is made.
/// </summary>
public sealed class TaskLibrary
{
    const int MaxDepth = 16, MaxMembers = 20_000;

    static readonly string[] s_groupFields = ["group", "group_alias", "task", "aggregate_metric_list", "metadata"];

    readonly Dictionary<string, TaskMap> _tasks = new(StringComparer.Ordinal);
    readonly Dictionary<string, TaskMap> _groups = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, SortedSet<string>> _tags = new(StringComparer.Ordinal);
    readonly List<TaskProblem> _problems = [];

    public TaskLibrary(ITaskSource source)
    {
        var files = new TaskFiles(source);
        foreach (var path in source.Paths.Where(IsTaskFile).Order(StringComparer.Ordinal))
        {
            try
            {
                Add(path, files.Read(path));
            }
            catch (EvaluationException e)
            {
                _problems.Add(new(path, e.Message));
            }
        }
    }

    public IReadOnlyCollection<string> TaskNames => _tasks.Keys;

    public IReadOnlyCollection<string> GroupNames => _groups.Keys;

    /// <summary>Tags with the tasks that carry them.</summary>
    public IReadOnlyDictionary<string, SortedSet<string>> Tags => _tags;

    /// <summary>Files that are no task files although they end like ones, or that name a task another file has.</summary>
    public IReadOnlyList<TaskProblem> Problems => _problems;

    /// <summary>Reads one task from its text, without other files.</summary>
    /// <exception cref="EvaluationException">The text is no task file.</exception>
    public static TaskDefinition Parse(string text, string file = "task.yaml") =>
        TaskReader.Read(new TaskFiles(new TaskTexts(new Dictionary<string, string> { [file] = text })).Read(file));

    static bool IsTaskFile(string path) => path.EndsWith(".yaml", StringComparison.Ordinal) && !path.Contains("__pycache__", StringComparison.Ordinal) && !path.Contains(".ipynb_checkpoints", StringComparison.Ordinal);

    void Add(string path, TaskMap map)
    {
        if (map.Find("group") is TaskScalar { Value: string group } && !map.Has("class"))
        {
            if (!_groups.TryAdd(group, map)) _problems.Add(new(path, $"Another file has the group '{group}'."));
            return;
        }
        if (map.Find("task") is not { } named)
        {
            _problems.Add(new(path, "It names neither a task nor a group: a part of others."));
            return;
        }
        if (named is not TaskScalar { Value: string name }) throw named.Wrong("'task' must be a name.");
        if (!_tasks.TryAdd(name, map))
        {
            _problems.Add(new(path, $"Another file has the task '{name}'."));
            return;
        }
        foreach (var tag in map.FindTexts("tag"))
        {
            if (!_tags.TryGetValue(tag, out var tasks)) _tags[tag] = tasks = new(StringComparer.Ordinal);
            tasks.Add(name);
        }
    }

    /// <summary>Null when there is none of this name.</summary>
    /// <exception cref="EvaluationException">The task's file is wrong. (What merely cannot run is in <see cref="TaskDefinition.Defects"/>.)</exception>
    public TaskDefinition? FindTask(string name) => _tasks.TryGetValue(name, out var map) ? TaskReader.Read(map) : null;

    /// <summary>Null when there is none of this name.</summary>
    /// <exception cref="EvaluationException">The group's file is wrong, or names what is not there.</exception>
    public TaskGroup? FindGroup(string name) => _groups.TryGetValue(name, out var map) ? BuildGroup(name, map, [], 1) : null;

    /// <summary>The tasks that a name stands for: a task, the tasks of a group, or those of a tag.</summary>
    /// <exception cref="EvaluationException">There is nothing of this name, or its file is wrong.</exception>
    public IReadOnlyList<TaskDefinition> GetTasks(string name)
    {
        if (FindGroup(name) is { } group) return group.Tasks;
        if (FindTask(name) is { } task) return [task];
        return _tags.TryGetValue(name, out var tagged) ? [.. tagged.Select(one => FindTask(one)!)] : throw new EvaluationException($"There is no task, group or tag '{name}'.");
    }

    TaskGroup BuildGroup(string name, TaskMap map, IReadOnlyList<TaskEntry> overrides, int depth)
    {
        if (depth > MaxDepth) throw map.Wrong($"groups are nested more than {MaxDepth} deep, or hold themselves.");
        // What a group says beside its own fields is meant for its tasks.
        var inherited = new TaskMap(map.File, map.Line, [.. map.Entries.Where(entry => Array.IndexOf(s_groupFields, entry.Key) < 0 && entry.Key is not ("tag" or "include"))]).Under(overrides).Entries;
        var members = new List<TaskGroup.Member>();
        foreach (var item in map.FindItems("task"))
        {
            members.AddRange(BuildMembers(name, item, inherited, depth));
            if (members.Count > MaxMembers) throw map.Wrong($"the group has more than {MaxMembers} members.");
        }
        return new(name, map.FindName("group_alias"), members, ReadMetrics(map), (IReadOnlyDictionary<string, object?>?)map.FindMap("metadata")?.Plain() ?? TaskDefinition.NoFields);
    }

    IEnumerable<TaskGroup.Member> BuildMembers(string group, TaskNode item, IReadOnlyList<TaskEntry> overrides, int depth)
    {
        if (item is TaskScalar { Value: string word }) return BuildNamed(group, word, item, overrides, depth);
        if (item is not TaskMap map) throw item.Wrong("a member of a group is a name or a mapping.");
        if (map.FindName("group") is { } inner)
            return [new(null, _groups.TryGetValue(inner, out var known) ? BuildGroup(inner, known, new TaskMap(map.File, map.Line, overrides).Under(map.Without("group").Entries).Entries, depth + 1) : BuildGroup($"{group}::{inner}", map, overrides, depth + 1))];
        var name = map.FindName("task") ?? throw item.Wrong("a member of a group has 'task' or 'group'.");
        return BuildNamed(group, name, item, new TaskMap(map.File, map.Line, overrides).Under(map.Without("task").Entries).Entries, depth);
    }

    IEnumerable<TaskGroup.Member> BuildNamed(string group, string name, TaskNode at, IReadOnlyList<TaskEntry> overrides, int depth)
    {
        if (_groups.TryGetValue(name, out var inner)) return [new(null, BuildGroup(name, inner, overrides, depth + 1))];
        if (_tasks.TryGetValue(name, out var task)) return [new(TaskReader.Read(task.Under(overrides)), null)];
        if (_tags.TryGetValue(name, out var tagged)) return tagged.Select(one => new TaskGroup.Member(TaskReader.Read(_tasks[one].Under(overrides)), null));
        if (at is TaskScalar) throw at.Wrong($"there is no task, group or tag '{name}'.");
        var whole = new TaskMap(at.File, at.Line, overrides).Under([new("task", new TaskScalar(at.File, at.Line, $"{group}::{name}"))]);
        return [new(TaskReader.Read(whole), null)];
    }

    static List<GroupMetric> ReadMetrics(TaskMap map)
    {
        var metrics = new List<GroupMetric>();
        foreach (var item in map.FindItems("aggregate_metric_list"))
        {
            var metric = item as TaskMap ?? throw item.Wrong("a metric of a group is a mapping.");
            var aggregation = metric.Find("aggregation") is TaskFunction function ? $"!function {function.Name}" : metric.FindName("aggregation") ?? "mean";
            var name = metric.Find("metric") is TaskFunction other ? $"!function {other.Name}" : metric.FindName("metric") ?? throw item.Wrong("'metric' is missing.");
            metrics.Add(new(name, metric.Has("filter_list") && metric.Find("filter_list") is not null ? metric.FindTexts("filter_list") : null, aggregation, metric.FindFlag("weight_by_size") ?? true));
        }
        return metrics;
    }
}
