using ModelZoo.Evaluation.Filters;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Tasks;

/// <summary>Finds what stands in the way of running a task before anything is loaded: it is listed with its place, and never run differently.</summary>
static class TaskChecks
{
    static readonly string[] s_templates = ["description", "doc_to_text", "doc_to_target", "doc_to_choice", "gen_prefix", "doc_to_decontamination_query"];

    public static void Check(TaskDefinition task, TaskMap map, List<TaskDefect> defects)
    {
        void Add(string key, string construct, string reason) => defects.Add(new(map.At(key).File, map.At(key).Line, key, construct, reason));

        foreach (var key in s_templates)
            if (map.Find(key) is { } value) CheckTemplate(value, key, defects);
        if (map.Find("fewshot_config") is TaskMap fewshot)
            foreach (var key in s_templates)
                if (fewshot.Find(key) is { } value) CheckTemplate(value, $"fewshot_config.{key}", defects);

        var isText = task.OutputType is OutputType.GenerateUntil or OutputType.MultipleChoice or OutputType.Loglikelihood or OutputType.LoglikelihoodRolling;
        if (map.Has("class")) return;
        if (task.EvaluatedSplit is null && task.OutputType != OutputType.Performance) Add("test_split", "test_split", "neither a test nor a validation split is named.");
        if (isText && !map.Has("doc_to_target")) Add("doc_to_target", "doc_to_target", "it is missing.");
        if (isText && task.OutputType != OutputType.LoglikelihoodRolling && !map.Has("doc_to_text")) Add("doc_to_text", "doc_to_text", "it is missing.");
        if (task.OutputType == OutputType.MultipleChoice && map.Find("doc_to_choice") is null) Add("doc_to_choice", "doc_to_choice", "it is missing.");
        if (map.Find("unsafe_code") is TaskScalar { Value: true } && task.Zoo.Program is null) Add("unsafe_code", "unsafe_code", "generated programs run only where 'zoo.program' says how they are tested.");
        if (map.Find("dataset_path") is null && map.Find("custom_dataset") is null) Add("dataset_path", "dataset_path", "it is missing.");
        CheckFilters(task, map, defects);
        foreach (var metric in task.Metrics)
        {
            try
            {
                MetricCatalogue.Create(metric.Name, metric.Options, metric.Aggregation);
            }
            catch (EvaluationException e)
            {
                Add("metric_list", metric.Name, e.Message);
            }
        }
        if (task.Metrics.Count == 0 && task.OutputType is not (OutputType.Performance) && map.Find("metric_list") is null) Add("metric_list", "metric_list", $"a task of the type {task.OutputType.Word()} says which metrics it has.");
    }

    static void CheckFilters(TaskDefinition task, TaskMap map, List<TaskDefect> defects)
    {
        var at = map.At("filter_list");
        foreach (var filter in task.Filters)
        {
            if (task.OutputType != OutputType.GenerateUntil)
            {
                if (filter.Steps.Any(step => step.Function != "take_first")) defects.Add(new(at.File, at.Line, "filter_list", filter.Name, "filters change generated texts; this task has none."));
                continue;
            }
            try
            {
                _ = new FilterPipeline(filter);
            }
            catch (EvaluationException e)
            {
                defects.Add(new(at.File, at.Line, "filter_list", filter.Name, e.Message));
            }
        }
    }

    static void CheckTemplate(TaskNode value, string key, List<TaskDefect> defects)
    {
        switch (value)
        {
            case TaskScalar { Value: string text } when text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal) || text.Contains("{#", StringComparison.Ordinal):
                try
                {
                    foreach (var construct in Template.Parse(text, TemplateDialect.Task).Unsupported)
                        defects.Add(new(value.File, value.Line, key, construct.Construct, $"{construct.Reason} (Line {construct.Line} of the template.)"));
                }
                catch (TemplateException e)
                {
                    defects.Add(new(value.File, value.Line, key, e.Construct, $"{e.Reason} (Line {e.Line} of the template.)"));
                }
                break;
            case TaskScalar or TaskFunction: break;
            case TaskList or TaskMap when key.EndsWith("doc_to_choice", StringComparison.Ordinal) || key.EndsWith("doc_to_target", StringComparison.Ordinal): break;
            default:
                defects.Add(new(value.File, value.Line, key, "a value", "a text is expected."));
                break;
        }
    }
}
