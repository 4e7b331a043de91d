using System.CommandLine;
using ModelZoo.Profiling;

namespace ModelZoo.Cli;

/// <summary>One run of a command that needs no hub.</summary>
sealed class LocalCall(ParseResult parse, CancellationToken stop)
{
    public static readonly Option<FileInfo?> OwnDevices = new("--devices") { Description = "Your own devices: CSV or JSON with the columns of data/devices/devices.csv", HelpName = "FILE" };
    public static readonly Option<FileInfo?> OwnWorkloads = new("--workloads") { Description = "Your own workloads: CSV or JSON with the columns of data/workloads/workloads.csv", HelpName = "FILE" };

    public ParseResult Parse { get; } = parse;

    public CancellationToken Stop { get; } = stop;

    public Screen Screen { get; } = new(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, parse.GetResult(HubCall.Json) is not null && parse.GetValue(HubCall.Json));

    public T? Get<T>(Option<T> option) => Parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parse.GetRequiredValue(argument);

    /// <summary>The registry, with what the user adds.</summary>
    public async Task<Reference> ReferenceAsync()
    {
        var reference = Reference.BuiltIn;
        if (Parse.GetResult(OwnDevices) is not null && Get(OwnDevices) is { } devices) reference = reference.WithDevices(await ReadAsync(devices));
        if (Parse.GetResult(OwnWorkloads) is not null && Get(OwnWorkloads) is { } workloads) reference = reference.WithWorkloads(await ReadAsync(workloads));
        return reference;
    }

    async Task<byte[]> ReadAsync(FileInfo file)
    {
        if (!file.Exists) throw new UsageException($"'{file}' does not exist.");
        if (file.Length > ProfileLimits.MaxTableBytes) throw new UsageException($"'{file}' has {file.Length} bytes; at most {ProfileLimits.MaxTableBytes} are read.");
        return await File.ReadAllBytesAsync(file.FullName, Stop);
    }

    public static Command On(Command command, Func<LocalCall, Task> work)
    {
        command.SetAction(async (parse, stop) => await work(new(parse, stop)));
        return command;
    }
}
