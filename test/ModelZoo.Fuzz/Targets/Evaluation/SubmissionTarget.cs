using System.Text;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Submissions;

namespace ModelZoo.Fuzz.Targets.Evaluation;

/// <summary>Results of other harnesses, in every format that is recognised.</summary>
sealed class SubmissionTarget : FuzzTarget
{
    static readonly SubmissionOptions s_options = new() { Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero) };

    static readonly SubmissionFile s_helmRun = SubmissionFile.Of("run/run_spec.json", """{"name":"a:b=c,model=m","scenario_spec":{},"adapter_spec":{"model":"m","max_train_instances":5}}"""u8.ToArray());
    static readonly SubmissionFile s_labels = SubmissionFile.Of("run/val_map.txt", "a 6\nb 0\n"u8.ToArray());

    public override string Name => "submission";

    public override bool IsRefusal(Exception error) => error is EvaluationException;

    public override IEnumerable<byte[]> Seeds(Random random) => ((string[])
    [
        """{"results":{"t":{"acc,none":0.5,"acc_stderr,none":0.1,"alias":"t"}},"groups":{"g":{"acc,none":0.4}},"configs":{"t":{"dataset_path":"d"}},"versions":{"t":1.0},"n-shot":{"t":5},"higher_is_better":{"t":{"acc":true}},"n-samples":{"t":{"original":9,"effective":9}},"config":{"limit":null,"model_sha":"a"},"date":1787000000.5}""",
        """{"doc_id":0,"target":"1","arguments":{"gen_args_0":{"arg_0":"q","arg_1":" a"},"gen_args_1":{"arg_0":"q","arg_1":" b"}},"filtered_resps":[["-2.5","False"],["-1.5","True"]],"filter":"none","metrics":["acc","acc_norm"],"acc":1.0,"acc_norm":1.0}""" + "\n"
            + """{"doc_id":1,"target":"x","filtered_resps":["x"],"metrics":["exact_match"],"exact_match":1.0,"word_perplexity":[-3.0,2]}""",
        """{"config_general":{"model_name":"m","model_sha":"a","max_samples":null},"results":{"t|5":{"em":0.5,"em_stderr":0.01},"all":{"em":0.5}},"versions":{"t|5":0}}""",
        """[{"name":{"name":"exact_match","split":"test"},"count":1,"mean":0.3576},{"name":{"name":"ece_10_bin","split":"test","perturbation":{"name":"typos"}},"count":1,"mean":0.1},{"name":{"name":"num_instances","split":"test"},"count":1,"mean":100.0}]""",
        """[{"seq_id":0,"qsl_idx":0,"data":"0000C040"},{"seq_id":1,"qsl_idx":1,"data":"00000000"}]""",
        "dataset,version,metric,mode,my-model\nmmlu,-,accuracy,gen,41.20\n\"a \"\"b\"\"\",-,-,-,-\n",
        "================\nMLPerf Results Summary\n================\nSUT name : S\nScenario : SingleStream\nMode     : PerformanceOnly\n90.0th percentile latency (ns) : 10512345\nResult is : VALID\n  Min duration satisfied : Yes\n",
        "---\nmodel-index:\n- name: m\n  results:\n  - task: {type: a}\n    dataset: {type: glue, name: G, config: sst2}\n    metrics:\n    - {type: accuracy, value: 0.912}\n    - {type: f1, value: \"91%\"}\n---\n# Card\n",
        "- dataset: {id: a/b, task_id: t, revision: x}\n  value: 20.9\n  date: \"2026-01-15\"\n  source: {url: u, name: n}\n- dataset: {id: c/d, task_id: e}\n  value: 0.4\n",
        """{"task_id":"test/0","completion":"return 1"}""" + "\n" + """{"task_id":"test/0","completion":"x"}""",
        """{"UID":"a","linguistics_term":"b","m":0.5,"n":0.25}""" + "\n" + """{"UID":"overall","linguistics_term":"overall","m":0.5}""",
        """{"accuracy": 44.4}""",
    ]).Select(Encoding.UTF8.GetBytes);

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var path = input.Span.TrimStart(" \n"u8).StartsWith("---"u8) ? "run/README.md" : "run/results/m/x.json";
        var read = SubmissionReader.Read([SubmissionFile.Of(path, input), s_helmRun with { Path = "run/results/m/run_spec.json" }, s_labels], s_options);
        foreach (var score in read.Scores)
            if (score.Record.Value is { } value && !double.IsFinite(value)) throw new InvalidOperationException("A value that is not finite got through.");
        return $"{string.Join('+', read.Formats)} {Math.Min(read.Scores.Count, 4)} {Math.Min(read.Samples.Count, 4)} {Math.Min(read.Findings.Count, 4)}";
    }
}
