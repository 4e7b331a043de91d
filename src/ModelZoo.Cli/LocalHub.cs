using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Cli;

/// <summary>One run of a command that works on a hub's data itself, whether the hub runs or not. For people with access to the data folder.</summary>
sealed class LocalHub
{
    LocalHub(ParseResult parse, WebApplication app, CancellationToken stop)
    {
        (Parse, Services, Stop) = (parse, app.Services, stop);
        Screen = NewScreen(parse);
    }

    public ParseResult Parse { get; }

    public IServiceProvider Services { get; }

    public Screen Screen { get; }

    public CancellationToken Stop { get; }

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public static Screen NewScreen(ParseResult parse) => new(
        parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, parse.GetResult(HubCall.Json) is not null && parse.GetValue(HubCall.Json));

    /// <summary>Gives a command its work; the result is the exit code.</summary>
    public static Command On(Command command, Func<LocalHub, Task<int>> work)
    {
        AddOptions(command);
        command.SetAction(async (parse, stop) =>
        {
            var options = HubConfiguration.Read(parse);
            if (options.Database.Kind == "sqlite" && !File.Exists(options.DatabaseFile))
                throw new UsageException($"There is no hub in {options.DataFolder} ({Path.GetFileName(options.DatabaseFile)} is missing); name its folder with --data.");
            await using var app = await HubBuilder.BuildAsync(options, builder => builder.Logging.ClearProviders(), stop: stop);
            return await work(new(parse, app, stop));
        });
        return command;
    }

    public static void AddOptions(Command command)
    {
        command.Options.Add(HubConfiguration.Data);
        command.Options.Add(HubConfiguration.Config);
        command.Options.Add(HubConfiguration.Set);
    }

    /// <summary>Runs long work, shows on a terminal how far it is, and prints what it logs.</summary>
    public static async Task<T> RunAsync<T>(Screen screen, Func<JobRun, Task<T>> work)
    {
        var run = new JobRun(new Job());
        var task = work(run);
        while (screen.ShowsProgress && await Task.WhenAny(task, Task.Delay(500)) != task)
            screen.Error.Write($"\r{run.Progress,4:P0} {Screen.Clean(run.Stage),-70}");
        if (screen.ShowsProgress) screen.Error.Write($"\r{"",-76}\r");
        try
        {
            return await task;
        }
        finally
        {
            foreach (var line in run.TakeLines()) screen.Error.WriteLine(Screen.Clean(line));
        }
    }
}
