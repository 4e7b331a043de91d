using System.CommandLine;
using System.CommandLine.Invocation;
using ModelZoo.Cli.Commands;
using ModelZoo.Cli.FineTuning;
using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>The `zoo` command: what it is made of, and how it ends. 0: done; 1: refused or failed; 2: not understood.</summary>
static class ZooCommand
{
    public static RootCommand Build() => new("Push, find and pull models on a model hub.")
    {
        HubAccess.Endpoint,
        HubAccess.Token,
        LoginCommand.Build(),
        LogoutCommand.Build(),
        WhoAmICommand.Build(),
        RepoCommand.Build(),
        PushCommand.Build(),
        PullCommand.Build(),
        LsCommand.Build(),
        CatCommand.Build(),
        RmCommand.Build(),
        InfoCommand.Build(),
        EvalCommand.Build(),
        TasksCommand.Build(),
        ConvertCommand.Build(),
        EvaluateCommand.Build(),
        EvalWorkerCommand.Build(),
        SnippetCommand.Build(),
        PopulationCommand.Build(),
        SoupCommand.Build(),
        MergeCommand.Build(),
        FinetuneCommand.Build(),
        FinetuneWorkerCommand.Build(),
        MergeLoraCommand.Build(),
        AlignCommand.Build(),
        RunCommand.Build(),
        SubmitCommand.Build(),
        SearchCommand.Build(),
        ProfileCommand.Build(),
        FitCommand.Build(),
        RooflineCommand.Build(),
        DevicesCommand.Build(),
        WorkloadsCommand.Build(),
        BranchCommand.Build(),
        TagCommand.Build(),
        TokenCommand.Build(),
        ServeCommand.Build(),
        WorkerCommand.Build(),
        ModelWorkerCommand.Build(),
        AdminCommand.Build(),
        ReindexCommand.Build(),
        FsckCommand.Build(),
        GcCommand.Build(),
        BackupCommand.Build(),
        RestoreCommand.Build(),
        MoveCommand.Build(),
    };

    /// <summary>
    /// From the signal to stop until the process ends whatever still runs: longer than a hub waits for the requests at work (HubBuilder, 30 s), and than a training
    /// command takes to write what it has.
    /// </summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    public static async Task<int> RunAsync(string[] args, TextWriter? output = null, TextWriter? error = null)
    {
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_patience };
        if (output is not null) invocation.Output = output;
        if (error is not null) invocation.Error = error;
        var parse = Build().Parse(args);
        try
        {
            var code = await parse.InvokeAsync(invocation);
            return parse.Action is ParseErrorAction ? 2 : code;
        }
        catch (Exception e)
        {
            var (code, text) = Explain(e);
            await invocation.Error.WriteLineAsync($"zoo: {text}");
            if (Environment.GetEnvironmentVariable("ZOO_DEBUG") is { Length: > 0 }) await invocation.Error.WriteLineAsync(e.ToString());
            return code;
        }
    }

    /// <summary>One line a person can act on. Nothing is carried on after it: the process ends.</summary>
    internal static (int Code, string Text) Explain(Exception e) => e switch
    {
        UsageException or FormatException or Learning.RecipeException => (2, e.Message),
        ModelZoo.Profiling.ProfileException => (1, e.Message),
        ZooApiException api => (1, $"{api.Message} ({string.Join(", ", Details(api))})"),
        HttpRequestException http => (1, $"cannot reach the hub: {http.InnerException?.Message ?? http.Message}"),
        OperationCanceledException => (1, "stopped."),
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        _ => (1, e.Message),
    };

    static IEnumerable<string> Details(ZooApiException api)
    {
        yield return $"{api.Status}";
        if (api.ErrorCode is { } code) yield return code;
        if (api.RequestId is { } id) yield return $"request {id}";
    }
}
