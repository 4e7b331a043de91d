using System.CommandLine;
using System.Globalization;
using ModelZoo.Evaluation;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Inference;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Cli.FineTuning;

/// <summary>`zoo finetune-worker PLAN`: what the hub starts to fine-tune a model. It reads a plan, writes into one folder and its progress to standard output, and ends with its standard input.</summary>
static class FinetuneWorkerCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("PLAN") { Description = "The plan, as JSON" };
        var command = new Command(FineTunePlan.Command, "Fine-tune a model for a hub") { file };
        command.Hidden = true;
        command.SetAction(async (parse, stop) =>
        {
            var plan = FineTunePlan.Parse(await File.ReadAllBytesAsync(parse.GetRequiredValue(file), stop));
            _ = Task.Run(EndWithInputAsync, CancellationToken.None);
            using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
            var lines = new Lines(output);
            try
            {
                var tuned = await new FineTuneRun(plan, words => lines.Write(new(null, 0, words, null, false)), lines, lines.Tell) { OnKept = lines.TellKept }.RunAsync(stop);
                lines.Write(new("done", 1, FinetuneCommand.Words(tuned.Test), null, true));
                return 0;
            }
            catch (Exception wrong) when (wrong is FineTuneException or EvaluationException or InferenceException or DivergedException or WeightFormatException or ConversionException or OutOfMemoryException)
            {
                lines.Write(new(null, 0, null, wrong is OutOfMemoryException ? "Training needs more memory than a worker may have." : wrong.Message, false));
                return 1;
            }
        });
        return command;
    }

    /// <summary>A hub that is killed tells nobody; but its end of the pipe closes.</summary>
    static async Task EndWithInputAsync()
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[16];
        while (await input.ReadAsync(buffer) > 0) { }
        Environment.Exit(3);
    }

    /// <summary>Progress as lines, some a second.</summary>
    sealed class Lines(TextWriter output) : IProgress<FineTuneProgress>
    {
        readonly ReportPace _pace = new(TimeSpan.FromMilliseconds(300));

        public void Report(FineTuneProgress value) => _pace.Sometimes(() =>
        {
            var within = value.Total > 0 ? (double)value.Done / value.Total : 0;
            var share = value.Stage == "training" ? (value.Epoch - 1 + within) / value.Epochs : (double)value.Epoch / value.Epochs;
            output.WriteLine(new FineTuneReport($"{value.Stage}, epoch {value.Epoch} of {value.Epochs}", Math.Clamp(share, 0, 1), null, null, false).ToLine());
        });

        public void Tell(EpochScore epoch) => Write(new(null, 0, FinetuneCommand.Words(epoch), null, false));

        public void TellKept(int epoch) => Write(new(null, 0, null, null, false) { Kept = epoch });

        public void Write(FineTuneReport report) => _pace.Always(() => output.WriteLine(report.ToLine()));
    }
}
