using System.CommandLine;
using System.Text.RegularExpressions;
using ModelZoo.Cli.Populations;
using ModelZoo.Client;
using ModelZoo.Learning.External;
using static ModelZoo.Cli.FineTuning.FinetuneOptions;

namespace ModelZoo.Cli.FineTuning;

/// <summary>Writes what fine-tunes a model elsewhere, for models beyond this machine: PyTorch, transformers and PEFT in exact versions, model and data at their commits.</summary>
static partial class FinetuneScript
{
    public static readonly Option<bool> Script = new("--script") { Description = "Train nothing: write scripts and job files into --out, for models beyond this machine (causal-lm, too)" };

    static readonly Option<string> s_claim = ScriptOptions.Claim("finetune");
    static readonly string[] s_tasks = ["text-classification", "image-classification", "causal-lm"];

    public static void AddTo(Command command)
    {
        command.Options.Add(Script);
        ScriptOptions.AddTo(command, s_claim);
    }

    public static async Task RunAsync(LocalCall call)
    {
        if (((Option[])[To, Tile, Threads, Memory, NoOnnx]).FirstOrDefault(option => IsGiven(call, option)) is { } meaningless) throw new UsageException($"{meaningless.Name} means nothing with --script.");
        var folder = call.Get(Out) ?? throw new UsageException("--out DIR says where the scripts go.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new UsageException($"'{folder}' is not empty.");
        var task = call.Get(TaskName) ?? throw new UsageException($"--task says what the model is to do: {string.Join(", ", s_tasks)}.");
        if (!s_tasks.Contains(task)) throw new UsageException($"--task is '{task}'; it can be {string.Join(", ", s_tasks)}.");
        if (task == "causal-lm" && (call.Get(Regression) || call.Get(Method) == "probe")) throw new UsageException("causal-lm has no head of classes: --method lora or full, without --regression.");
        var settings = SettingsOf(call, UsualRates.OfLarge(MethodOf(call)));
        settings.Validate();
        if (settings.Dropout is not null) throw new UsageException("--dropout means nothing with --script: the model's own shares are taken.");
        var (model, data) = (await FixAsync(call, call.Get(Model), RepoKind.Model), await FixAsync(call, call.Get(Dataset), RepoKind.Dataset));
        var order = new TuningTask
        {
            Task = task, Model = model.Name, Revision = model.Revision, BaseName = call.Get(BaseName) ?? (model.IsLocal ? Path.GetFileName(model.Name) : model.Name), Dataset = data.Name, DatasetRevision = data.Revision, Config = call.Get(Config),
            Text = call.Get(Text), Pair = call.Get(Pair), Image = call.Get(Image), Label = call.Get(Label), TrainSplit = call.Get(Train)!, ValidationSplit = call.Get(Validation)!, TestSplit = call.Get(Test)!, Limit = call.Get(Limit),
            MaxLength = call.Get(Length), IsRegression = call.Get(Regression), DrawsHead = call.Get(NewHead), Merges = call.Get(Merge), Settings = settings,
        };
        var files = await TuningScripts.WriteAsync(order, model.Hub ?? data.Hub, folder, ScriptOptions.Read(call, ScriptKind.Peft, s_claim), call.Stop);
        if (call.Screen.IsJson) call.Screen.Json(new { folder, files, revision = model.Revision, datasetRevision = data.Revision });
        else call.Screen.Line($"{files.Count} files are in {folder}; README.md says how to begin");
    }

    /// <summary>A folder as it is; a repository at a commit: as it is written, or as the hub says.</summary>
    static async Task<Fixed> FixAsync(LocalCall call, string text, RepoKind kind)
    {
        if (Directory.Exists(text) || (kind == RepoKind.Dataset && File.Exists(text))) return new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)), null, null, true);
        if (!text.Contains('/', StringComparison.Ordinal)) throw new UsageException($"'{text}' is no folder and no repository (owner/name).");
        var address = RepoAddress.Parse(text, kind);
        // A commit is one wherever it lies: where such scripts run, another hub may have it.
        if (address.Revision is { } written && Commit().IsMatch(written)) return new(address.Repo.Id, written, call.Parse.GetValue(HubAccess.Endpoint) is { Length: > 0 } ? HubAccess.FindEndpoint(call.Parse, CredentialStore.Load()) : null, false);
        Fixed? found = null;
        await HubCall.RunAsync(call.Parse, async hub =>
        {
            var commit = (await hub.Zoo.GetRepositoryAsync(address.Repo, address.RevisionOrMain, stop: hub.Stop)).Sha ?? throw new UsageException($"The hub does not say which commit '{text}' is.");
            found = new(address.Repo.Id, commit, hub.Endpoint, false);
        }, call.Stop);
        return found!;
    }

    sealed record Fixed(string Name, string? Revision, Uri? Hub, bool IsLocal);

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Commit();
}
