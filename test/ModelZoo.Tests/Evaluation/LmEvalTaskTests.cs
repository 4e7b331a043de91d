using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Tests.Evaluation;

/// <summary>All task files of lm-evaluation-harness, where they are here: every one is read, and those that cannot run say why.</summary>
public sealed class LmEvalTaskTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_task_file_of_lm_evaluation_harness_is_read()
    {
        var folder = Environment.GetEnvironmentVariable("MODELZOO_LM_EVAL_TASKS");
        if (folder is null || !Directory.Exists(folder)) Assert.Skip("Set MODELZOO_LM_EVAL_TASKS to the folder lm_eval/tasks of a checkout of lm-evaluation-harness.");
        var library = new TaskLibrary(new TaskFolder(folder!));
        var (runnable, reasons, failed) = (0, new Dictionary<string, int>(), new List<string>());
        foreach (var name in library.TaskNames)
        {
            try
            {
                var task = library.FindTask(name)!;
                if (task.IsRunnable) runnable++;
                foreach (var reason in task.Defects.Select(Kind).Distinct()) reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            }
            catch (EvaluationException e)
            {
                failed.Add(e.Message);
            }
        }
        var groups = library.GroupNames.Count(name => TryGroup(library, name, failed));
        var report = $"{library.TaskNames.Count} tasks, {runnable} runnable; {groups} of {library.GroupNames.Count} groups; {library.Tags.Count} tags; {library.Problems.Count} other files\n"
            + string.Join("\n", reasons.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Value,6} {pair.Key}"))
            + "\nfiles: " + string.Join("\n", library.Problems.GroupBy(problem => problem.Message.Contains("a part of others") ? "parts of others" : problem.Message).Select(group => $"{group.Count()} {group.Key}"))
            + "\nfailed:\n" + string.Join("\n", failed.Take(60));
        output.WriteLine(report);
        if (Environment.GetEnvironmentVariable("MODELZOO_LM_EVAL_REPORT") is { } file) File.WriteAllText(file, report);
        Assert.True(library.TaskNames.Count > 10_000);
        Assert.True(failed.Count < library.TaskNames.Count / 100, string.Join("\n", failed.Take(20)));
    }

    static string Kind(TaskDefect defect) => defect.Construct.StartsWith("!function", StringComparison.Ordinal) ? $"!function in {defect.Key}" : $"{defect.Key}: {defect.Construct}";

    static bool TryGroup(TaskLibrary library, string name, List<string> failed)
    {
        try
        {
            return library.FindGroup(name) is not null;
        }
        catch (EvaluationException e)
        {
            failed.Add(e.Message);
            return false;
        }
    }
}
