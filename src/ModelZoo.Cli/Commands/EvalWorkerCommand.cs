using System.CommandLine;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Models;
using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Inference;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo eval-worker PLAN`: what the hub starts to measure a model. It reads a plan, writes files into one folder and its progress to standard output, and ends with its standard input.</summary>
static class EvalWorkerCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("PLAN") { Description = "The plan, as JSON" };
        var command = new Command(WorkerPlan.Command, "Measure a model for a hub") { file };
        command.Hidden = true;
        command.SetAction(async (parse, stop) =>
        {
            var plan = WorkerPlan.Parse(await File.ReadAllBytesAsync(parse.GetRequiredValue(file), stop));
            _ = Task.Run(EndWithInputAsync, CancellationToken.None);
            using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
            var progress = new Lines(output);
            try
            {
                var outcome = await EvaluationRun.RunAsync(Read(plan), progress, stop);
                foreach (var task in outcome.Tasks) progress.Write(new(task.Task.Name, task.Samples, task.Samples, task.Errors, null, false));
                progress.Write(new(null, 0, null, 0, null, true));
                return 0;
            }
            catch (Exception wrong) when (wrong is EvaluationException or InferenceException or OutOfMemoryException)
            {
                progress.Write(new(null, 0, null, 0, wrong is OutOfMemoryException ? "The model needs more memory than a worker may have." : wrong.Message, false));
                return 1;
            }
        });
        return command;
    }

    static EvaluationPlan Read(WorkerPlan plan)
    {
        var chosen = EvaluationTasks.Choose(plan.Benchmark.Folder, plan.Task);
        var key = Environment.GetEnvironmentVariable(WorkerPlan.KeyVariable);
        Environment.SetEnvironmentVariable(WorkerPlan.KeyVariable, null);
        return new()
        {
            Tasks = chosen.Tasks, Group = chosen.Group, ModelFolder = plan.ModelFolder, AdapterFolders = plan.Adapters, Model = new(plan.Model, plan.ModelCommit, null),
            Endpoint = plan.Endpoint is not { } endpoint ? null : new EndpointSettings(new Uri(endpoint.Url)) { Model = endpoint.Model, Key = key, PrefersChat = endpoint.Kind == "chat", TokenizerFolder = endpoint.TokenizerFolder, Seed = plan.Seed },
            Dataset = Source(plan.Benchmark), Datasets = plan.Datasets.ToDictionary(other => other.Key, other => Source(other.Value)),
            OutputFolder = plan.OutputFolder, Limit = plan.Limit, Seed = plan.Seed, Concurrency = plan.Threads, Prompts = new() { NumFewshot = plan.NumFewshot },
        };
    }

    static DatasetSource Source(WorkerDataset dataset) => new(dataset.Folder, dataset.Repo, dataset.Revision);

    /// <summary>A hub that is killed tells nobody; but its end of the pipe closes.</summary>
    static async Task EndWithInputAsync()
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[16];
        while (await input.ReadAsync(buffer) > 0) { }
        Environment.Exit(3);
    }

    /// <summary>Progress as lines, some a second.</summary>
    sealed class Lines(TextWriter output) : IProgress<EvaluationProgress>
    {
        readonly ReportPace _pace = new(TimeSpan.FromMilliseconds(200));

        public void Report(EvaluationProgress value) => _pace.Sometimes(() => output.WriteLine(new WorkerReport(value.Task, value.Done, value.Total, value.Errors, null, false).ToLine()));

        public void Write(WorkerReport report) => _pace.Always(() => output.WriteLine(report.ToLine()));
    }
}
