using ModelZoo.Weights;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows how far a conversion is: a bar on a terminal, nothing elsewhere.</summary>
static class ConversionDisplay
{
    public static Task<T> RunAsync<T>(Screen screen, Func<IProgress<ConversionProgress>?, Task<T>> work)
    {
        if (!screen.ShowsProgress) return work(null);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context.AddTask("reading headers"))));
    }

    sealed class Bar(ProgressTask task) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.DoneBytes;
            task.Description = Markup.Escape(Screen.Clean(value.Tensor));
        }
    }
}
