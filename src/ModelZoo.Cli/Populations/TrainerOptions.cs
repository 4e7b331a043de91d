using System.CommandLine;
using System.Globalization;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.External;
using ModelZoo.Learning.External.Slurm;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Cli.Populations;

/// <summary>Who trains: this program, a command (docs/trainers.md), or a Slurm cluster.</summary>
static class TrainerOptions
{
    static readonly Option<string?> Trainer = new("--trainer") { Description = "Train each member by this command; its folder is put at {} or at the end (docs/trainers.md)", HelpName = "COMMAND" };
    static readonly Option<string?> Work = new("--work") { Description = "Where trainers work; with --slurm a folder that every node sees [default: beside --out]", HelpName = "DIR" };
    static readonly Option<bool> KeepWork = new("--keep-work") { Description = "Leave the folders of members that are done" };
    static readonly Option<int> Retries = new("--retries") { Description = "Run a command again that failed", HelpName = "N" };
    static readonly Option<string?> TimeLimit = new("--time-limit") { Description = "Longest run of one command: 90s, 30m, 12h", HelpName = "TIME" };
    static readonly Option<bool> RetryFailed = new("--retry-failed") { Description = "With --resume: train members again that failed, except those whose numbers diverged" };
    static readonly Option<bool> Slurm = new("--slurm") { Description = "Train on a Slurm cluster, by --trainer or by this program" };
    static readonly Option<bool> Cancel = new("--cancel-jobs") { Description = "Slurm: cancel the jobs when this command is stopped; otherwise they go on and --resume collects them" };
    static readonly Option<double> Poll = new("--poll") { Description = "Slurm: seconds between looks at the queue", HelpName = "SECONDS", DefaultValueFactory = _ => 5, Hidden = true };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[Trainer, Work, KeepWork, Retries, TimeLimit, RetryFailed, Slurm, Cancel, Poll]) command.Options.Add(option);
        SlurmOptions.AddTo(command);
    }

    /// <summary>Whether somebody else than this process trains.</summary>
    public static bool IsExternal(LocalCall call) => call.Get(Trainer) is not null || call.Get(Slurm);

    public static async Task<IReadOnlyList<MemberOutcome>> RunAsync(LocalCall call, Blueprint blueprint, BlueprintPlan plan, Func<BlueprintDataset, ImageSplits?> data, IPopulationPlace place, string folder, int workers, int? asked, IProgress<(Member Member, EpochReport Report)>? progress, CancellationToken stop)
    {
        if (!IsExternal(call))
        {
            var own = new PopulationStore(blueprint, place);
            if (call.Get(RetryFailed)) await own.ForgetFailuresAsync(plan.Members, stop);
            return await new PopulationTrainer(blueprint, data, own).RunAsync(plan.Members, workers, progress, stop);
        }
        var command = call.Get(Trainer) ?? OwnCommand();
        var settings = new ExternalSettings(command, Whole(call.Get(Retries), "--retries", 0, 100), Duration(call.Get(TimeLimit)), call.Get(KeepWork));
        var store = new PopulationStore(blueprint, place) { KeepsResume = false, MeasuredBy = $"{PopulationStore.Code}; trained by {(call.Get(Trainer) is null ? "it" : "a command")}" };
        if (call.Get(RetryFailed)) await store.ForgetFailuresAsync(plan.Members, stop);
        var work = new WorkPlace(call.Get(Work) ?? folder.TrimEnd('/') + ".work", blueprint, data);
        using var held = new FolderPlace(work.Root).Lock();
        var outcomes = call.Get(Slurm)
            ? await new SlurmTrainer(blueprint, store, work, settings, SlurmOf(call, asked)).RunAsync(plan.Members, progress, stop)
            : await new ExternalTrainer(blueprint, store, work, settings).RunAsync(plan.Members, workers, progress, stop);
        if (!settings.KeepsWork && outcomes.All(outcome => outcome.Status == MemberStatus.Done)) Directory.Delete(work.Root, recursive: true);
        return outcomes;
    }

    static SlurmSettings SlurmOf(LocalCall call, int? asked) => SlurmOptions.Read(call) with { AtOnce = asked ?? 0, CancelsOnStop = call.Get(Cancel), Pause = TimeSpan.FromSeconds(Math.Clamp(call.Get(Poll), 0.2, 600)) };

    /// <summary>This very program as a trainer; a node must see it at the same place.</summary>
    static string OwnCommand()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "zoo.dll");
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        return $"exec {Quote(host)} exec {Quote(program)} population member {{}}";

        static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    static int Whole(int value, string name, int low, int high) => value >= low && value <= high ? value : throw new UsageException($"{name} is a number from {low} to {high}.");

    static TimeSpan? Duration(string? text)
    {
        if (text is null) return null;
        var unit = text.Length > 1 ? text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 } : 0;
        return unit > 0 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value * unit is > 0 and < 1e8
            ? TimeSpan.FromSeconds(value * unit) : throw new UsageException($"--time-limit is a number with s, m, h or d, such as 30m, not '{text}'.");
    }
}
