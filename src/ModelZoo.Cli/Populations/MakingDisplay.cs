using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Training;
using Spectre.Console;

namespace ModelZoo.Cli.Populations;

/// <summary>Shows how far training is: a bar of epochs on a terminal, one line for each finished member elsewhere, nothing beside JSON.</summary>
static class MakingDisplay
{
    public static Task<T> RunAsync<T>(Screen screen, BlueprintPlan plan, Func<IProgress<(Member Member, EpochReport Report)>?, Task<T>> work)
    {
        if (screen.IsJson) return work(null);
        if (!screen.ShowsProgress) return work(new Lines(screen));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask("epochs", maxValue: Math.Max(1, plan.Members.Sum(member => (double)member.Epochs + 1))))));
    }

    sealed class Lines(Screen screen) : IProgress<(Member Member, EpochReport Report)>
    {
        readonly Lock _gate = new();

        public void Report((Member Member, EpochReport Report) value)
        {
            if (value.Report.Epoch != value.Member.Epochs) return;
            var scores = string.Join(", ", value.Report.Splits.Select(split => $"{split.Split} {split.Accuracy:0.000}"));
            lock (_gate) screen.Line($"{value.Member.Id}  {value.Member.Epochs} epochs{(value.Report.TrainLoss is { } loss ? $", loss {loss:0.000}" : "")}{(scores.Length > 0 ? $", {scores}" : "")}");
        }
    }

    sealed class Bar(ProgressTask task) : IProgress<(Member Member, EpochReport Report)>
    {
        public void Report((Member Member, EpochReport Report) value)
        {
            task.Increment(1);
            task.Description = Markup.Escape(Screen.Clean(value.Member.Id));
        }
    }
}
