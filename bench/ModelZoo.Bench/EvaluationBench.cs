using System.Diagnostics;
using System.Globalization;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Bench;

/// <summary>The MNIST test set through the harness, against a plain loop in Node and against a plain loop over the same session.</summary>
static class EvaluationBench
{
    const int Samples = 10_000, Batch = 32;

    const string Task = """
        task: mnist_test
        dataset_path: mnist
        dataset_kwargs: {data_files: {test: [t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz]}}
        test_split: test
        output_type: classification
        doc_to_target: label
        metric_list: [{metric: acc}, {metric: top_k_acc, k: 5}, {metric: nll}, {metric: ece, bins: 15}]
        zoo: {loader: idx, input: {column: image, kind: image}}
        """;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = InferenceBench.FindData();
        var model = Path.Combine(options.Folder, "model");
        Directory.CreateDirectory(model);
        File.Copy(Path.Combine(data, "models", "mnist-cnn-cntk", "mnist.onnx"), Path.Combine(model, "model.onnx"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(model, "preprocessor_config.json"), """{"do_resize": false, "do_rescale": false, "do_normalize": false}""");
        var images = Path.Combine(data, "eval", "mnist-t10k");
        using var peer = await InferenceBench.StartPeerAsync(options.Folder);
        var (whole, bare, node, wall) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            var own = await CpuAsync(() => HarnessAsync(model, images, Path.Combine(options.Folder, $"out{round}")));
            var seconds = clock.Elapsed.TotalSeconds;
            var loop = await CpuAsync(() => BareAsync(model, images));
            var answer = await InferenceBench.AskAsync(peer, "mnist", Path.Combine(model, "model.onnx"), images);
            if ((int)answer[1] != 9891) throw new InvalidOperationException($"Node has {answer[1]} right, not 9891.");
            if (round == 0) continue;
            whole.Add(own);
            bare.Add(loop);
            node.Add(answer[0] / 1e6);
            wall.Add(seconds);
        }
        var overhead = whole.Zip(bare, (a, b) => (a - b) / Samples * 1e6).ToList();
        return new("evaluation", "The MNIST test set, end to end",
            $"{Samples} pictures through a CNN of 26 KB, one by one as its graph wants it, one thread: reading, running, judging with four metrics, a record for each sample, confidence intervals. Node: a plain loop of onnxruntime-node that reads the same files and counts what is right.",
            ["processor seconds", "ModelZoo", "the other", "ModelZoo / the other"],
            [
                ["harness against Node's loop", Spread(whole), Spread(node), Ratio(whole, node)],
                ["harness against a bare loop in C#", Spread(whole), Spread(bare), Ratio(whole, bare)],
                ["harness, µs a sample above the bare loop", overhead.Spread(), "", ""],
            ],
            [
                $"{options.Rounds} rounds in turn after one to warm up; medians and ranges. A run of the harness took {wall.Median().ToString("0.00", CultureInfo.InvariantCulture)} s.",
                "The harness loads the model in each run; the loops keep theirs. Its sample file alone has 10 MB.",
            ]);
    }

    static string Spread(List<double> seconds) => seconds.Spread();

    static string Ratio(List<double> ours, List<double> theirs) => ours.Zip(theirs, (a, b) => a / b).ToList().Spread();

    static async Task<double> CpuAsync(Func<Task> work)
    {
        var before = Environment.CpuUsage.TotalTime;
        await work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    static async Task HarnessAsync(string model, string data, string output)
    {
        var outcome = await EvaluationRun.RunAsync(new() { Tasks = [TaskLibrary.Parse(Task)], ModelFolder = model, Dataset = new(data), OutputFolder = output, BatchSize = Batch }, null, CancellationToken.None);
        if (outcome.Scores[0].Value != 0.9891) throw new InvalidOperationException($"The harness scores {outcome.Scores[0].Value}, not 0.9891.");
    }

    /// <summary>The same rows, session and batches, and nothing else but counting.</summary>
    static async Task BareAsync(string model, string data)
    {
        using var opened = await RunnableModel.OpenAsync(model, SessionSettings.Default, CancellationToken.None);
        var made = opened.ImageClassifier();
        var classifier = opened.ImageClassifier(made.Pipeline with { IsGrey = true });
        var right = 0;
        foreach (var batch in new DatasetFolder(data).Get(new("test", Format: DataFormat.Idx)).Read(CancellationToken.None).Chunk(Batch))
        {
            var scores = classifier.Score([.. batch.Select(row => new Image(28, 28, 1, Array.ConvertAll(((NumberArray)row.Fields["image"]!).Values.ToArray(), pixel => (byte)pixel)))], CancellationToken.None);
            for (var i = 0; i < batch.Length; i++)
                if (Scores.ArgMax(scores[i]) == (long)batch[i].Fields["label"]!) right++;
        }
        if (right != 9891) throw new InvalidOperationException($"{right} are right, not 9891.");
    }
}
