using System.CommandLine;
using System.Text;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo tasks [NAME]`: the benchmark tasks that come along, and which of them can run.</summary>
static class TasksCommand
{
    public static Command Build()
    {
        var name = new Argument<string?>("NAME") { Description = "A task, group or tag", Arity = ArgumentArity.ZeroOrOne };
        return LocalCall.On(new Command("tasks", "List benchmark tasks, or show one") { name, HubCall.Json }, call =>
        {
            if (call.Parse.GetValue(name) is { } one) Show(call.Screen, one);
            else List(call.Screen, SuiteCatalogue.Library);
            return Task.CompletedTask;
        });
    }

    sealed record Row(string Name, string Kind, TaskDefinition? Task);

    static void List(Screen screen, TaskLibrary library)
    {
        var rows = library.GroupNames.Order(StringComparer.Ordinal).Select(name => new Row(name, "group", null))
            .Concat(library.TaskNames.Order(StringComparer.Ordinal).Select(name => new Row(name, "task", library.FindTask(name)))).ToList();
        if (screen.IsJson)
        {
            screen.Json(rows.Select(row => new { row.Name, row.Kind, dataset = row.Task?.DatasetPath, outputType = row.Task?.OutputType.Word(), isRunnable = row.Task?.IsRunnable, defects = row.Task?.Defects.Select(defect => defect.ToString()) }));
            return;
        }
        screen.Table(["name", "kind", "asks for", "data", "runnable"],
            [.. rows.Select(row => new[] { row.Name, row.Kind, row.Task?.OutputType.Word() ?? "", row.Task?.DatasetPath ?? "", row.Task is null or { IsRunnable: true } ? "" : $"no: {row.Task.Defects[0].Construct}" })]);
    }

    static void Show(Screen screen, string name)
    {
        var tasks = SuiteCatalogue.Library.GetTasks(name);
        if (tasks is [var task] && task.Name == name)
        {
            if (screen.IsJson)
            {
                screen.Json(new { name = task.Name, hash = task.Hash, isRunnable = task.IsRunnable, defects = task.Defects.Select(defect => defect.ToString()), resolved = task.Resolved });
                return;
            }
            var text = new StringBuilder();
            foreach (var (key, value) in task.Resolved) text.Append(key).Append(": ").AppendLine(Inference.Templates.PythonText.Quoted(value));
            foreach (var line in text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)) screen.Line(line.TrimEnd());
            screen.Line($"hash: {task.Hash}");
            foreach (var defect in task.Defects) screen.Line($"not runnable: {defect}");
            return;
        }
        if (screen.IsJson) screen.Json(tasks.Select(member => new { name = member.Name, isRunnable = member.IsRunnable }));
        else screen.Table(["name", "asks for", "runnable"], [.. tasks.Select(member => new[] { member.Name, member.OutputType.Word(), member.IsRunnable ? "" : $"no: {member.Defects[0].Construct}" })]);
    }
}
