using System.Text.Json;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Tests.Inference;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>Tasks, models and data that several tests run.</summary>
static class Runs
{
    public const string Mnist = """
        task: mnist_test
        dataset_path: zoo/mnist
        dataset_kwargs: {data_files: {test: [t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz]}}
        test_split: test
        output_type: classification
        doc_to_target: label
        metric_list:
          - {metric: acc}
          - {metric: top_k_acc, k: 5}
          - {metric: nll}
        metadata: {version: 1.0}
        zoo:
          loader: idx
          primary_metric: acc
          input: {column: image, kind: image}
          label_names: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
          subgroups: {by: label}
        """;

    public static string Blimp(string name) => $$$"""
        task: blimp_{{{name}}}
        dataset_path: zoo/blimp
        dataset_name: {{{name}}}
        validation_split: train
        output_type: multiple_choice
        doc_to_text: ""
        doc_to_target: 0
        doc_to_choice: "{{[sentence_good, sentence_bad]}}"
        num_fewshot: 0
        metric_list: [{metric: acc}]
        metadata: {version: 1.0}
        """;

    public static TaskDefinition Task(string yaml)
    {
        var task = TaskLibrary.Parse(yaml);
        Assert.True(task.IsRunnable, string.Join("; ", task.Defects));
        return task;
    }

    /// <summary>A folder with the model and what says how pictures are prepared.</summary>
    public static Folder MnistModel(string name, string preprocessor) => new Folder().Copy(Models.Require($"{name}/{(name == "mnist-cnn-cntk" ? "mnist" : "model")}.onnx"), "model.onnx").Write("preprocessor_config.json", preprocessor);

    public static Folder CntkModel() => MnistModel("mnist-cnn-cntk", """{"do_resize": false, "do_rescale": false, "do_normalize": false}""");

    public static string DataFolder(string file) => Path.GetDirectoryName(Models.RequireData(file))!;

    public static string ModelFolder(string file)
    {
        Models.RequireRuntime();
        return Path.GetDirectoryName(SharedModels.Require(file))!;
    }

    public static Task<EvaluationOutcome> RunAsync(TaskDefinition task, string model, string data, string output, Func<EvaluationPlan, EvaluationPlan>? change = null, CancellationToken stop = default)
    {
        var plan = new EvaluationPlan { Tasks = [task], ModelFolder = model, Dataset = new(data), OutputFolder = output };
        return EvaluationRun.RunAsync(change?.Invoke(plan) ?? plan, null, stop);
    }

    public static ScoreRecord Get(this EvaluationOutcome outcome, string metric, string filter = "none") => outcome.Scores.Single(score => score.Metric == metric && score.Filter == filter && score.Subgroup is null);

    public static List<JsonElement> Lines(string path) => [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
}
