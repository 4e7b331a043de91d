using System.Text;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Task files, and the prompts of those that can run.</summary>
sealed class TaskFileTarget : FuzzTarget
{
    static readonly Document s_document = new(0, "0", new Dictionary<string, object?> { ["q"] = "why", ["a"] = 1L, ["c"] = new List<object?> { "x", "y" }, ["text"] = "some text" });

    public override string Name => "task";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        foreach (var text in new[]
        {
            "task: t\ndataset_path: d\ntest_split: test\noutput_type: multiple_choice\ndoc_to_text: '{{q}}'\ndoc_to_choice: c\ndoc_to_target: a\nnum_fewshot: 1\nfewshot_config: {samples: [{q: z, a: 0, c: [m, n]}]}\n",
            "task: t\ndataset_path: d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: q\nfilter_list:\n  - name: f\n    filter: [{function: regex, regex_pattern: '(\\d+)'}, {function: take_first}]\nmetric_list: [{metric: exact_match, ignore_case: true}]\n",
            "task: t\ndataset_path: d\ntest_split: test\noutput_type: classification\ndoc_to_target: a\nmetric_list: [{metric: acc}, {metric: ece, bins: 15}]\nzoo: {input: {column: text, kind: text}, label_names: [a, b], scenario: offline, subgroups: {by: label}}\n",
            "task: &t t\ndataset_path: *t\nvalidation_split: test\noutput_type: loglikelihood_rolling\ndoc_to_target: text\nprocess_docs: !function u.f\nx: &x {a: 1}\ny: {<<: *x, b: 2}\n",
        }) yield return Encoding.UTF8.GetBytes(text);
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var task = TaskLibrary.Parse(Encoding.UTF8.GetString(input.Span));
        if (task.Hash.Length != 64) throw new InvalidOperationException("the task has no hash");
        if (!task.IsRunnable || PromptBuilder.FindExampleSplit(task, new()) is not null) return $"{task.OutputType} {task.Defects.Count}";
        return $"{task.OutputType} with {new PromptBuilder(task, new()).Build(s_document).Requests.Count} requests";
    }

    public override bool IsRefusal(Exception error) => error is EvaluationException;

    public override long MaxAllocated => 512L * 1024 * 1024;
}
