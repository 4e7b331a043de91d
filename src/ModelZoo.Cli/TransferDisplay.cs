using ModelZoo.Client;
using ModelZoo.Git;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows files on their way: a bar each on a terminal (on stderr), one line per finished file elsewhere, nothing beside JSON.</summary>
static class TransferDisplay
{
    public static Task<T> RunAsync<T>(Screen screen, Func<IProgress<TransferProgress>?, Task<T>> work)
    {
        if (screen.IsJson) return work(null);
        return screen.ShowsProgress ? WithBarsAsync(work) : work(new Lines(screen));
    }

    static Task<T> WithBarsAsync<T>(Func<IProgress<TransferProgress>?, Task<T>> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(false).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bars(context)));
    }

    sealed class Lines(Screen screen) : IProgress<TransferProgress>
    {
        readonly Lock _gate = new();

        public void Report(TransferProgress value)
        {
            if (value.Stage is not (TransferStage.Done or TransferStage.Skipped)) return;
            lock (_gate) screen.Line($"{value.Path}  {Screen.Size(value.TotalBytes)}{Note(value)}");
        }

        static string Note(TransferProgress value) =>
            value.Stage == TransferStage.Skipped ? "  (there already)" : value.KnownBytes > 0 ? $"  ({Screen.Size(value.KnownBytes)} known to the hub)" : "";
    }

    sealed class Bars(ProgressContext context) : IProgress<TransferProgress>
    {
        /// <summary>A repository may have thousands of small files: only those that take time get a bar of their own.</summary>
        const long OwnBarBytes = 1 << 20;

        readonly Dictionary<RepoPath, ProgressTask> _bars = [];

        public void Report(TransferProgress value)
        {
            if (value.TotalBytes < OwnBarBytes) return;
            var bar = BarOf(value);
            bar.Description = Markup.Escape(Screen.Clean(value.Path.Value)) + (value.Stage switch
            {
                TransferStage.Hashing => " [dim]checking[/]",
                TransferStage.Skipped => " [dim]there already[/]",
                _ when value.KnownBytes > 0 => $" [dim]{Markup.Escape(Screen.Size(value.KnownBytes))} known[/]",
                _ => "",
            });
            bar.Value = value.Stage is TransferStage.Done or TransferStage.Skipped ? bar.MaxValue : value.DoneBytes;
        }

        ProgressTask BarOf(TransferProgress value)
        {
            lock (_bars)                                     // ranges of one file report at the same time
            {
                if (!_bars.TryGetValue(value.Path, out var bar))
                    _bars[value.Path] = bar = context.AddTask(Markup.Escape(Screen.Clean(value.Path.Value)), maxValue: Math.Max(1, value.TotalBytes));
                return bar;
            }
        }
    }
}
