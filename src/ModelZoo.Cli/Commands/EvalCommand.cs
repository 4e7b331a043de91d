using System.CommandLine;
using System.Globalization;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Templates;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo eval --model M --task T`: how good or how fast a model is, here or behind an address.</summary>
static class EvalCommand
{
    static readonly Option<string> s_model = new("--model", "-m") { Description = "A folder, owner/name[@revision] on the hub, or the http(s) address of an OpenAI-compatible endpoint", Required = true };
    static readonly Option<string[]> s_tasks = new("--task", "-t") { Description = "A task, group or tag of `zoo tasks`, or a task file (repeatable)", Required = true };
    static readonly Option<string?> s_data = new("--data") { Description = "A folder or owner/name[@revision] with the data [default: the task's dataset on the hub]" };
    static readonly Option<int?> s_limit = new("--limit") { Description = "Only the first N samples; such scores are not ranked", HelpName = "N" };
    static readonly Option<string?> s_out = new("--out", "-o") { Description = "Where samples and results go [default: zoo-eval/MODEL]; the same folder resumes an interrupted run", HelpName = "DIR" };
    static readonly Option<int?> s_batch = new("--batch") { Description = "Samples in one batch", HelpName = "N" };
    static readonly Option<int?> s_threads = new("--threads") { Description = "Batches at once: threads here, connections to an endpoint", HelpName = "N" };
    static readonly Option<int> s_seed = new("--seed") { Description = "Seed of everything that is drawn", DefaultValueFactory = _ => 1234, HelpName = "N" };
    static readonly Option<int?> s_shots = new("--num-fewshot") { Description = "Examples before each question [default: the task's]", HelpName = "N" };
    static readonly Option<bool> s_chat = new("--apply-chat-template") { Description = "Word prompts as the model's chat template does" };
    static readonly Option<string?> s_modelName = new("--model-name") { Description = "Endpoint: the model's name there [default: the first it lists]", HelpName = "NAME" };
    static readonly Option<string?> s_tokenizer = new("--tokenizer") { Description = "Endpoint: a folder with the model's tokenizer", HelpName = "DIR" };
    static readonly Option<string[]> s_adapters = new("--adapter") { Description = "A folder with a LoRA adapter for the model (repeatable)", HelpName = "DIR" };
    static readonly Option<bool> s_programs = new("--run-programs") { Description = "Run programs that the model writes (HumanEval), sandboxed; off by default" };

    public static Command Build() => LocalCall.On(
        new Command("eval", "Measure a model with benchmark tasks")
        {
            s_model, s_tasks, s_data, s_limit, s_out, s_batch, s_threads, s_seed, s_shots, s_chat, s_modelName, s_tokenizer, s_adapters, s_programs, HubCall.Json,
        }, RunAsync);

    static async Task RunAsync(LocalCall call)
    {
        if (call.Get(s_limit) is < 1) throw new UsageException("--limit needs a number above 0.");
        var (tasks, group) = EvalSources.FindTasks(call.Get(s_tasks)!);
        var name = call.Get(s_model)!;
        var isEndpoint = name.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || name.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        var model = isEndpoint ? null : await EvalSources.FindModelAsync(call, name);
        var (chat, digest) = call.Get(s_chat) && model is not null ? await FindChatAsync(model.Folder, call.Stop) : (null, null);
        var plan = new EvaluationPlan
        {
            Tasks = tasks, Group = group, ModelFolder = model?.Folder, AdapterFolders = call.Get(s_adapters) ?? [], Model = model is null ? null : new(model.Repo, model.Revision, null),
            Endpoint = isEndpoint ? Endpoint(call, name) : null,
            Datasets = call.Get(s_data) is null ? await EvalSources.FindDatasetsAsync(call, tasks) : new Dictionary<string, DatasetSource>(),
            Dataset = call.Get(s_data) is { } data ? await EvalSources.FindDatasetAsync(call, data) : null,
            OutputFolder = call.Get(s_out) ?? Path.Combine("zoo-eval", EvalSources.SafeName(model?.Repo ?? name)),
            Limit = call.Get(s_limit), BatchSize = call.Get(s_batch), Concurrency = call.Get(s_threads), Seed = call.Get(s_seed),
            Prompts = new PromptSettings { NumFewshot = call.Get(s_shots), Chat = chat }, ChatTemplateDigest = digest, Programs = call.Get(s_programs) ? new ProgramSandbox() : null,
        };
        var outcome = await EvaluationRun.RunAsync(plan, call.Screen.ShowsProgress ? new Line(call.Screen) : null, call.Stop);
        if (call.Screen.ShowsProgress) await call.Screen.Error.WriteLineAsync();
        if (call.Screen.IsJson) await call.Screen.Output.WriteLineAsync(System.Text.Encoding.UTF8.GetString(ScoreRecords.Serialize(outcome.Scores)));
        else Show(call.Screen, outcome, plan);
    }

    static EndpointSettings Endpoint(LocalCall call, string address) => new(new(address))
    {
        Model = call.Get(s_modelName), TokenizerFolder = call.Get(s_tokenizer), Concurrency = call.Get(s_threads) ?? 4, Seed = call.Get(s_seed),
        // Never an option: it would stand in the history of the shell and in lists of processes.
        Key = Environment.GetEnvironmentVariable("MODELZOO_MODEL_KEY") ?? Environment.GetEnvironmentVariable("OPENAI_API_KEY"),
    };

    static async Task<(ChatRenderer?, string?)> FindChatAsync(string folder, CancellationToken stop)
    {
        var template = await ChatTemplate.FindAsync(new FolderFiles(folder), stop) ?? throw new UsageException("The model has no chat template.");
        return ((messages, opensAnswer) => opensAnswer ? template.Render(messages) : template.RenderOpen(messages), template.Digest);
    }

    static void Show(Screen screen, EvaluationOutcome outcome, EvaluationPlan plan)
    {
        var rows = outcome.Scores.Where(score => score.Subgroup is null).Select(score => new[]
        {
            score.Task.Id, score.Metric, score.Filter == "none" ? "" : score.Filter, score.HigherIsBetter ? "↑" : "↓", Number(score.Value), score.Stderr is { } error ? $"± {Number(error)}" : "",
            score.Ci95 is { } interval ? $"{Number(interval.Low)} … {Number(interval.High)}" : "", score.N?.ToString(CultureInfo.InvariantCulture) ?? "",
        }).ToList();
        screen.Table(["task", "metric", "filter", "", "value", "error", "95 %", "n"], rows);
        foreach (var task in outcome.Tasks)
        {
            if (task.Resumed > 0) screen.Say($"{task.Task.Name}: {task.Resumed} of {task.Samples} samples were there already.");
            if (task.Errors > 0) screen.Say($"{task.Task.Name}: {task.Errors} samples are errors and count as wrong.");
            if (task.Scores.Count == 0) screen.Say($"{task.Task.Name}: answers are stored and not judged (programs run only with --run-programs).");
        }
        if (outcome.Scores.Count > 0 && outcome.Scores[0].Unranked is { } reason) screen.Say($"Not to be ranked: {reason}.");
        screen.Say($"Samples and results are in {plan.OutputFolder}.");
    }

    static string Number(double? value) => value is not { } number ? "undefined" : number.ToString(Math.Abs(number) is >= 1000 or 0 ? "0.##" : "0.######", CultureInfo.InvariantCulture);

    /// <summary>One line that counts up.</summary>
    sealed class Line(Screen screen) : IProgress<EvaluationProgress>
    {
        long _last;

        public void Report(EvaluationProgress value)
        {
            var now = Environment.TickCount64;
            if (now - Interlocked.Read(ref _last) < 100) return;
            Interlocked.Exchange(ref _last, now);
            screen.Error.Write($"\r{Screen.Clean(value.Task)}  {value.Done}{(value.Total is { } total ? $" of {total}" : "")}{(value.Errors > 0 ? $", {value.Errors} errors" : "")}   ");
        }
    }
}
